"""Live streams of runs: who watches is woken when something is on disk, and reads it once for all."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from traitlets import Float, Integer
from traitlets.config import LoggingConfigurable

from mlabs_ext import wire
from mlabs_ext.errors import MLabsError, TooMany, Unavailable
from mlabs_ext.service import live_text, orm
from mlabs_ext.service.audience import Audience
from mlabs_ext.service.live_feed import Feed, Page, Snapshot
from mlabs_ext.service.live_notify import Listener
from mlabs_ext.service.live_pages import Pages
from mlabs_ext.service.live_stream import Watcher
from mlabs_ext.service.live_topic import ANYBODY, Topic
from mlabs_ext.service.run_rows import sees_run
from mlabs_ext.service.viewers import Viewer

T = TypeVar("T")
# Seconds.
TICK = 1.0
RECHECK = 3.0
STUCK = 60.0
# Threads that read what is new, and those that read all else: a thousand who come late hold up no news.
NEWS, READERS = 2, 2


class Live(LoggingConfigurable):
    """The topics of this process. For the event loop, but for `told`, which any thread may call."""

    max_watchers = Integer(
        10_000,
        help="""How many streams of runs one service process keeps open; who comes then is asked to try later.

        Each takes a file descriptor and about 5 kB. Default: 10000. Example:

            c.Live.max_watchers = 2000
        """,
    ).tag(config=True)

    max_behind = Integer(
        1024**2,
        help="""How many bytes a watcher may be behind before the stream is closed; browsers then come again
        and go on where they were.

        Default: 1 MiB. Example:

            c.Live.max_behind = 4 * 1024**2
        """,
    ).tag(config=True)

    heartbeat = Float(
        15.0,
        help="""Seconds of silence after which a stream carries a comment, so that no proxy takes it for dead.

        Default: 15. Example:

            c.Live.heartbeat = 30
        """,
    ).tag(config=True)

    def __init__(
        self, feed: Feed, audience: Audience, heard: Callable[[set[str] | None], None], **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.feed = feed
        self.heard = heard
        self.audience = audience
        self.topics: dict[str, Topic] = {}
        self.listener: Listener | None = None
        self.closed = False
        self._joining: set[asyncio.Task[None]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._pages = Pages(lambda *page: self._in_thread(self.feed.read, *page))

    # Start and stop

    def start(self) -> None:
        """Listen for news; the event loop runs."""
        self._loop = asyncio.get_running_loop()
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="live")
        self._news = ThreadPoolExecutor(NEWS, thread_name_prefix="live-news")
        store = self.feed.runs.store
        work = [self._keep_going(self._tick, TICK), self._keep_going(self._recheck, RECHECK)]
        if store.is_sqlite:
            store.on_changes.append(self.told)
        else:
            self.listener = Listener(store.url, self._heard, self.audience.hear)
            work.append(self.listener.run())
        self._tasks = [asyncio.create_task(one) for one in work]
        for task in self._tasks:
            task.add_done_callback(self._ended)

    async def close(self) -> None:
        """End all streams at once; browsers come again on their own."""
        self.closed = True
        topics = list(self.topics.values())
        for topic in topics:
            topic.close()
        await asyncio.gather(*(topic.idle() for topic in topics))
        tasks = [*self._tasks, *self._joining]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._pages.close()
        if self.listener:
            with contextlib.suppress(MLabsError, self.feed.Error):
                await self._in_thread(self.feed.tell, [self.audience.farewell()])
        self._pool.shutdown()
        self._news.shutdown()

    # News

    def told(self, changes: set[str]) -> None:
        """These changes are on disk, see `changes.note`."""
        if not self.closed:
            self._loop.call_soon_threadsafe(self._changed, changes)

    def hears(self) -> bool:
        """Whether what any service changes is known here a moment later."""
        return self.feed.runs.store.is_sqlite or (self.listener is not None and self.listener.hears())

    def _heard(self, changes: set[str] | None) -> None:
        """Some service has changed this."""
        self.heard(changes)
        self._changed(changes)

    def _changed(self, changes: set[str] | None) -> None:
        """Wake whom it concerns; None is that anything may have changed."""
        for topic in list(self.topics.values()):
            if changes is None or f"run:{topic.run_id}" in changes or f"lab:{topic.row.lab_id}" in changes:
                topic.wake()

    # Watchers

    async def find(self, viewer: Viewer, run_id: str) -> orm.Run:
        """The run, if the viewer may see it; TooMany or Unavailable where nobody can watch now."""
        if self.closed:
            raise Unavailable("MLabs is being restarted; try again in a moment.")
        if self.audience.total() >= self.max_watchers:
            raise TooMany("Too many watch runs just now; try again in a minute.", detail={"retry_after": 60})
        return await self._in_thread(self.feed.find, viewer, run_id)

    def has_seen_all(self, row: orm.Run, after: int) -> bool:
        """Whether who has seen the end after step `after` has seen all there will be."""
        return self.feed.over(row) and after == row.last_seq

    def seen_by_all(self, row: orm.Run) -> bool:
        """Whether the run may be shown on other sites."""
        return sees_run(ANYBODY, row)

    def watch(
        self,
        row: orm.Run,
        connection: socket.socket,
        viewer: Viewer,
        recheck: Callable[[], Awaitable[Viewer | None]],
        head: bytes,
        after: int,
    ) -> None:
        """Send `head` and then the run to a connection, from the step after `after` on, until either ends."""
        watcher = Watcher(connection, viewer, self.max_behind, recheck)
        topic = self.topics.get(row.id)
        if topic is None:
            topic = self.topics[row.id] = Topic(self, row, self._counted)
        topic.enter(watcher)
        task = asyncio.create_task(self._join(topic, watcher, head, after))
        self._joining.add(task)
        task.add_done_callback(self._joining.discard)

    async def _join(self, topic: Topic, watcher: Watcher, head: bytes, after: int) -> None:
        joined = False
        try:
            await topic.join(watcher, head, after)
            joined = True
        except (MLabsError, self.feed.Error) as error:
            self.log.warning("A stream of the run %s was cut: %r", topic.run_id, error)
        finally:
            if not joined:
                watcher.close()

    def _counted(self, topic: Topic) -> None:
        self.audience.set(topic.run_id, len(topic.watchers))
        if not topic.watchers and self.topics.get(topic.run_id) is topic:
            del self.topics[topic.run_id]

    # What topics read

    async def page(self, run_id: str, after: int) -> Page | None:
        """What is new."""
        return await self._loop.run_in_executor(self._news, self.feed.read, run_id, after)

    async def replay(self, run_id: str, after: int, upto: int | None) -> Page | None:
        """A page of what is old."""
        return await self._pages.get(run_id, after, upto)

    async def snapshot(self, run_id: str) -> Snapshot | None:
        """Where things stand."""
        return await self._in_thread(self.feed.snapshot, run_id)

    def shown(self, row: orm.Run) -> wire.Run:
        """The run."""
        return self.feed.shown(row)

    def over(self, row: orm.Run) -> bool:
        """Whether nothing more is to come."""
        return self.feed.over(row)

    def watching(self, run_id: str) -> int:
        """How many watch."""
        return self.audience.of(run_id)

    # Housekeeping

    async def _keep_going(self, work: Callable[[], Awaitable[None]], pause: float) -> None:
        while True:
            await asyncio.sleep(pause)
            try:
                await work()
            except (MLabsError, self.feed.Error) as error:
                self.log.warning("Live streams: %r", error)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self.log.error("Live streams are kept no longer: restart the service", exc_info=error)

    async def _tick(self) -> None:
        """Heartbeats, counts, and a look at the database where news may not come by themselves."""
        now = time.monotonic()
        deaf = self.listener is not None and not self.listener.connected
        for topic in list(self.topics.values()):
            for watcher in [watcher for watcher in topic.watchers if watcher.stuck(now - STUCK)]:
                watcher.close()
            await topic.say_watching(self.audience.of(topic.run_id))
            topic.try_again()
            if deaf or now - topic.told > self.heartbeat:
                topic.wake()
            if now - topic.told > self.heartbeat:
                await topic.send(live_text.HEARTBEAT)
        await self._share()

    async def _share(self) -> None:
        """Tell the other services how many watch here."""
        self.audience.forget()
        if self.listener and (news := self.audience.news()):
            await self._in_thread(self.feed.tell, news)

    async def _recheck(self) -> None:
        for topic in list(self.topics.values()):
            await topic.recheck()

    async def _in_thread(self, work: Callable[..., T], *args: Any) -> T:
        return await self._loop.run_in_executor(self._pool, work, *args)
