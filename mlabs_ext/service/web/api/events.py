"""The events of a run: told by its server, read in pages, and streamed to whoever watches."""

from __future__ import annotations

import socket
from email.utils import formatdate

from tornado.web import HTTPError

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, Forbidden, Unavailable
from mlabs_ext.service import live_text
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import Route, operation, whole

STREAM = "text/event-stream"
MAX_EVENTS, MAX_AFTER = 1000, 2**48
QUERY = {
    "after": whole(
        "Events after this sequence number, 0 by default; a Last-Event-ID goes before it.", 0, MAX_AFTER
    ),
    "limit": whole("1 to 1000, for a page.", 1, MAX_EVENTS),
}


class EventsHandler(BaseHandler):
    """A run's events."""

    reports = True

    @operation(
        "A run's events in order: a live stream of them, or with `Accept: application/json` a page",
        answer=list[wire.RunEvent],
        query=QUERY,
        stream=STREAM,
    )
    async def get(self, run: str) -> None:
        """Stream them, or answer a page; its `next` is what `after` takes."""
        after = self.number("after", 0, 0, MAX_AFTER)
        limit = self.number("limit", 1000, 1, MAX_EVENTS)
        if self._wants_page():
            events = await self.run(self.app.runs.events, self.viewer, run, after=after, limit=limit)
            self.answer_list(events, str(events[-1].seq) if len(events) == limit else None)
        else:
            await self._stream(run, *self._position(after))

    @operation(
        "Append events, from a user's server; each is recorded once, however often it is sent",
        body=wire.RunEvents,
        answer=wire.EventsAccepted,
        access="write",
    )
    async def post(self, run: str) -> None:
        """Append."""
        self.require_user()
        events = self.body(wire.RunEvents).events
        self.answer(await self.run(self.app.runs.append, self.viewer, run, events))

    async def _stream(self, run: str, after: int, saw_end: bool) -> None:
        row = await self.app.live.find(self.viewer, run)
        if saw_end and self.app.live.has_seen_all(row, after):
            # What tells a browser not to come again.
            self.set_status(204)
            return
        if self.app.live.seen_by_all(row):
            self.set_header("Access-Control-Allow-Origin", "*")
        self.set_header("Content-Type", STREAM)
        self.set_header("X-Accel-Buffering", "no")
        if self.request.method == "GET" and (connection := self._take_connection()):
            self.app.live.watch(row, connection, self.viewer, self._still, self._head(), after)

    def _wants_page(self) -> bool:
        accepted = self.request.headers.get("Accept", "")
        return "application/json" in accepted and STREAM not in accepted

    def _position(self, after: int) -> tuple[int, bool]:
        """After which step to begin, and whether the asker has seen the end."""
        last_id = self.request.headers.get("Last-Event-ID", "")
        if not last_id:
            return after, False
        try:
            return live_text.position(last_id)
        except ValueError as error:
            raise BadInput("The Last-Event-ID is none of this stream's.", "last_event_id_invalid") from error

    def _take_connection(self) -> socket.socket | None:
        """The connection itself, which Tornado then has nothing to do with; None where it is gone."""
        stream = self.take_stream()
        if stream is None or stream.closed():
            return None
        connection = stream.socket.dup()
        stream.close()
        return connection

    def _head(self) -> bytes:
        """The head of the answer. Its end is the connection's, so that all get the same bytes after it."""
        self.set_header("Date", formatdate(usegmt=True))
        self.set_header("Connection", "close")
        lines = [f"{name}: {value}" for name, value in self._headers.get_all()]
        return "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode("latin-1")

    async def _still(self) -> Viewer | None:
        """Who watches, as of now; None where the credential is no longer good."""
        self.__dict__.pop("_cached_hub_user", None)
        try:
            model = await self.identify()
        except Unavailable:
            # A hub that is being restarted takes no rights away.
            return self.viewer
        except (Forbidden, HTTPError):
            return None
        return self.viewer_of(model)


CALLS = [Route("/runs/{run}/events", EventsHandler)]
