#!/usr/bin/python3
"""Writes several files in one round trip, each whole or not at all, and only those that differ.

files: a list of
  path      where; directories that are missing are made, the owner's, mode 0755
  content   the text, whose last line is ended; of a mapping, its JSON: what looks like one is one by the time it is here
  mode      in octal digits, 0644 without it, whatever the umask is
  owner     user and group, root without it
  keep      whether one that is there already is left as it is
  validate  a command that must succeed with the new file's path for its %s, once its program is installed

Returns `written`, the paths of those that were not as they should be.
"""

import json
import os
import pwd
import shlex
import shutil
import tempfile

from ansible.module_utils.basic import AnsibleModule

OPTIONS = {
    "path": {"type": "path", "required": True},
    "content": {"type": "raw", "required": True, "no_log": True},
    "mode": {"type": "str", "default": "0644"},
    "owner": {"type": "str", "default": "root"},
    "keep": {"type": "bool", "default": False},
    "validate": {"type": "str"},
}


def is_right(file, user, mode):
    """Whether the file is there, as it should be."""
    try:
        found = os.lstat(file["path"])
        if (found.st_uid, found.st_gid, found.st_mode) != (user.pw_uid, user.pw_gid, mode | 0o100000):
            return False
        with open(file["path"], encoding="utf-8") as text:
            return file["keep"] or text.read() == file["content"]
    except (FileNotFoundError, UnicodeDecodeError):
        return False


def make_directory(path, user):
    """Makes what is missing of a path, open to read for all."""
    if not os.path.isdir(path):
        make_directory(os.path.dirname(path), user)
        os.mkdir(path)
        os.chown(path, user.pw_uid, user.pw_gid)
        os.chmod(path, 0o755)


def write(module, file, user, mode):
    """Writes beside, has it validated, and renames."""
    if file["keep"] and os.path.isfile(file["path"]):
        with open(file["path"], encoding="utf-8") as text:
            file["content"] = text.read()
    directory = os.path.dirname(file["path"])
    make_directory(directory, user)
    descriptor, new = tempfile.mkstemp(dir=directory, prefix=".ruche-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as text:
            text.write(file["content"])
            os.fchown(descriptor, user.pw_uid, user.pw_gid)
            os.fchmod(descriptor, mode)
            text.flush()
            os.fsync(descriptor)
        words = shlex.split(file["validate"] or "")
        if words and shutil.which(words[0]):
            status, out, errors = module.run_command([word.replace("%s", new) for word in words])
            if status != 0:
                module.fail_json(msg=f"{file['path']} would not be valid: {(errors or out).strip()[-1000:]}")
        os.rename(new, file["path"])
    finally:
        if os.path.exists(new):
            os.unlink(new)


def main():
    module = AnsibleModule(
        argument_spec={"files": {"type": "list", "elements": "dict", "required": True, "options": OPTIONS}},
        supports_check_mode=True)
    written = []
    for file in module.params["files"]:
        if not isinstance(file["content"], str):
            file["content"] = json.dumps(file["content"], indent=2)
        if not file["content"].endswith("\n"):
            file["content"] += "\n" if file["content"] else ""
        user, mode = pwd.getpwnam(file["owner"]), int(file["mode"], 8)
        if not is_right(file, user, mode):
            written.append(file["path"])
            try:
                if not module.check_mode:
                    write(module, file, user, mode)
            except OSError as fault:
                module.fail_json(msg=f"{file['path']}: {fault.strerror}")
    module.exit_json(changed=bool(written), written=written)


if __name__ == "__main__":
    main()
