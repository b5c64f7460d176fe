"""compose.yaml as a Swarm stack.

What Swarm refuses or ignores goes (`docker stack deploy` says which); what it does in its own way is said in its own
way: no order of starting, so what cannot begin yet ends and is started again; files come as configs, since a folder of
this machine is not on the others; ports of the loopback are closed, since Swarm opens them on every address.
"""

# Of which `docker stack deploy` says that it ignores them, or which it refuses.
REFUSED = [
    "build", "depends_on", "restart", "profiles", "security_opt", "shm_size", "tmpfs", "container_name", "extends",
    "pull_policy", "scale", "mem_limit", "cpus", "pids_limit", "userns_mode", "network_mode", "privileged", "devices",
    "links", "external_links",
]
KEY_SECRET = "ruche_key"


class Octal(int):
    """A file's mode, written as such."""


def stack(compose, workers):
    """The whole document. `workers` are the services of which there may be several."""
    services, configs = {}, {}
    for name, service in compose["services"].items():
        # Keys are made once, by hand: a volume of one machine would be empty on the others.
        if service.get("profiles") or name == "keys":
            continue
        services[name] = converted(name, service, configs, name in workers)
    secrets = {name: value for name, value in compose.get("secrets", {}).items()}
    if any(uses_key(service) for service in compose["services"].values()):
        secrets[KEY_SECRET] = {"file": "./secrets/ruche.key"}
    used = {source(entry) for service in services.values() for entry in service.get("volumes", [])}
    return {
        "version": "3.9",
        "services": services,
        "networks": {name: {"driver": "overlay"} for name in compose.get("networks", {})},
        "volumes": {name: value or {} for name, value in compose.get("volumes", {}).items() if name in used},
        "configs": configs,
        "secrets": {name: value for name, value in secrets.items() if is_used(name, services)},
    }


def converted(name, service, configs, is_worker):
    """One service."""
    result = {key: value for key, value in service.items() if key not in REFUSED and key not in ("volumes", "ports")}
    result["volumes"] = volumes(name, service, configs, result)
    if not result["volumes"]:
        del result["volumes"]
    ports = [port for entry in service.get("ports", []) if (port := host_port(entry))]
    if ports:
        result["ports"] = ports
    if uses_key(service):
        secrets = list(service.get("secrets", []))
        # Read by the process's user alone, as the file of a key has to be.
        secrets.append({"source": KEY_SECRET, "target": KEY_SECRET, "uid": "10001", "gid": "10001", "mode": Octal(0o400)})
        result["secrets"] = secrets
        result["environment"] = dict(service["environment"], RUCHE_KEY_FILE=f"/run/secrets/{KEY_SECRET}")
    result["deploy"] = deploy(service, is_worker)
    return result


def deploy(service, is_worker):
    """How many, where, and what happens when one ends."""
    result = {"endpoint_mode": "dnsrr"}
    result.update(service.get("deploy", {}))
    has_data = any(":" in str(entry) and not str(entry).startswith((".", "keys:")) for entry in service.get("volumes", []))
    is_once = service.get("restart") == "no"
    # A one-off whose database is not there yet is tried again until it has succeeded; all else is always to run.
    result["restart_policy"] = {"condition": "on-failure" if is_once else "any", "delay": "5s"}
    if not is_once:
        # Of what has data there is one; of workers the new one is there before the old one goes.
        result["update_config"] = {"parallelism": 1, "order": "start-first" if is_worker else "stop-first"}
    if has_data:
        result["placement"] = {"constraints": ["node.labels.ruche.data == true"]}
    return result


def volumes(name, service, configs, result):
    """Named volumes and memory stay; files of the folder become configs."""
    found = []
    for entry in service.get("volumes", []):
        parts = str(entry).split(":")
        if parts[0] == "keys":
            continue
        if not parts[0].startswith("."):
            found.append(entry)
            continue
        config = f"{name}_{parts[0].rsplit('/', 1)[-1]}".replace(".", "_").replace("-", "_")
        configs[config] = {"file": parts[0]}
        result.setdefault("configs", []).append({"source": config, "target": parts[1]})
    for path in service.get("tmpfs", []):
        found.append({"type": "tmpfs", "target": str(path).split(":")[0]})
    if "shm_size" in service:
        found.append({"type": "tmpfs", "target": "/dev/shm", "tmpfs": {"size": megabytes(service["shm_size"])}})
    return found


def host_port(entry):
    """A port on the node itself: there is no virtual address to share with dnsrr. None for one of the loopback."""
    text = str(entry)
    address, _, rest = text.rpartition("]:") if text.startswith("[") else ("", "", text)
    parts = split_port(rest)
    if address or len(parts) > 2:
        return None
    published, target = parts[0], parts[-1]
    return {"target": int(target), "published": published if "$" in published else int(published), "mode": "host"}


def split_port(text):
    """Parts between colons, but for those of `${NAME:-default}`."""
    parts, depth, part = [], 0, ""
    for letter in text:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if letter == ":" and depth == 0:
            parts, part = parts + [part], ""
        else:
            part += letter
    return parts + [part]


def megabytes(text):
    """`256mb` in bytes."""
    return int("".join(filter(str.isdigit, str(text)))) * 1048576


def uses_key(service):
    return any(str(entry).startswith("keys:") for entry in service.get("volumes", []))


def source(entry):
    return entry.get("source") if isinstance(entry, dict) else str(entry).split(":")[0]


def is_used(name, services):
    entries = [entry for service in services.values() for entry in service.get("secrets", [])]
    return any((entry["source"] if isinstance(entry, dict) else entry) == name for entry in entries)
