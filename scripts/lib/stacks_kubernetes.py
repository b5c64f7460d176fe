"""compose.yaml as documents for Kubernetes, and what is wrong with such documents.

Broker and database are not among them: there are operators for both, which know more than a manifest. Nor are secrets:
they are named, and docs/scaling.md says how each is made.
"""

import re

from stacks_swarm import Octal

USER = 10001
LABEL = "app.kubernetes.io/name"
PART = {"app.kubernetes.io/part-of": "ruche"}
KEY_FILE = "/run/secrets/ruche.key"
FLEET = ["fleet_key", "fleet_log_broker"]
# Kubernetes versions whose schemas the documents are held against: the oldest and the newest that are checked.
VERSIONS = ["1.29", "1.37"]
# Messages a replica: what it does in the time in which a backlog is to be done. To be set to what a replica does there;
# `ruche autoscale` prints it as ratePerReplica.
MESSAGES = {"import-batch": 2}
USUAL_MESSAGES = 1000
MAXIMUM = 8


def files(compose, commands):
    """The documents of each file."""
    services = compose["services"]
    workers = [worker(name, services[name]) for name in commands]
    return {
        "kustomization.yaml": [{
            "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
            "resources": ["config.yaml", "migrate.yaml", "relay.yaml", "workers.yaml", "toolbox.yaml"],
        }],
        "config.yaml": [config(services["relay"])],
        "migrate.yaml": [migrate(services["migrate"])],
        "relay.yaml": [worker("relay", services["relay"])],
        "workers.yaml": workers,
        "toolbox.yaml": [toolbox(services["toolbox"])],
        "keda.yaml": [trigger_authentication()] + [scaled_object(name, commands[name]) for name in commands],
        "monitoring.yaml": monitoring(),
    }


def config(service):
    """What all processes share. The host names are those of the operators' services."""
    environment = {name: str(value) for name, value in service["environment"].items()}
    # Tracing is off in compose unless its environment says otherwise; here a patch does.
    shared = {name: value for name, value in environment.items() if name not in OWN and not name.startswith("OTEL_")}
    shared.update(
        HTTP_ADDRESS="0.0.0.0", LOG_LEVEL="info",
        AMQP_PASSWORD_FILE="/run/secrets/amqp_password", DATABASE_PASSWORD_FILE="/run/secrets/database_password")
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata("ruche"), "data": dict(sorted(shared.items()))}


# What belongs to one process.
OWN = {
    "PORT", "SHUTDOWN_GRACE", "PREFETCH", "CONCURRENCY", "AMQP_USER", "DATABASE_USER", "RABBITMQ_MANAGEMENT_URL",
    "RUCHE_KEY_FILE", "FLEET_KEY_FILE", "RUN_LEASE", "FLEET_LOG_BROKER_FILE", "FLEET_LOG_CA", "FLEET_METRICS_SOURCES",
    "FLEET_NEVER_BANNED", "FLEET_FORKS", "FLEET_TIME_LIMIT", "SHOP_LEASE", "QUARANTINE",
}


def migrate(service):
    """Runs to its end before an edition is rolled out."""
    pod = pod_spec("migrate", service, probes=False)
    pod["restartPolicy"] = "OnFailure"
    return {
        "apiVersion": "batch/v1", "kind": "Job", "metadata": metadata("migrate"),
        "spec": {"backoffLimit": 20, "template": {"metadata": {"labels": labels("migrate")}, "spec": pod}},
    }


def worker(name, service):
    """A process of which there may be several. How many is left to whoever scales it."""
    pod = pod_spec(name, service, probes=True)
    pod["terminationGracePeriodSeconds"] = seconds(service["stop_grace_period"])
    return deployment(name, pod)


def toolbox(service):
    """Where people run `ruche`. It only sleeps, and as the first process of its container it hears no signal."""
    pod = pod_spec("toolbox", service, probes=False)
    pod["terminationGracePeriodSeconds"] = 0
    return deployment("toolbox", pod)


def deployment(name, pod):
    """As many pods as somebody wants, one without."""
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(name),
        "spec": {
            "revisionHistoryLimit": 3,
            "selector": {"matchLabels": {LABEL: name}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {"metadata": {"labels": labels(name)}, "spec": pod},
        },
    }


