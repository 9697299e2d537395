"""One run's watchers in this process: what is new is read once and sent to all of them as the same bytes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

import msgspec

from mlabs_ext import wire
from mlabs_ext.service import live_text, orm
from mlabs_ext.service.live_feed import Page, Snapshot
from mlabs_ext.service.live_stream import Watcher
from mlabs_ext.service.run_rows import sees_run
from mlabs_ext.service.viewers import Viewer

# Bytes of what was sent last, for who is about to catch up.
TAIL = 256 * 1024
# Seconds that watchers are written to without a break: other requests get their turn in between.
SLICE = 0.002
ANYBODY = Viewer.anonymous()
log = logging.getLogger("mlabs.live")


class Source(Protocol):
    """Where a topic reads; None is a run that is no more."""

    async def page(self, run_id: str, after: int) -> Page | None:
        """What is new."""

    async def replay(self, run_id: str, after: int, upto: int | None) -> Page | None:
        """A page of what was sent already, which others may want too."""

    async def snapshot(self, run_id: str) -> Snapshot | None:
        """Where things stand."""

    def shown(self, row: orm.Run) -> wire.Run:
        """The run, without the number of its watchers."""

    def over(self, row: orm.Run) -> bool:
        """Whether nothing more is to come."""

    def watching(self, run_id: str) -> int:
        """How many watch, here and elsewhere."""


class Topic:
    """A run that is watched. `seq` is the step that all in `live` have been sent; the others catch up."""

    def __init__(self, source: Source, row: orm.Run, on_change: Callable[[Topic], None]):
        self.source = source
        self.run_id = row.id
        self.row = row
        self.seq = row.last_seq
        self.watchers: set[Watcher] = set()
        self.live: set[Watcher] = set()
        self.told = time.monotonic()
        self.count = 0
        self.over: bytes | None = None
        self._on_change = on_change
        self._plain = b""
        self.state = self._new_state(row) or b""
        self._tail: deque[tuple[int, bytes]] = deque()
        self._tail_bytes = 0
        self._news = False
        self._pump: asyncio.Task[None] | None = None

    # What happens to the run

    def wake(self) -> None:
        """Something of the run may have changed."""
        self._news = True
        if self._pump is None:
            self._pump = asyncio.create_task(self._read())
            self._pump.add_done_callback(self._rest)

    async def idle(self) -> None:
        """Return when nothing is being read."""
        while self._pump is not None:
            await asyncio.wait([self._pump])

    def close(self) -> None:
        """Let all watchers go, who may come again."""
        for watcher in list(self.watchers):
            watcher.close()

    def _rest(self, task: asyncio.Task[None]) -> None:
        self._pump = None
        error = None if task.cancelled() else task.exception()
        if error:
            self._news = True
            log.warning("The run %s could not be read for its watchers: %r", self.run_id, error)
        elif self._news and self.watchers and not task.cancelled():
            self.wake()

    def try_again(self) -> None:
        """Read what could not be read."""
        if self._news:
            self.wake()

    async def _read(self) -> None:
        while self._news and self.watchers:
            self._news = False
            page = await self.source.page(self.run_id, self.seq)
            if page is None:
                self.close()
                return
            self._admit(page.row)
            await self._take(page)
            self._news |= page.full

    def _admit(self, row: orm.Run) -> None:
        """Keep those only who may see the run as it is now."""
        self.row = row
        if not sees_run(ANYBODY, row):
            for watcher in [watcher for watcher in self.watchers if not sees_run(watcher.viewer, row)]:
                watcher.close()

    async def _take(self, page: Page) -> None:
        """Send what a page brings that was read after `seq`."""
        text = page.text
        if page.first is not None and page.first != self.seq + 1:
            # Steps that nobody here has seen were removed: those who watch are told when they come again.
            self.close()
            return
        if not page.full:
            text += self._new_state(page.row) or b""
            if self.over is None and self.source.over(page.row):
                self.over = self._final(page)
        self._remember(text)
        self.seq = page.upto
        await self.send(text + (self.over or b""))
        if self.over:
            for watcher in list(self.live):
                watcher.finish()

    def _final(self, page: Page) -> bytes:
        return live_text.final(self._shown(page.row), page.upto)

    def _shown(self, row: orm.Run) -> wire.Run:
        return msgspec.structs.replace(self.source.shown(row), watching=self.source.watching(self.run_id))

    def _new_state(self, row: orm.Run) -> bytes | None:
        """The run's message, if there is more to say than what was said last."""
        plain = msgspec.json.encode(self.source.shown(row))
        if plain == self._plain:
            return None
        self._plain, self.state = plain, live_text.run(self._shown(row))
        return self.state

    def _remember(self, text: bytes) -> None:
        if text:
            self._tail.append((self.seq, text))
            self._tail_bytes += len(text)
        while self._tail and self._tail_bytes > TAIL:
            self._tail_bytes -= len(self._tail.popleft()[1])

    async def send(self, text: bytes) -> None:
        """Send the same bytes to all who are up to date, with breaks for other work.

        Then rest for as long as that took: however many they are, half of the time is left to the rest of
        the service, and what comes meanwhile is sent together.
        """
        if not text:
            return
        self.told = started = time.monotonic()
        spent = 0.0
        watchers = list(self.live)
        for n, watcher in enumerate(watchers):
            watcher.send(text)
            if not n % 16 and time.monotonic() - started > SLICE:
                spent += time.monotonic() - started
                await asyncio.sleep(0)
                started = time.monotonic()
        if spent:
            await asyncio.sleep(spent)

    async def say_watching(self, count: int) -> None:
        """Tell how many watch, if that is new."""
        if count != self.count:
            self.count = count
            await self.send(live_text.watching(count))

    # Who comes and goes

    def enter(self, watcher: Watcher) -> None:
        """Count a watcher from now on; `join` follows."""
        watcher.on_close = self._gone
        self.watchers.add(watcher)
        self._on_change(self)
        if not sees_run(watcher.viewer, self.row):
            watcher.close()
        # What happened since the run was looked up woke nobody.
        self.wake()

    async def join(self, watcher: Watcher, head: bytes, after: int) -> None:
        """Send all steps after `after`, then what comes; returns once the watcher is up to date, or gone."""
        watcher.send(head + live_text.RETRY + self.state)
        watcher.state = self.state
        while not watcher.closed:
            missed = self._since(after)
            if missed is not None:
                self._go_live(watcher, missed)
                return
            after = await self._catch_up(watcher, after)
            await watcher.sent()

    def _since(self, after: int) -> list[bytes] | None:
        """What was sent after that step; None where that is not remembered."""
        if after == self.seq:
            return []
        starts = [start for start, _ in self._tail]
        if after not in starts:
            return None
        return [text for _, text in list(self._tail)[starts.index(after) :]]

    def _go_live(self, watcher: Watcher, missed: list[bytes]) -> None:
        for text in missed:
            watcher.send(text)
        if watcher.state is not self.state:
            watcher.send(self.state)
        self.live.add(watcher)
        if self.over:
            watcher.send(self.over)
            watcher.finish()

    async def _catch_up(self, watcher: Watcher, after: int) -> int:
        """Send a page of what is stored; the step that the watcher has reached."""
        page = await self.source.replay(self.run_id, after, self.seq if after < self.seq else None)
        if page is None:
            watcher.close()
        elif page.first == after + 1:
            watcher.send(page.text)
            return page.upto
        elif after == page.row.last_seq:
            # The database is ahead of what was sent here.
            self.wake()
            await self.idle()
        else:
            return await self._bridge(watcher, after)
        return after

    async def _bridge(self, watcher: Watcher, after: int) -> int:
        """Show where things stand to who asks for steps that are not there."""
        snapshot = await self.source.snapshot(self.run_id)
        if snapshot is None:
            watcher.close()
            return after
        watcher.send(live_text.gap(after, snapshot.seq + 1) + snapshot.text)
        return snapshot.seq

    def _gone(self, watcher: Watcher) -> None:
        self.watchers.discard(watcher)
        self.live.discard(watcher)
        self._on_change(self)

    async def recheck(self) -> None:
        """Ask again who they are that see this run for who they are."""
        if sees_run(ANYBODY, self.row):
            return
        for watcher in list(self.watchers):
            viewer = await watcher.recheck()
            if viewer is None or not sees_run(viewer, self.row):
                watcher.close()
            else:
                watcher.viewer = viewer
