"""Derives compose/swarm.yaml and compose/kubernetes/*.yaml from compose/compose.yaml: see `scripts/lib/stacks --help`."""

import pathlib
import re
import sys

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import stacks_kubernetes
import stacks_swarm

HEADER = "# Derived from compose.yaml by scripts/lib/stacks: change that, and run it again.\n"


class Dumper(yaml.SafeDumper):
    """Block style, lists indented, no anchors, and text that YAML 1.1 would take for a number or a flag in quotes."""

    def increase_indent(self, flow=False, indentless=False):
        return super().increase_indent(flow, False)

    def ignore_aliases(self, data):
        return True


Dumper.add_representer(
    stacks_swarm.Octal, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:int", f"0{value:o}"))


def dump(documents):
    """One file of one document or several."""
    parts = [yaml.dump(each, Dumper=Dumper, sort_keys=False, width=120) for each in documents]
    return HEADER + "---\n".join(parts)


def served(root):
    """The commands of each executable that serves any, as its Main.swift says."""
    found = {}
    known = {path.name.removesuffix(".v1.json") for path in (root / "Contracts/schemas").glob("*.v1.json")}
    for main in sorted((root / "Workers").glob("*/Main.swift")):
        text = main.read_text()
        commands = [kebab(name) for name in re.findall(r"serve\((\w+)Worker\(", text)]
        name = re.search(r'Service\.run\("([a-z-]+)"', text)
        commands = [command for command in commands if command in known]
        if name and commands:
            found[name.group(1)] = commands
    return found


def kebab(name):
    """LeaseIP → lease-ip, as Package.swift names the products."""
    name = re.sub(r"([a-z])([A-Z])", r"\1-\2", name)
    return re.sub(r"([A-Z0-9])([A-Z][a-z])", r"\1-\2", name).lower()


def derive(root):
    """Every file and its text."""
    compose = yaml.safe_load((root / "compose/compose.yaml").read_text())
    commands = served(root)
    missing = sorted(set(commands) - set(compose["services"]))
    if missing:
        sys.exit(f"compose.yaml has no service for {', '.join(missing)}")
    files = {"compose/swarm.yaml": dump([stacks_swarm.stack(compose, set(commands))])}
    for name, documents in stacks_kubernetes.files(compose, commands).items():
        files[f"compose/kubernetes/{name}"] = dump(documents)
    return files


def main(root, checking):
    """Writes what is derived, or says what differs and what no schema allows."""
    files = derive(root)
    folder = root / "compose/kubernetes"
    stale = {f"compose/kubernetes/{path.name}" for path in folder.glob("*")} - set(files)
    faults = []
    if checking:
        for name, text in files.items():
            path = root / name
            if not path.exists() or path.read_text() != text:
                faults.append(f"{name} is not what compose.yaml gives: run scripts/lib/stacks")
        faults += [f"{name} is derived from nothing" for name in sorted(stale)]
        for name, text in files.items():
            if name.startswith("compose/kubernetes/"):
                documents = list(yaml.safe_load_all(text))
                faults += [f"{name}: {fault}" for fault in stacks_kubernetes.faults(documents)]
    else:
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (root / name).write_text(text)
        for name in stale:
            (root / name).unlink()
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2:] == ["--check"])
