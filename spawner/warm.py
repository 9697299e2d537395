"""A pool of started containers that wait without a person, so that a lab opens in about a second."""

from __future__ import annotations

import asyncio
import secrets
import time
from contextlib import suppress
from typing import Any, ClassVar

from jupyterhub.app import JupyterHub
from msgspec import Struct
from traitlets import Dict, Float, Integer, Unicode
from traitlets.config import LoggingConfigurable

from mlabs_ext import wire
from mlabs_spawner import engine, warm_claim
from mlabs_spawner.network import NetworkFailed
from mlabs_spawner.options import Refused
from mlabs_spawner.service import Unreachable
from mlabs_spawner.warm_claim import LABEL, READY, ClaimFailed, Mounter

ENVIRONMENT = "org.mlabs.environment"


class Waiting(Struct):
    """A container that waits."""

    id: str
    environment: str
    recipe: str
    ready: bool = False


class WarmPool(LoggingConfigurable):
    """Keeps containers waiting, and hands each to one server, once."""

    sizes = Dict(
        value_trait=Integer(min=0),
        key_trait=Unicode(),
        help="""How many containers of each environment wait for somebody to open a lab, each with all of the
        server and its kernel imported. They cost the memory that the administrators' page shows, about 180 MB
        each, and no processor time. Labs with an accelerator start without one. Needs Linux 5.12 and homes on
        the engine's own disk. Default: none. Example::

            c.WarmPool.sizes = {"python": 2, "pytorch": 1}
        """,
    ).tag(config=True)

    interval = Float(
        20,
        help="""Seconds between two looks after the waiting containers: those that ended, or whose image or
        settings are not current any more, are replaced. Default: 20. Example::

            c.WarmPool.interval = 60
        """,
    ).tag(config=True)

    refill_delay = Float(
        4,
        help="""Seconds after a container was taken, before another is started in its place: until then the
        machine is the taken one's. Default: 4. Example::

            c.WarmPool.refill_delay = 0
        """,
    ).tag(config=True)

    ready_timeout = Float(
        120,
        help="""Seconds for a waiting container to import everything; one that takes longer is replaced.
        Default: 120. Example::

            c.WarmPool.ready_timeout = 300
        """,
    ).tag(config=True)

    _all: ClassVar[dict[str, WarmPool]] = {}

    @classmethod
    def of(cls, spawner: Any) -> WarmPool:
        """The pool of all spawners of this kind; it begins with the first one."""
        pool = cls._all.get(spawner.prefix)
        if pool is None:
            pool = cls._all[spawner.prefix] = cls(
                spawner.for_nobody(), config=spawner.config, log=spawner.log
            )
        pool.begin()
        return pool

    def __init__(self, spawner: Any, **traits: Any):
        super().__init__(**traits)
        # A spawner of nobody's, which says what an ordinary container would be.
        self.spawner = spawner
        self.containers: dict[str, Waiting] = {}
        self.mounter: Mounter | None = None
        # What the engine said a moment ago may be out of date: whoever is taken is left alone for ever.
        self.taken: set[str] = set()
        self.taken_at = 0.0
        self.task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Keep the pool from now on, if there is to be one."""
        if self.sizes and (self.task is None or self.task.done()):
            self.news = asyncio.Event()
            self.task = asyncio.get_running_loop().create_task(self.run())

    async def claim(self, environment: str, ordinary: dict[str, Any]) -> str | None:
        """The id of one that now is what `ordinary` describes, but for its secrets; None if there is none."""
        recipe = warm_claim.recipe(ordinary)
        while one := self.take(environment, recipe):
            self.taken_at = time.monotonic()
            self.news.set()
            try:
                await self.thread(warm_claim.become, self.client, self.mounter, one.id, ordinary)
            except (ClaimFailed, *engine.FAILURES) as failure:
                self.log.warning("A waiting container of %s was of no use: %s", environment, failure)
                with suppress(*engine.FAILURES):
                    await self.thread(warm_claim.remove, self.client, one.id)
            else:
                return one.id
        if self.count(environment):
            self.log.info("What waits for %s is not ready, or not like what is wanted", environment)
        return None

    def take(self, environment: str, recipe: str) -> Waiting | None:
        """One that waits and is ready; nobody gets it again."""
        if self.mounter is None:
            return None
        for one in self.containers.values():
            if one.ready and (one.environment, one.recipe) == (environment, recipe):
                self.taken.add(one.id)
                return self.containers.pop(one.id)
        return None

    @property
    def client(self) -> Any:
        """The engine."""
        return self.spawner.client

    async def thread(self, function: Any, *arguments: Any) -> Any:
        """Call what waits for the engine."""
        return await asyncio.get_running_loop().run_in_executor(self.spawner.executor, function, *arguments)

    async def run(self) -> None:
        """Look after the pool, again and again; where servers end with the hub, this ends with it too."""
        try:
            while True:
                self.news.clear()
                try:
                    await self.keep()
                except (Refused, ClaimFailed, NetworkFailed, *engine.FAILURES) as failure:
                    self.log.warning("The warm pool could not be looked after: %s", failure)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.interval):
                        await self.news.wait()
                await asyncio.sleep(max(0.0, self.taken_at + self.refill_delay - time.monotonic()))
        except asyncio.CancelledError:
            if JupyterHub.initialized() and JupyterHub.instance().cleanup_servers:
                self.remove_all()
            raise

    async def keep(self) -> None:
        """Have what is wanted wait, and nothing else."""
        wanted = {}
        for environment, size in self.sizes.items():
            if size:
                wanted[environment] = await self.describe(environment)
        await self.look(wanted)
        for environment, (ordinary, recipe) in wanted.items():
            while self.count(environment) < self.sizes[environment]:
                if not await self.add(environment, ordinary, recipe):
                    break
                ordinary, recipe = await self.describe(environment)
        await self.report()

    async def describe(self, environment: str) -> tuple[dict[str, Any], str]:
        """What an ordinary container of this environment would be made of."""
        ordinary = await self.spawner.describe(environment)
        if self.mounter is None:
            self.mounter = Mounter(self.client, self.spawner.prefix)
        await self.thread(self.mounter.start, ordinary["image"])
        return ordinary, warm_claim.recipe(ordinary)

    def count(self, environment: str) -> int:
        """How many wait there."""
        return sum(one.environment == environment for one in self.containers.values())

    async def look(self, wanted: dict[str, tuple[dict[str, Any], str]]) -> None:
        """Take up those that are there, also an earlier hub's; remove what is of no use."""
        there = {one["Id"]: one for one in await self.thread(self.listed)}
        self.taken.intersection_update(there)
        for gone in self.containers.keys() - there.keys():
            self.log.warning("A waiting container went away: %.12s", gone)
            self.containers.pop(gone, None)
        for container, found in there.items():
            if container in self.taken:
                continue
            known = self.containers.get(container)
            labels = found["Labels"]
            one = known or Waiting(container, labels[ENVIRONMENT], labels[LABEL])
            current = one.environment in wanted and wanted[one.environment][1] == one.recipe
            room = known or self.count(one.environment) < self.sizes.get(one.environment, 0)
            if found["State"] == "running" and current and room and await self.is_ready(one):
                self.containers[container] = one
            elif known or container not in self.containers:
                self.containers.pop(container, None)
                self.log.info("Removing a waiting container that is %s", found["State"] if current else "old")
                await self.thread(warm_claim.remove, self.client, container)

    def listed(self) -> list[dict[str, Any]]:
        """All that wait: those that are taken have their server's name."""
        labels = [LABEL, ENVIRONMENT, f"org.mlabs.instance={self.spawner.prefix}"]
        found = self.client.containers(all=True, filters={"label": labels, "name": self.name_of("")})
        return [one for one in found if any(name[1:].startswith(self.name_of("")) for name in one["Names"])]

    def name_of(self, which: str) -> str:
        """No server's container has such a name: those hold no dot."""
        return f"{self.spawner.prefix}-warm.{which}"

    async def add(self, environment: str, ordinary: dict[str, Any], recipe: str) -> bool:
        """Start one more, and wait until it is ready; whether that went well."""
        labels = {ENVIRONMENT: environment, LABEL: recipe, "org.mlabs.instance": self.spawner.prefix}
        made = warm_claim.waiting(ordinary, self.name_of(secrets.token_hex(8)), labels)
        one = Waiting((await self.thread(self.create, made))["Id"], environment, recipe)
        if await self.is_ready(one):
            self.containers[one.id] = one
            return True
        said = await self.thread(lambda: self.client.logs(one.id, tail=8))
        self.log.error("A waiting container of %s failed: %s", environment, said.decode(errors="replace"))
        await self.thread(warm_claim.remove, self.client, one.id)
        return False

    def create(self, description: dict[str, Any]) -> dict[str, Any]:
        """Create and start."""
        made = self.client.create_container(**description)
        try:
            self.client.start(made["Id"])
        except engine.FAILURES:
            warm_claim.remove(self.client, made["Id"])
            raise
        return made

    async def is_ready(self, one: Waiting) -> bool:
        """Whether it has imported everything; wait for that while it runs."""
        deadline = time.monotonic() + self.ready_timeout
        while not one.ready and time.monotonic() < deadline:
            one.ready = READY in await self.thread(lambda: self.client.logs(one.id, tail=50))
            if not one.ready:
                state = (await self.thread(self.client.inspect_container, one.id))["State"]
                if not state["Running"]:
                    return False
                await asyncio.sleep(0.2)
        return one.ready

    async def report(self) -> None:
        """Tell log and administrators what waits, and what that costs."""
        said = []
        for environment, size in self.sizes.items():
            ids = [one.id for one in self.containers.values() if one.environment == environment]
            held = [await self.memory(one) for one in ids]
            said.append(wire.HubWarm(environment, "none", len(ids), sum(held), size))
            self.log.debug("%d of %d wait for %s, with %d bytes", len(ids), size, environment, sum(held))
        with suppress(Unreachable):
            await self.spawner.service.send("PUT", "hub/status", wire.HubReport(warm=said))

    async def memory(self, container: str) -> int:
        """Bytes that one holds; none where it was taken or ended just now."""
        try:
            return await self.thread(warm_claim.memory, self.client, container)
        except engine.FAILURES:
            return 0

    def remove_all(self) -> None:
        """Remove all that wait, and their helper."""
        with suppress(*engine.FAILURES):
            for one in self.listed():
                warm_claim.remove(self.client, one["Id"])
            if self.mounter:
                self.mounter.remove()
