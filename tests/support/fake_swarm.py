"""What the manager of a Swarm says of its nodes, for code that asks it; nothing runs there."""

from __future__ import annotations

GIB = 1 << 30


class FakeSwarm:
    """It has nodes, and tasks on them, as a manager tells of them."""

    def __init__(self, *nodes, tasks=()):
        self.known, self.running = nodes, tasks

    def nodes(self):
        return list(self.known)

    def tasks(self, filters):
        return [task for task in self.running if task["NodeID"] == filters["node"]]


def said(name, cpus=4, memory=8, lent=True, gpus=(), state="ready", availability="active", role="worker"):
    """A node, as a manager tells of it."""
    generic = [{"NamedResourceSpec": {"Kind": "NVIDIA-GPU", "Value": gpu}} for gpu in gpus]
    resources = {"NanoCPUs": cpus * 10**9, "MemoryBytes": memory * GIB, "GenericResources": generic or None}
    return {
        "ID": f"id-{name}",
        "Description": {"Hostname": name, "Resources": resources},
        "Spec": {
            "Labels": {"mlabs.community": "true"} if lent else None,
            "Role": role,
            "Availability": availability,
        },
        "Status": {"State": state},
    }