def pod_spec(name, service, probes):
    """One container that may do nothing but its work."""
    own = {key: without_variables(value) for key, value in service["environment"].items() if key in OWN}
    # What compose leaves to its environment a patch says here.
    own = {key: value for key, value in own.items() if value}
    if "RUCHE_KEY_FILE" in own:
        own["RUCHE_KEY_FILE"] = KEY_FILE
    entrypoint = service["entrypoint"]
    container = {
        "name": name, "image": image(service), "command": entrypoint if isinstance(entrypoint, list) else [entrypoint],
        "envFrom": [{"configMapRef": {"name": "ruche"}}],
    }
    if own:
        container["env"] = [{"name": key, "value": value} for key, value in sorted(own.items())]
    if probes:
        container["ports"] = [{"name": "http", "containerPort": int(own.get("PORT", 8080))}]
        # What does not live is started again after half a minute; what is not ready is only shown to be so.
        container["livenessProbe"] = probe("/livez", period=10, failures=3)
        container["readinessProbe"] = probe("/readyz", period=5, failures=2)
        container["startupProbe"] = probe("/livez", period=2, failures=30)
    container["resources"] = resources(service)
    container["securityContext"] = {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }
    container["volumeMounts"] = [
        {"name": "secrets", "mountPath": "/run/secrets", "readOnly": True}, {"name": "tmp", "mountPath": "/tmp"},
    ]
    volumes = [
        {"name": "secrets", "projected": {"defaultMode": Octal(0o440), "sources": secrets(service)}},
        {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
    ]
    if "shm_size" in service:
        container["volumeMounts"].append({"name": "shm", "mountPath": "/dev/shm"})
        size = re.sub(r"^(\d+)mb$", r"\1Mi", service["shm_size"])
        volumes.append({"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": size}})
    return {
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True, "runAsUser": USER, "runAsGroup": USER, "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": volumes,
    }


def image(service):
    """Its image by the names that it has where it is built: `${RUCHE_IMAGE:-ruche}:${RUCHE_TAG:-local}`."""
    return without_variables(service["image"])


