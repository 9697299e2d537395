"""Turns what kernels say into recorded runs, without ever making a kernel or a person wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from traitlets import Float, Instance, Unicode
from traitlets.config import LoggingConfigurable
from ulid import ULID

from mlabs_ext.lab import messages, run_all
from mlabs_ext.lab.batch_tracker import BatchTracker, Over
from mlabs_ext.lab.feed import Feed, Happening, Heard
from mlabs_ext.lab.messages import Message
from mlabs_ext.lab.notebooks import Notebooks
from mlabs_ext.lab.observers import Observer
from mlabs_ext.lab.outbox import Outbox
from mlabs_ext.lab.run_all import Mark, Request, RunAll
from mlabs_ext.lab.run_tracker import RunTracker
from mlabs_ext.wire import EventType, RunCreate

# After the command that it announces a restart may have to be confirmed and waited for.
MARK_LIVES = 120.0
# How long others wait for the event loop while a flood of messages is looked at.
BREATH = 0.002


class Recorder(LoggingConfigurable):
    """Listens to the kernels of notebooks that belong to labs."""

    outbox = Instance(Outbox)
    notebooks = Instance(Notebooks)
    environment = Unicode()
    accelerator = Unicode("none")
    image = Unicode(allow_none=True)
    idle_timeout = Float(
        600.0,
        help="""Seconds without an execution or output after which an interactive run ends. Default: 600.
        Example: `c.Recorder.idle_timeout = 1800`.""",
    ).tag(config=True)
    window = Float(
        0.05,
        help="""Seconds that kernel messages gather before they are recorded together. Default: 0.05. Example:
        `c.Recorder.window = 0.2` on very slow machines.""",
    ).tag(config=True)
    patience = Float(
        0.25,
        help="""Seconds to wait, after a first cell, for the front end's word that it is part of a "Run all".
        Default: 0.25. Example: `c.Recorder.patience = 0.5` for far-away browsers.""",
    ).tag(config=True)

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._feeds: dict[str, Feed] = {}
        self._marks: dict[str, Mark] = {}
        self._last: dict[str, str] = {}
        self._stopping = False
        self.used: Callable[[str], dict[str, Any] | None] = lambda run: None
        self.observers: list[Observer] = []

    def heard(self, kernel: str, what: list[bytes] | Request | Happening | Over) -> None:
        """Note that something happened; nothing more is done now, as the kernel's stream waits for this."""
        feed = self._feeds.get(kernel) or self._new_feed(kernel)
        feed.heard.append(Heard(what, time.monotonic(), datetime.now(UTC)))
        if isinstance(what, Request):
            for observer in self.observers:
                observer.asked(kernel)
        if feed.timer is None and feed.task is None and not self._stopping:
            self._listen_in(kernel, feed, self.window)

    def batch_begins(self, kernel: str, run: RunCreate, path: str) -> None:
        """All that this kernel does is one batch run, until `Over` is heard of it."""
        feed = self._feeds[kernel] = Feed(BatchTracker(self, run))
        feed.path, feed.lab = path, run.lab
        self.outbox.start(run, path)
        self._observed(run.id, kernel)

    async def batch_heard(self, kernel: str, timeout: float) -> None:
        """Return when all that a batch run's kernel said is recorded, or after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while (feed := self._feeds.get(kernel)) and time.monotonic() < deadline:
            quiet = not isinstance(feed.tracker, BatchTracker) or feed.tracker.quiet
            if quiet and not feed.heard and feed.task is None:
                return
            await asyncio.sleep(self.window)

    def run_all_begins(self, path: str, cells: list[str]) -> None:
        """The front end's word that it runs these cells of a notebook now."""
        self._marks[path] = Mark(cells, time.monotonic())

    def last_run(self, lab: str) -> str | None:
        """The id of the lab's run that goes on or went on last, if the service knows it."""
        run = self._last.get(lab)
        kept = self.outbox.runs.get(run) if run else None
        return None if kept and not kept.registered else run

    def executing(self) -> set[str]:
        """The runs that execute something now."""
        runs = [feed.tracker.open for feed in self._feeds.values()]
        return {run.id for run in runs if run and run.running}

    def open_runs(self) -> dict[str, tuple[str, datetime]]:
        """The runs that go on: each one's notebook, below the server's root, and when it began."""
        feeds = self._feeds.values()
        return {run.id: (feed.path, run.started) for feed in feeds if (run := feed.tracker.open)}

    async def settle(self, timeout: float) -> None:
        """Return when all that was heard is with the outbox, or after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while any(feed.heard for feed in self._feeds.values()) and time.monotonic() < deadline:
            await asyncio.sleep(self.window)

    async def watch_clock(self) -> None:
        """End runs that are over by the clock, until cancelled."""
        while True:
            await asyncio.sleep(1.0)
            for feed in self._feeds.values():
                if not feed.heard:
                    feed.tracker.tick(time.monotonic())
            self.outbox.commit()

    async def stop(self) -> None:
        """The server goes, and its kernels with it: end what is open."""
        self._stopping = True
        for kernel, feed in list(self._feeds.items()):
            if feed.task is not None:
                await asyncio.wait([feed.task])
            if feed.timer is not None:
                feed.timer.cancel()
            feed.heard.append(Heard("shutdown", time.monotonic(), datetime.now(UTC)))
            await self._listen(kernel, feed)
        self.outbox.commit()

    def add(
        self, run: str, kind: EventType, moment: datetime, cell: str | None, data: dict[str, Any]
    ) -> None:
        """A step of a run, from a tracker; before its last one comes what was seen of it besides."""
        if kind in ("done", "end"):
            for observer in self.observers:
                observer.done(run) if kind == "done" else observer.ending(run)
        if kind == "end" and (used := self.used(run)):
            self.outbox.add(run, "usage", moment, None, used)
        self.outbox.add(run, kind, moment, cell, data)

    def _new_feed(self, kernel: str) -> Feed:
        def begin_run(all_cells: RunAll | None, moment: datetime) -> tuple[str, str]:
            run = self._begin_run(feed, all_cells, moment)
            self._observed(run[0], kernel)
            return run

        for observer in self.observers:
            observer.met(kernel)
        feed = self._feeds[kernel] = Feed(RunTracker(self, begin_run, self.idle_timeout))
        return feed

    def _observed(self, run: str, kernel: str) -> None:
        for observer in self.observers:
            observer.began(run, kernel)

    def _begin_run(self, feed: Feed, all_cells: RunAll | None, moment: datetime) -> tuple[str, str]:
        run, lab = str(ULID()), feed.lab or ""
        create = RunCreate(
            id=run,
            lab=lab,
            started=moment,
            environment=self.environment,
            accelerator=self.accelerator,
            image=self.image,
            run_all=all_cells is not None,
        )
        self.outbox.start(create, feed.path)
        self._last[lab] = run
        return run, lab

    def _listen_in(self, kernel: str, feed: Feed, delay: float) -> None:
        def begin() -> None:
            feed.timer = None
            feed.task = asyncio.create_task(self._listen(kernel, feed))
            feed.task.add_done_callback(lambda task: self._listened(kernel, feed, task))

        feed.timer = asyncio.get_running_loop().call_later(delay, begin)

    def _listened(self, kernel: str, feed: Feed, task: asyncio.Task[float | None]) -> None:
        feed.task = None
        if task.cancelled():
            return
        if error := task.exception():
            self.log.error("MLabs: a step of a run was not recorded", exc_info=error)
        if feed.heard and not self._stopping:
            wait = None if error else task.result()
            self._listen_in(kernel, feed, max(wait or 0.0, self.window))

    async def _listen(self, kernel: str, feed: Feed) -> float | None:
        """Look at what was heard, to the end or to what has to wait; the seconds that it has to wait."""
        wait = None
        breath = time.monotonic()
        while feed.heard and wait is None:
            heard = feed.heard.popleft()
            wait = await self._look_at(kernel, feed, heard)
            if time.monotonic() - breath > BREATH:
                await asyncio.sleep(0)
                breath = time.monotonic()
        self.outbox.commit()
        return wait

    async def _look_at(self, kernel: str, feed: Feed, heard: Heard) -> float | None:
        if isinstance(heard.what, list):
            message = messages.read(heard.what, heard.time)
            if message is None:
                return None
            heard.what = message
        if isinstance(heard.what, Request):
            feed.tracker.requested(heard.what)
        elif isinstance(heard.what, Over):
            if isinstance(feed.tracker, BatchTracker):
                feed.tracker.finish(heard.what, heard.time, heard.at)
        elif isinstance(heard.what, str):
            self._happened(kernel, feed, heard.what, heard)
        elif heard.what.type == "execute_input":
            return await self._execute(kernel, feed, heard.what, heard)
        else:
            feed.tracker.step(heard.what, heard.at)
        return None

    def _happened(self, kernel: str, feed: Feed, what: Happening, heard: Heard) -> None:
        match what:
            case "interrupted":
                feed.tracker.interrupted(heard.time, heard.at)
            case "restarted":
                feed.tracker.ended("restarted", heard.time, heard.at)
            case "died":
                feed.tracker.ended("dead", heard.time, heard.at)
            case "shutdown" | "gone":
                feed.tracker.ended("shutdown" if what == "shutdown" else "dead", heard.time, heard.at)
                self._feeds.pop(kernel, None)

    async def _execute(self, kernel: str, feed: Feed, message: Message, heard: Heard) -> float | None:
        """A cell begins: find out which run it belongs to. Seconds to wait where that cannot be known yet."""
        tracker = feed.tracker
        if not tracker.keeps(message):
            return None
        if tracker.open is None and not await self._find_lab(kernel, feed):
            return None
        all_cells = None
        if not tracker.expects(message) and (request := tracker.pending.get(message.parent)):
            wait = 0.0 if self._stopping else request.at + self.patience - time.monotonic()
            all_cells = await self._run_all(feed, request, may_be_burst=wait <= 0)
            if all_cells is None and wait > 0:
                feed.heard.appendleft(heard)
                return wait
        tracker.execute(message, feed.lab or "", all_cells, heard.at)
        return None

    async def _find_lab(self, kernel: str, feed: Feed) -> bool:
        path = await self.notebooks.path_of(kernel)
        feed.path = path or feed.path
        feed.lab = await self.notebooks.lab_of(feed.path) if feed.path else None
        return feed.lab is not None

    async def _run_all(self, feed: Feed, request: Request, may_be_burst: bool) -> RunAll | None:
        mark = self._mark(feed.path)
        if mark and request.cell in mark.cells and not feed.asked_of_next(request.cell):
            cells = await self.notebooks.cells(feed.path)
            if found := run_all.marked(mark, request, feed.requests(), cells):
                self._marks.pop(feed.path, None)
                return found
        if may_be_burst and not feed.alone(request):
            requests = feed.requests()
            if len(requests) > 1 and requests[0] is request:
                return run_all.burst(requests, await self.notebooks.cells(feed.path))
        return None

    def _mark(self, path: str) -> Mark | None:
        mark = self._marks.get(path)
        if mark and time.monotonic() - mark.at > MARK_LIVES:
            mark = self._marks.pop(path) and None
        return mark
