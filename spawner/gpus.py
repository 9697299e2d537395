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
from traitlets import Integer, List, Unicode
from traitlets.config import LoggingConfigurable

from mlabs_ext import waiting, wire
from mlabs_spawner.gpu_line import Line
from mlabs_spawner.gpu_news import GpuNews
from mlabs_spawner.gpu_queue import GpuQueue, Holder, Waiting
from mlabs_spawner.gpu_times import GpuTimes
from mlabs_spawner.inventory import Gpu, detect
from mlabs_spawner.options import Refused
from mlabs_spawner.record import Record
from mlabs_spawner.service import Service

Report = Callable[[str, int], None]


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
        file = Path(self.record) if self.record else None
        self.times = GpuTimes(file, self.log)
        self.kept = Record(
            file and file.with_name("gpu-line.json"), Line, "Who waits for accelerators", self.log
        )
        self.last = self.kept.read()
        self.queue = GpuQueue(self.last, self.queue_timeout)
        self.news = GpuNews(service, self.report, self.written, self.queue.holders, self.log)

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
        line = self.queue.written()
        if line != self.last:
            self.kept.write(line)
            self.last = line

    # those who hold one

    def claim(self, key: str, who: wire.HubPerson, gpu: str, since: float | None = None) -> None:
        """What was held before the hub was restarted is held still."""
        self.queue.holders[key] = Holder(who, gpu, since or time.time())
        self.news.said()

    async def acquire(self, key: str, who: wire.HubPerson, report: Report) -> str:
        """Wait for an accelerator, and return its id; raise Refused where that takes too long."""
        if held := self.queue.holders.get(key):
            return held.gpu
        ticket = self.join(key, who)
        try:
            return await self.wait(ticket, report)
        except BaseException:
            # Also one that was given in the moment in which nobody waited any more.
            self.release(key)
            raise

    def join(self, key: str, who: wire.HubPerson) -> Waiting:
        """Stand in the queue, and have what is free given out."""
        ticket = self.queue.enter(key, who, asyncio.get_running_loop().create_future())
        self.assign()
        self.news.said()
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
        gone = self.queue.leave(key)
        if isinstance(gone, Holder):
            self.times.kept(gone.since, time.time())
        if gone:
            self.assign()
            self.news.said()
        self.queue.forget()

    def assign(self) -> None:
        """Give what is free to those whose turn it is."""
        while (ticket := self.queue.next()) and (gpu := self.free()) is not None:
            now = time.time()
            self.times.waited(ticket.since, now)
            self.queue.give(ticket, gpu, now)
            self.news.said()

    def free(self) -> str | None:
        """The accelerator that has the most places left."""
        used = Counter(holder.gpu for holder in self.queue.holders.values())
        if used.total() >= self.places:
            return None
        gpu = min(self.inventory, key=lambda id: used[id])
        return gpu if used[gpu] < self.per_gpu else None

    # what people are told

    def sentence(self, ticket: Waiting) -> str:
        """How long it may take, and how many people come before."""
        order = self.queue.order()
        place = order.index(ticket)
        people = {other.who.user for other in order[:place]} - {ticket.who.user}
        return f"Waiting for a GPU: {waiting.outlook(self.expected(place + 1)[-1], len(people))}"

    def expected(self, turns: int) -> list[float | None]:
        """In how many seconds each of the next turns comes, judged by how long others kept theirs."""
        now = time.time()
        held = [holder.since for holder in self.queue.holders.values()]
        return waiting.expected(held, self.times.usual_use(now), turns, now)

    def report(self) -> wire.HubReport:
        """The state of it all, for administrators."""
        gpus = [
            wire.HubGpu(gpu.id, gpu.name, gpu.memory, self.people(gpu.id), self.per_gpu)
            for gpu in self.inventory.values()
        ]
        queue = [
            wire.HubWaiting(t.who.user, t.who.lab, position, datetime.fromtimestamp(t.since, UTC))
            for position, t in enumerate(self.queue.order(), 1)
        ]
        now = time.time()
        since = [datetime.fromtimestamp(holder.since, UTC) for holder in self.queue.holders.values()]
        waits = wire.HubWaits(since, self.times.usual_use(now), self.times.usual_wait(now))
        return wire.HubReport(gpus=gpus, queue=queue, waits=waits)

    def people(self, gpu: str) -> list[wire.HubPerson]:
        """Those who hold one."""
        return [holder.who for holder in self.queue.holders.values() if holder.gpu == gpu]
