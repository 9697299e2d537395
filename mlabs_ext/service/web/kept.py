"""Answers with what was kept, before there is a handler, and keeps what handlers have made for everybody."""

from __future__ import annotations

import gzip
import hashlib
import time
from collections.abc import Hashable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tornado.httputil import (
    HTTPMessageDelegate,
    HTTPServerRequest,
    ResponseStartLine,
    format_timestamp,
)

from mlabs_ext import request_ids
from mlabs_ext.errors import TooMany
from mlabs_ext.service.answers import Answer
from mlabs_ext.service.web.base import BaseHandler, client_of
from mlabs_ext.service.web.link_cookie import COOKIE
from mlabs_ext.service.web.requested import connection_of, id_of

if TYPE_CHECKING:
    from mlabs_ext.service.app import MLabsService

OK, UNCHANGED = ResponseStartLine("HTTP/1.1", 200, "OK"), ResponseStartLine("HTTP/1.1", 304, "Not Modified")
# What a 304 does not say again.
OF_BODY = frozenset(("Content-Encoding", "Content-Length", "Content-Type"))
LEVEL = 6
# Seconds that nginx in front of the service may keep the same; no other header tells it that it may.
IN_FRONT = "1"


class Kept(HTTPMessageDelegate):
    """Stands in for a handler: sends an answer that is there already."""

    viewer = None

    def __init__(self, app: MLabsService, request: HTTPServerRequest, answer: Answer):
        self.app, self.request, self.answer = app, request, answer
        self.source = answer.source
        known = request.headers.get("If-None-Match", "")
        self.start = UNCHANGED if answer.etag in known else OK

    @property
    def settings(self) -> dict[str, Any]:
        """As handlers have them, for the log."""
        return self.app.web.settings

    def get_status(self) -> int:
        """For the log."""
        return self.start.code

    def finish(self) -> None:
        """Send it, now that all of the request is here."""
        whole = self.start is OK
        headers = self.answer.headers if whole else self.answer.unchanged
        headers["Date"] = now()
        headers[request_ids.HEADER] = id_of(self.request)
        connection = connection_of(self.request)
        body = self.answer.body if whole and self.request.method != "HEAD" else None
        connection.write_headers(self.start, headers, body)
        # Written out already; the connection has added this where it is to end.
        headers.pop("Connection", None)
        connection.finish()
        self.app.log_request(self)


def now() -> str:
    """The time as headers say it."""
    return _stamp(int(time.time()))


@lru_cache(1)
def _stamp(second: int) -> str:
    return format_timestamp(second)


def kept(app: MLabsService, request: HTTPServerRequest) -> Kept | None:
    """What answers the request without making anything, where there is something for everybody signed out."""
    headers = request.headers
    plain = request.method in ("GET", "HEAD") and "Authorization" not in headers
    if not plain or "Content-Length" in headers or "Transfer-Encoding" in headers:
        return None
    answer = app.answers.find(asked(request))
    if answer is None or not (answer.for_all or is_nobody(app, headers.get("Cookie"))):
        return None
    try:
        app.traffic.take(client_of(app, request), None)
    except TooMany:
        # The handler says so, in its own shape.
        return None
    return Kept(app, request, answer)


def asked(request: HTTPServerRequest) -> Hashable:
    """All of a request that its answer may depend on."""
    return request.protocol, request.host, request.uri, packs(request)


def packs(request: HTTPServerRequest) -> bool:
    """Whether the asker takes gzip."""
    return "gzip" in request.headers.get("Accept-Encoding", "")


def is_nobody(app: MLabsService, cookies: str | None) -> bool:
    """Whether none of the cookies says who it is, nor which links they have opened."""
    return not cookies or not (COOKIE in cookies or app.web.settings["hub_auth"].cookie_name in cookies)


class KeepingHandler(BaseHandler):
    """A handler that says of some of its answers that they may be kept."""

    since = 0
    lab: str | None = None

    async def prepare(self) -> None:
        """Note when this began: what changes from now on is perhaps not in it."""
        self.since = self.app.answers.count
        await super().prepare()

    def keep(self, lab: str = "") -> None:
        """Keep the answer that follows, if it is a whole one; it is about this lab, see `Answers.keep`."""
        headers = self.request.headers
        plain = self.request.method == "GET" and "Authorization" not in headers
        if plain and (self.is_for_all or is_nobody(self.app, headers.get("Cookie"))):
            self.lab = lab if self.app.answers.size else None
            self.set_header("X-Accel-Expires", IN_FRONT)

    @property
    def is_for_all(self) -> bool:
        """Whether cookies make no difference."""
        return not self.reads_cookies

    def finish(self, chunk: Any = None) -> Any:
        """Finish, and keep what was sent."""
        if self.lab is None or self.get_status() != 200 or chunk is None:
            return super().finish(chunk)
        body = self.packed(chunk)
        # This one may turn out to be a 304, which says less.
        whole = self.whole(body)
        done = super().finish(body)
        self.app.answers.keep(asked(self.request), whole, self.lab, self.since)
        return done

    @property
    def keeps(self) -> bool:
        """Whether the answer that follows is to be kept."""
        return self.lab is not None

    def whole(self, body: bytes) -> Answer:
        """What is sent to who knows nothing yet."""
        headers = self._headers.copy()
        headers.pop(request_ids.HEADER, None)
        headers["Etag"], headers["Content-Length"] = self.etag or "", str(len(body))
        unchanged = headers.copy()
        for name in OF_BODY:
            unchanged.pop(name, None)
        source = type(self).__name__
        return Answer(headers, unchanged, body, self.etag or "", source, self.is_for_all, time.monotonic())

    def packed(self, chunk: str | bytes) -> bytes:
        """The body as it is sent, with an ETag: compressed once, for all to whom it will be sent."""
        body = chunk.encode() if isinstance(chunk, str) else chunk
        if self.etag:
            return body
        self.etag = f'"{hashlib.sha256(body).hexdigest()[:24]}{"-gz" if packs(self.request) else ""}"'
        self.set_header("Vary", "Cookie, Authorization, Accept-Encoding")
        if not packs(self.request):
            return body
        self.set_header("Content-Encoding", "gzip")
        return gzip.compress(body, LEVEL, mtime=0)
