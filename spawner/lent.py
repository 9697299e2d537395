"""The machines that others lend to a Swarm: which there are, what they have, what runs there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any

from docker import APIClient
from msgspec import Struct
from traitlets.config import LoggingConfigurable

from mlabs_ext import wire
from mlabs_spawner import engine, swarm_tasks
from mlabs_spawner.service import Service, Unreachable

# Only a manager sets labels of this kind: a node cannot name itself one of these, or cease to be one.
LABEL = "mlabs.community"
ONLY_LENT = f"node.labels.{LABEL}==true"
NEVER_LENT = f"node.labels.{LABEL}!=true"
LOOK = 10
# The service takes what is older than two minutes for no news.
AGAIN = 60


class Node(Struct, frozen=True):
    """A machine of the Swarm: `memory` in bytes; `generic` counts what it advertises, such as GPUs."""

    id: str
    name: str
    cpus: float
    memory: int
    generic: dict[str, int]
    lent: bool
    manager: bool
    state: str
    availability: str

    @property
    def takes(self) -> bool:
        """Whether labs for lent machines are placed here."""
        return self.lent and self.state == "ready" and self.availability == "active"

    @classmethod
    def of(cls, said: dict[str, Any]) -> Node:
        """As a manager describes it."""
        has = said["Description"]["Resources"]
        generic: dict[str, int] = {}
        for one in has.get("GenericResources") or ():
            kind = one.get("NamedResourceSpec") or {**one["DiscreteResourceSpec"]}
            generic[kind["Kind"]] = generic.get(kind["Kind"], 0) + (
                int(kind["Value"]) if "DiscreteResourceSpec" in one else 1
            )
        return cls(
            id=said["ID"],
            name=said["Description"]["Hostname"],
            cpus=has.get("NanoCPUs", 0) / 1e9,
            memory=has.get("MemoryBytes", 0),
            generic=generic,
            lent=(said["Spec"].get("Labels") or {}).get(LABEL) == "true",
            manager=said["Spec"]["Role"] == "manager",
            state=said["Status"]["State"],
            availability=said["Spec"]["Availability"],
        )


def nodes(client: APIClient) -> list[Node]:
    """All machines of the Swarm; raise one of engine.FAILURES."""
    return sorted(map(Node.of, client.nodes()), key=lambda node: node.name)


def tasks_on(client: APIClient, node: Node) -> list[dict[str, Any]]:
    """What runs on a machine, or is to."""
    found = client.tasks(filters={"node": node.id})
    return [task for task in found if swarm_tasks.state(task) not in swarm_tasks.ENDED]


def labs_of(tasks: Iterable[dict[str, Any]]) -> list[wire.HubPerson]:
    """Whose labs these are."""
    labels = [(task["Spec"].get("ContainerSpec") or {}).get("Labels") or {} for task in tasks]
    found = [one for one in labels if "org.mlabs.lab" in one]
    return [wire.HubPerson(one["org.mlabs.user"], one["org.mlabs.lab"]) for one in found]


class Offer(Struct, frozen=True):
    """What a lab gets of lent machines: never more than the largest has, and a GPU where one is free."""

    cpus: float
    memory: int
    gpu: bool


def offer(client: APIClient, cpus: float, memory: int, gpus: dict[str, int]) -> Offer | None:
    """What a lab that wants so much may have; None where no machine is lent. `gpus`: what one is called."""
    there = [node for node in nodes(client) if node.takes]
    if not there:
        return None
    with_gpu = [node for node in there if gpus and has_free(client, node, gpus)]
    most = max(with_gpu or there, key=lambda node: (node.memory, node.cpus))
    return Offer(min(cpus, most.cpus), min(memory, most.memory), bool(with_gpu))


def has_free(client: APIClient, node: Node, wanted: dict[str, int]) -> bool:
    """Whether so much of its generic resources is held by nobody."""
    if any(node.generic.get(kind, 0) < count for kind, count in wanted.items()):
        return False
    held = [one for task in tasks_on(client, node) for one in task.get("GenericResources") or ()]
    kinds = [one["NamedResourceSpec"]["Kind"] for one in held if "NamedResourceSpec" in one]
    return all(node.generic[kind] - kinds.count(kind) >= count for kind, count in wanted.items())


class LentNodes(LoggingConfigurable):
    """Tells the service which machines are lent, for pages that people look at before a start."""

    task: asyncio.Task[None] | None = None

    def __init__(self, spawner: Any, service: Service, **traits: Any):
        super().__init__(**traits)
        # A spawner of nobody's, which knows how to ask the engine.
        self.spawner, self.service = spawner, service

    def begin(self) -> None:
        """Tell in the background, from now on."""
        self.task = asyncio.get_running_loop().create_task(self.run())

    async def run(self) -> None:
        """Tell what has changed, and now and then what has not."""
        told, at = None, 0.0
        while True:
            try:
                report = await self.spawner.in_thread(self.look, self.spawner.client)
                if report != told or time.monotonic() - at > AGAIN:
                    response = await self.service.send("PUT", "hub/status", report)
                    told, at = (report if response.code == 200 else None), time.monotonic()
            except (Unreachable, *engine.FAILURES) as failure:
                self.log.debug("The MLabs service is not told which machines are lent: %s", failure)
            await asyncio.sleep(LOOK)

    @staticmethod
    def look(client: APIClient) -> wire.HubReport:
        """Which there are now."""
        lent = [
            wire.HubLent(
                one.name, one.cpus, one.memory, sum(one.generic.values()), labs_of(tasks_on(client, one))
            )
            for one in nodes(client)
            if one.takes
        ]
        return wire.HubReport(lent=lent)
