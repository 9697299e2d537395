"""Who holds which accelerator of this machine, and whose turn it is when one becomes free."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import traitlets
from msgspec import Struct, structs
from traitlets import Integer, List, Unicode
from traitlets.config import LoggingConfigurable

from mlabs_ext import waiting, wire
from mlabs_spawner.gpu_line import Line, Missing, Place
from mlabs_spawner.gpu_news import GpuNews
from mlabs_spawner.gpu_times import GpuTimes
from mlabs_spawner.inventory import Gpu, detect
from mlabs_spawner.options import Refused
from mlabs_spawner.record import Record
from mlabs_spawner.service import Service

Report = Callable[[str, int], None]
# Others may go before somebody this often; then it is the turn of whoever asked first.
PATIENCE = 10


class Holder(Struct):
    """Who holds one, and since when, in seconds since 1970."""

    who: wire.HubPerson
    gpu: str
    since: float


class Waiting(Place, eq=False, kw_only=True):
    """Who waits for one."""

    turn: asyncio.Future[str]


class Gpus(LoggingConfigurable):
    """The accelerators of this machine: places on them are held, waited for in turn, and given back."""

    devices = List(
        Unicode(),
        help="""The accelerators to give out, as `nvidia-smi --query-gpu=uuid --format=csv,noheader` names
        them, or by their number. Needed where the hub cannot run that command; an accelerator that is left
        out is never used. Default: empty, all that the command finds. Example::

            c.Gpus.devices = ["GPU-5fb2e1e3-3f0b-9d1c-6a52-0c8f5e0f7a10"]
        """,
    ).tag(config=True)

    per_gpu = Integer(
        1,
        min=1,
        help="""How many labs share one accelerator. They share its memory too, without any limit between
        them. Default: 1, each has its own. Example::

            c.Gpus.per_gpu = 4
        """,
    ).tag(config=True)

    queue_timeout = Integer(
        3600,
        help="""Seconds that a lab waits for an accelerator before it is told to come again. Default: 3600.
        Example::

            c.Gpus.queue_timeout = 600
        """,
    ).tag(config=True)

    record = Unicode(
        help="""The file in which the hub keeps how long people waited for accelerators, and kept them, in
        the last week; from it the next waits are judged. Beside it, in `gpu-line.json`, is who waits now:
        they have their places again after a restart of the hub. Empty: in memory only. Default:
        `gpu-times.json` in `MLABS_DATA`, or in `mlabs-data` below the working directory. Example::

            c.Gpus.record = "/var/lib/mlabs/gpu-times.json"
        """,
    ).tag(config=True)

    _all: ClassVar[dict[str, Gpus]] = {}

    @traitlets.default("record")
    def _below_data(self) -> str:
        return str(Path(os.environ.get("MLABS_DATA", "mlabs-data"), "gpu-times.json").absolute())

    @classmethod
    def shared(cls, service: Service, **traits: Any) -> Gpus:
        """The one of this process for its service."""
        return cls._all.get(service.url) or cls._all.setdefault(service.url, cls(service, **traits))

    def __init__(self, service: Service | None = None, **traits: Any):
        super().__init__(**traits)
        self.holders: dict[str, Holder] = {}
        self.waiting: dict[str, Waiting] = {}
        file = Path(self.record) if self.record else None
        self.times = GpuTimes(file, self.log)
        self.kept = Record(
            file and file.with_name("gpu-line.json"), Line, "Who waits for accelerators", self.log
        )
        self.last = before = self.kept.read()
        longest = time.time() - self.queue_timeout
        # Whose time is over would be refused at once.
        self.missing = Missing([place for place in before.places if place.since > longest])
        self.arrivals, self.turns = before.arrivals, before.turns
        # When somebody who holds or waits for one had their last turn.
        self.served = dict(before.served)
        self.news = GpuNews(service, self.report, self.written, self.holders, self.log)

    @cached_property
    def inventory(self) -> dict[str, Gpu]:
        """The accelerators by id."""
        found = detect()
        if not self.devices:
            return found
        return {id: found.get(id, Gpu(id, "GPU")) for id in self.devices}

    @property
    def places(self) -> int:
        """How many labs may hold one at once."""
        return self.per_gpu * len(self.inventory)

    def written(self) -> None:
        """Write the line down for the next hub."""
        places = [place.plain() for place in self.line()]
        line = Line(places, self.arrivals, self.turns, dict(self.served))
        if line != self.last:
            self.kept.write(line)
            self.last = line

    # those who hold one

    def claim(self, key: str, who: wire.HubPerson, gpu: str, since: float | None = None) -> None:
        """What was held before the hub was restarted is held still."""
        self.holders[key] = Holder(who, gpu, since or time.time())
        self.said()

    async def acquire(self, key: str, who: wire.HubPerson, report: Report) -> str:
        """Wait for an accelerator, and return its id; raise Refused where that takes too long."""
        if key in self.holders:
            return self.holders[key].gpu
        ticket = self.join(key, who)
        try:
            return await self.wait(ticket, report)
        except BaseException:
            # Also one that was given in the moment in which nobody waited any more.
            self.release(key)
            raise

    def join(self, key: str, who: wire.HubPerson) -> Waiting:
        """Stand in the queue, at the old place where there is one from before a restart."""
        turn = asyncio.get_running_loop().create_future()
        place = self.missing.back(key)
        if place is None:
            self.arrivals += 1
            place = Place(key=key, who=who, number=self.arrivals, since=time.time())
        self.waiting[key] = ticket = Waiting(**structs.asdict(place), turn=turn)
        self.assign()
        self.said()
        return ticket

    async def wait(self, ticket: Waiting, report: Report) -> str:
        """Return when it is this one's turn; tell how long that may take."""
        while not ticket.turn.done():
            left = ticket.since + self.queue_timeout - time.time()
            if left <= 0:
                raise Refused(
                    "No GPU became free in time. Try again later, or choose the accelerator none on the "
                    "lab's page.",
                    503,
                    "gpu",
                    retry_after=round(self.expected(1)[0] or 60),
                )
            report(self.sentence(ticket), 80)
            # What was kept for who does not come again becomes free.
            self.assign()
            await asyncio.wait({ticket.turn}, timeout=min(2, left))
        return ticket.turn.result()

    def release(self, key: str) -> None:
        """Give it back, or leave the queue; done again it does nothing."""
        holder = self.holders.pop(key, None)
        if holder:
            self.times.kept(holder.since, time.time())
        if holder or self.waiting.pop(key, None):
            self.assign()
            self.said()
        everybody: list[Holder | Place] = [*self.holders.values(), *self.line()]
        here = {entry.who.user for entry in everybody}
        self.served = {name: turn for name, turn in self.served.items() if name in here}

    # the queue

    def assign(self) -> None:
        """Give what is free to those whose turn it is."""
        while self.waiting and (gpu := self.free()) is not None:
            ticket = self.order()[0]
            if not isinstance(ticket, Waiting):
                # Kept for somebody who waited before the hub was restarted.
                break
            del self.waiting[ticket.key]
            for other in self.heads().values():
                other.passed += other.number < ticket.number
            self.turns += 1
            self.served[ticket.who.user] = self.turns
            now = time.time()
            self.times.waited(ticket.since, now)
            self.holders[ticket.key] = Holder(ticket.who, gpu, now)
            ticket.turn.set_result(gpu)
            self.said()

    def free(self) -> str | None:
        """The accelerator that has the most places left."""
        used = Counter(holder.gpu for holder in self.holders.values())
        if len(self.holders) >= self.places:
            return None
        gpu = min(self.inventory, key=lambda id: used[id])
        return gpu if used[gpu] < self.per_gpu else None

    def heads(self) -> dict[str, Waiting]:
        """Of each person the request that came first; only that one can be overtaken."""
        heads: dict[str, Waiting] = {}
        for ticket in self.waiting.values():
            heads.setdefault(ticket.who.user, ticket)
        return heads

    def line(self) -> list[Place]:
        """Those who wait, and those who are waited for after a restart."""
        return [*self.waiting.values(), *self.missing.awaited()]

    def order(self) -> list[Place]:
        """Those who wait, in the order of their turns as of now.

        Who holds fewer, and has fewer waiting ahead, comes first; among equals whose last turn is longer ago,
        then who came first. Whoever was overtaken often enough comes before all.
        """
        ahead = Counter(holder.who.user for holder in self.holders.values())
        ranked = []
        for ticket in self.line():
            patient = ticket.passed < PATIENCE
            user = ticket.who.user
            rank = (ahead[user], self.served.get(user, 0)) if patient else (0, 0)
            ranked.append((patient, *rank, ticket.number, ticket))
            ahead[user] += 1
        return [ticket for *_, ticket in sorted(ranked, key=lambda entry: entry[:4])]

    # what people are told

    def sentence(self, ticket: Waiting) -> str:
        """How long it may take, and how many people come before."""
        order = self.order()
        place = order.index(ticket)
        people = {other.who.user for other in order[:place]} - {ticket.who.user}
        return f"Waiting for a GPU: {waiting.outlook(self.expected(place + 1)[-1], len(people))}"

    def expected(self, turns: int) -> list[float | None]:
        """In how many seconds each of the next turns comes, judged by how long others kept theirs."""
        now = time.time()
        held = [holder.since for holder in self.holders.values()]
        return waiting.expected(held, self.times.usual_use(now), turns, now)

    def report(self) -> wire.HubReport:
        """The state of it all, for administrators."""
        gpus = [
            wire.HubGpu(gpu.id, gpu.name, gpu.memory, self.people(gpu.id), self.per_gpu)
            for gpu in self.inventory.values()
        ]
        queue = [
            wire.HubWaiting(t.who.user, t.who.lab, position, datetime.fromtimestamp(t.since, UTC))
            for position, t in enumerate(self.order(), 1)
        ]
        now = time.time()
        since = [datetime.fromtimestamp(holder.since, UTC) for holder in self.holders.values()]
        waits = wire.HubWaits(since, self.times.usual_use(now), self.times.usual_wait(now))
        return wire.HubReport(gpus=gpus, queue=queue, waits=waits)

    def people(self, gpu: str) -> list[wire.HubPerson]:
        """Those who hold one."""
        return [holder.who for holder in self.holders.values() if holder.gpu == gpu]

    def said(self) -> None:
        """Something changed."""
        self.news.said()