def without_variables(text):
    """`${NAME:-default}` as its default."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(text))


def secrets(service):
    """What the process may know: its own passwords, for `migrate` everybody's, the key where something is sealed, and
    the fleet's for who opens servers.

    `lease-ip_amqp_password` is the key `amqp_password` of the secret `ruche-lease-ip`; without a name it is the owner's.
    """
    items = {}
    for entry in service["secrets"]:
        source, target = (entry, entry) if isinstance(entry, str) else (entry["source"], entry["target"])
        if source in FLEET:
            items.setdefault("ruche-fleet", []).append({"key": source, "path": source})
            continue
        process, key = re.fullmatch(r"(?:([a-z0-9-]+)_)?((?:amqp|database)_password)", source).groups()
        items.setdefault(f"ruche-{process or 'owner'}", []).append({"key": key, "path": target})
    if "RUCHE_KEY_FILE" in service["environment"]:
        items["ruche-key"] = [{"key": "ruche.key", "path": KEY_FILE.rsplit("/", 1)[-1]}]
    return [{"secret": {"name": name, "items": each}} for name, each in items.items()]


def probe(path, period, failures):
    return {
        "httpGet": {"path": path, "port": "http"}, "periodSeconds": period, "timeoutSeconds": 5,
        "failureThreshold": failures,
    }


def resources(service):
    """The limits of compose; a part of them is set aside."""
    limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
    found = {"requests": {"cpu": "100m", "memory": "64Mi"}}
    if limits:
        memory = re.sub(r"^(\d+)([MG])$", r"\1\2i", str(limits["memory"]))
        found["limits"] = {"cpu": without_variables(limits["cpus"]), "memory": memory}
    return found


def trigger_authentication():
    return {
        "apiVersion": "keda.sh/v1alpha1", "kind": "TriggerAuthentication", "metadata": metadata("ruche-broker"),
        "spec": {"secretTargetRef": [{"parameter": "host", "name": "ruche-keda", "key": "host"}]},
    }


def scaled_object(name, commands):
    """KEDA asks the broker as `ruche` does, by a passive declare, which needs no right but to log in: ready messages.

    Those in hand are not counted, and need not be: there is always one replica, what is in hand is finished or handed
    back within the grace, and the window of the Horizontal Pod Autoscaler does the rest.
    """
    return {
        "apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": metadata(name),
        "spec": {
            "scaleTargetRef": {"name": name},
            "minReplicaCount": 1, "maxReplicaCount": MAXIMUM, "pollingInterval": 5,
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": {
                "scaleUp": {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [
                    {"type": "Percent", "value": 100, "periodSeconds": 15},
                    {"type": "Pods", "value": 4, "periodSeconds": 15},
                ]},
                "scaleDown": {"stabilizationWindowSeconds": 300, "policies": [
                    {"type": "Percent", "value": 25, "periodSeconds": 15},
                ]},
            }}},
            "triggers": [{
                "type": "rabbitmq",
                "metadata": {
                    "protocol": "amqp", "mode": "QueueLength", "queueName": f"ruche.{command}",
                    "value": str(MESSAGES.get(name, USUAL_MESSAGES)),
                },
                "authenticationRef": {"name": "ruche-broker"},
            } for command in commands],
        },
    }


def monitoring():
    """For the Prometheus operator: every process of the cluster by one headless service."""
    return [
        {
            "apiVersion": "v1", "kind": "Service", "metadata": metadata("ruche-metrics"),
            "spec": {
                "clusterIP": "None", "publishNotReadyAddresses": True, "selector": PART,
                "ports": [{"name": "http", "port": 8080, "targetPort": "http"}],
            },
        },
        {
            "apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": metadata("ruche"),
            "spec": {
                "selector": {"matchLabels": {LABEL: "ruche-metrics"}},
                "endpoints": [{"port": "http", "path": "/metrics", "interval": "15s"}],
                "podTargetLabels": [LABEL],
            },
        },
    ]


def metadata(name):
    return {"name": name, "labels": labels(name)}


def labels(name):
    return {LABEL: name, **PART}


def seconds(text):
    """`40s` or `1m` as a number."""
    number, unit = re.fullmatch(r"(\d+)([sm])", text).groups()
    return int(number) * {"s": 1, "m": 60}[unit]


def faults(documents):
    """What Kubernetes' own schemas do not allow; and for what is not Kubernetes' own, members that nobody knows."""
    import kubernetes_validate

    found = []
    for document in documents:
        kind = f"{document['kind']} {document.get('metadata', {}).get('name', '')}".strip()
        shape = FOREIGN.get(document["kind"])
        if shape is not None:
            found += [f"{kind}: {fault}" for fault in unknown(document, shape)]
            continue
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                found.append(f"{kind}: {error.message} (Kubernetes {version})")
    return found


def unknown(value, shape, place=""):
    """Members that a shape does not have; a list's shape is that of its elements, and None is anything."""
    if shape is None:
        return []
    if isinstance(value, list):
        return [fault for each in value for fault in unknown(each, shape, place)]
    if not isinstance(value, dict):
        return [f"{place} is no object"]
    strange = [f"{place}/{name} is not known" for name in value if name not in shape]
    return strange + [
        fault for name in value if name in shape for fault in unknown(value[name], shape[name], f"{place}/{name}")]


META = {"apiVersion": None, "kind": None, "metadata": {"name": None, "labels": None}}
RULES = {"stabilizationWindowSeconds": None, "selectPolicy": None,
         "policies": {"type": None, "value": None, "periodSeconds": None}}
FOREIGN = {
    "Kustomization": {"apiVersion": None, "kind": None, "resources": None},
    "TriggerAuthentication": {**META, "spec": {"secretTargetRef": {"parameter": None, "name": None, "key": None}}},
    "ScaledObject": {**META, "spec": {
        "scaleTargetRef": {"name": None}, "minReplicaCount": None, "maxReplicaCount": None, "pollingInterval": None,
        "advanced": {"horizontalPodAutoscalerConfig": {"behavior": {"scaleUp": RULES, "scaleDown": RULES}}},
        "triggers": {
            "type": None, "authenticationRef": {"name": None},
            "metadata": {"protocol": None, "mode": None, "queueName": None, "value": None},
        },
    }},
    "ServiceMonitor": {**META, "spec": {
        "selector": {"matchLabels": None}, "endpoints": {"port": None, "path": None, "interval": None},
        "podTargetLabels": None,
    }},
}
