"""Which servers ran, from when to when: on disk first, then told to the service until it has it."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any, ClassVar

import traitlets
from traitlets import Float, Unicode
from traitlets.config import LoggingConfigurable

from mlabs_ext import wire
from mlabs_spawner import processes
from mlabs_spawner.book import Book, Entry
from mlabs_spawner.options import Refused
from mlabs_spawner.service import Service, Unreachable, complaint

RETRIES = (0.5, 1, 2, 5, 10)
# A busy service, a wrong token, a full disk: each may be over soon. Any other refusal stays one.
PASSING = {401, 403, 408, 429, *range(500, 600)}
BY_ITSELF = "The server ended by itself."
ABANDONED = "The hub ended while the server started, or lost it."


class Ledger(LoggingConfigurable):
    """The sessions of this hub that are open, or whose end the service does not know yet.

    Nothing is forgotten before the service has confirmed it, and saying it twice changes nothing.
    """

    directory = Unicode(
        help="""Where the hub keeps the record of the servers that it started, until the service has it.
        Default: `ledger` in `MLABS_DATA`, or in `mlabs-data` below the working directory. Example::

            c.Ledger.directory = "/var/lib/mlabs/ledger"
        """,
    ).tag(config=True)

    interval = Float(
        10,
        help="""Seconds between two words to the service about which servers run. Default: 10. Example::

            c.Ledger.interval = 30
        """,
    ).tag(config=True)

    _all: ClassVar[dict[tuple[str, str], Ledger]] = {}

    @traitlets.default("directory")
    def _below_data(self) -> str:
        return str(Path(os.environ.get("MLABS_DATA", "mlabs-data"), "ledger").absolute())

    @classmethod
    def shared(cls, service: Service, **traits: Any) -> Ledger:
        """The one of this process for its directory and service."""
        ledger = cls(service, **traits)
        return cls._all.setdefault((ledger.directory, service.url), ledger)

    def __init__(self, service: Service, **traits: Any):
        super().__init__(**traits)
        self.service = service
        self.book = Book(Path(self.directory).absolute(), self.log)
        self.entries: dict[str, Entry] = {}
        # When the hub last knew that a session goes on.
        self.seen: dict[str, float] = {}
        self.claimed: set[str] = set()
        self.asking: set[str] = set()
        self.untold: set[str] = set()
        self.loaded = False
        self.task: asyncio.Task[None] | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.lock: asyncio.Lock
        self.news: asyncio.Future[None]

    # what spawners say

    async def grant(self, entry: Entry, admin: bool, groups: list[str]) -> wire.Grant:
        """A place for the session, which is open from now on; raise Refused where there is none."""
        self.wake()
        self.open(entry)
        asked = wire.ServerCreate(
            id=entry.id,
            user=entry.user,
            lab=entry.lab,
            server=entry.server,
            environment=entry.environment,
            accelerator=entry.accelerator,
            admin=admin,
            groups=groups,
        )
        self.asking.add(entry.id)
        task = asyncio.ensure_future(self.ask(asked))
        task.add_done_callback(lambda done: self.answered(entry, done))
        # Whoever gives up waiting still has to give back what is granted then.
        return await asyncio.shield(task)

    async def ask(self, asked: wire.ServerCreate) -> wire.Grant:
        """A place that became free a moment ago counts as free, even if the service has yet to hear of it."""
        # The service may hear of it while this very question is under way.
        untold = bool(self.untold_ends())
        try:
            return await self.service.grant(asked)
        except Refused as refused:
            if refused.status_code != 429 or not (untold or self.untold_ends()):
                raise
        async with self.lock:
            await self.tell(self.untold_ends())
        return await self.service.grant(asked)

    def answered(self, entry: Entry, task: asyncio.Task[wire.Grant]) -> None:
        """There is a place or there is none; or nobody knows, which counts as one that was given back."""
        self.asking.discard(entry.id)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Refused) and error.status_code != 503:
            self.forget(entry)
        elif error or task.cancelled():
            self.end(entry)
        self.wake()

    def open(self, entry: Entry) -> None:
        """Write down a session; raise Refused where that cannot be done."""
        try:
            self.book.write(entry)
        except OSError as error:
            self.log.error("The ledger in %s cannot be written: %s", self.directory, error)
            message = "MLabs cannot write down that this lab starts, so it does not. The hub's log says why."
            raise Refused(message, 507, "ledger") from error
        self.entries[entry.id] = entry
        self.claimed.add(entry.id)

    def claim(self, session: str) -> Entry | None:
        """The session of a server that the hub finds again; None where it is not open any more."""
        self.wake()
        entry = self.entries.get(session)
        if entry is None or entry.ended is not None:
            return None
        self.claimed.add(session)
        return entry

    def began(self, entry: Entry, at: float, image: str = "", process: str | None = None) -> None:
        """The server started at this time, in this image."""
        if entry.id in self.entries and entry.ended is None and entry.started is None:
            entry.started, entry.image, entry.process = at, image, process
            self.goes_on(entry)
            self.changed(entry)

    def goes_on(self, entry: Entry) -> None:
        """The server runs now."""
        self.seen[entry.id] = time.time()

    def end(self, entry: Entry | None, at: float | None = None, reason: str | None = None) -> None:
        """The session is over, since `at` where that is known; only the first word counts."""
        if entry is None or entry.id not in self.entries or entry.ended is not None:
            return
        known = at or self.book.witnessed(entry) or self.seen_last(entry)
        entry.ended = max(known, entry.started or known)
        entry.reason = reason
        self.changed(entry)

    def seen_last(self, entry: Entry) -> float:
        """The best guess at an end that nobody witnessed: now, unless the hub itself was away."""
        found = entry.id in self.claimed and entry.id in self.seen
        return time.time() if found or not entry.started else self.book.seen(entry)

    # the disk

    def load(self) -> None:
        """Take up what another hub, or this one in another life, left."""
        self.loaded = True
        for entry in self.book.read():
            self.entries[entry.id] = entry
            self.untold.add(entry.id)

    def changed(self, entry: Entry) -> None:
        """Keep it, and tell the service soon."""
        self.untold.add(entry.id)
        try:
            self.book.write(entry)
        except OSError as error:
            self.log.error("The ledger in %s cannot be written: %s", self.directory, error)
        self.wake()

    def forget(self, entry: Entry) -> None:
        """The service knows all of it."""
        self.entries.pop(entry.id, None)
        self.seen.pop(entry.id, None)
        self.claimed.discard(entry.id)
        self.untold.discard(entry.id)
        self.book.remove(entry)

    # the service

    def wake(self) -> None:
        """Have the service told; in a program without an event loop nobody is."""
        if not self.loaded:
            self.load()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if self.loop is not loop or self.task is None or self.task.done():
            self.loop, self.lock, self.news = loop, asyncio.Lock(), loop.create_future()
            self.task = loop.create_task(self.run())
            self.task.add_done_callback(self.fell)
        elif not self.news.done():
            self.news.set_result(None)

    def fell(self, task: asyncio.Task[None]) -> None:
        """Nothing stops the telling but the end of the hub."""
        if not task.cancelled() and task.exception():
            self.log.error("The ledger stumbled; it goes on in a minute.", exc_info=task.exception())
            task.get_loop().call_later(60, self.wake)

    async def run(self) -> None:
        """Tell the service, again and again."""
        # JupyterHub makes the objects of all running servers before it first waits for anything.
        self.abandon()
        failures, alive = 0, 0.0
        while True:
            self.news = asyncio.get_running_loop().create_future()
            async with self.lock:
                told = await self.tell(self.due())
            if told and time.monotonic() >= alive:
                told = await self.tell_alive()
                alive = time.monotonic() + self.interval
            failures = 0 if told else min(failures + 1, len(RETRIES))
            pause = RETRIES[failures - 1] if failures else alive - time.monotonic()
            await asyncio.wait({self.news}, timeout=max(0.05, pause))

    def abandon(self) -> None:
        """End what was open when the hub ended, and is not found again; nobody could reach it any more."""
        for entry in list(self.entries.values()):
            if entry.id not in self.claimed and entry.ended is None:
                ran = entry.process is not None and processes.end(entry.process)
                self.end(entry, time.time() if ran else None, ABANDONED)

    def untold_ends(self) -> list[str]:
        """The sessions whose end the service does not know."""
        return [session for session in self.due() if self.entries[session].ended is not None]

    def due(self) -> list[str]:
        """The sessions that the service does not know all of."""
        return sorted(self.untold - self.asking)

    async def tell(self, sessions: list[str]) -> bool:
        """Tell the service all of these; False where that has to be done again."""
        for session in sessions:
            if session in self.untold and not await self.tell_one(self.entries[session]):
                return False
        return True

    async def tell_one(self, entry: Entry) -> bool:
        """Tell all of one session; whether that is done with."""
        said = entry.change()
        try:
            response = await self.service.send("PATCH", f"servers/{entry.id}", said)
        except Unreachable as error:
            self.log.warning("The ledger waits for the MLabs service: %s", error)
            return False
        # What is for a service that is not there yet, the proxy sends to the hub, which has no such page.
        if response.code in PASSING or not (response.code == 200 or complaint(response)):
            self.log.warning("The MLabs service does not take the ledger: status %s", response.code)
            return False
        if response.code != 200 and entry.started is not None:
            self.log.error("The MLabs service refused %s: status %s", entry, response.code)
        if said == entry.change():
            self.untold.discard(entry.id)
            if said.ended is not None:
                self.forget(entry)
        return True

    async def tell_alive(self) -> bool:
        """Tell the service which sessions go on; False where that has to be done again."""
        open_ones = [entry for entry in self.entries.values() if entry.ended is None]
        ids = [entry.id for entry in open_ones if entry.id not in self.asking]
        self.book.keep_seen([entry for entry in open_ones if entry.id in self.seen])
        if not ids:
            return True
        try:
            response = await self.service.send("POST", "servers/alive", wire.ServersAlive(ids))
        except Unreachable:
            return False
        return response.code == 200
