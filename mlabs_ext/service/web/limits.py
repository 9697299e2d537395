"""Refuses bodies that are too large before they are in memory, in the one error shape."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from jupyterhub.utils import get_browser_protocol
from tornado.httputil import (
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerRequest,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.web import Application, RequestHandler, stream_request_body

from mlabs_ext.errors import TooLarge
from mlabs_ext.service.web.awaited_body import AwaitedBody
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.kept import kept
from mlabs_ext.service.web.passed_on import PassedOn
from mlabs_ext.service.web.requested import announced, has_body

# Without any credential nothing larger than a form is ever accepted, so none needs to be held.
ANONYMOUS_LIMIT = 64 * 1024


# What is dropped before the connection is closed after all. Both stay below the server's own bounds (DRAIN
# and BODY_TIMEOUT in `service/app.py`), at which it closes without an answer.
DROPPED = 8 * 1024**3
PATIENCE = 540


@stream_request_body
class TooLargeHandler(BaseHandler):
    """Stands in for the handler of a request that is too large; drops the body, then answers.

    A proxy whose connection is closed while it still sends reports that, in place of the answer. So the
    answer waits for the body's end, except where the sender waits for leave or the body goes on too long.
    """

    dropped = 0
    read = done = False
    deadline: asyncio.TimerHandle | None = None

    def set_default_headers(self) -> None:
        """Say that this connection ends here, where it has a body in it that is not wanted."""
        super().set_default_headers()
        if not self.read:
            self.set_header("Connection", "close")

    async def prepare(self) -> None:
        """Refuse without asking who it is, at once where that spares the body."""
        headers = self.request.headers
        # A proxy gives leave to its client itself and sends on at once, whatever it passes on of the wish.
        waits = headers.get("Expect", "").lower() == "100-continue" and "X-Forwarded-For" not in headers
        if waits or announced(headers) > DROPPED:
            raise self.error()
        left = max(0, PATIENCE - self.request.request_time())
        self.deadline = asyncio.get_running_loop().call_later(left, self.give_up)

    def data_received(self, chunk: bytes) -> None:
        """Drop it."""
        self.dropped += len(chunk)
        if self.dropped > DROPPED:
            self.give_up()

    async def refuse(self, *args: Any, **kwargs: Any) -> None:
        """Answer any verb: the body has come to its end."""
        self.read = True
        raise self.error()

    get = head = post = put = patch = delete = options = refuse

    def error(self) -> TooLarge:
        """What is wrong."""
        limit = self.settings["body_limit"](self.request, BaseHandler)
        return TooLarge(f"The body is over {limit} bytes, which is the limit here.", detail={"limit": limit})

    def give_up(self) -> None:
        """Answer with the body still on its way, which closes the connection."""
        if not self.done:
            error = self.error()
            self.send_error(error.status, exc_info=(type(error), error, None))

    def on_finish(self) -> None:
        """Be done, once: a client that leaves early ends the request too."""
        if self.deadline:
            self.deadline.cancel()
        if not self.done:
            self.done = True
            super().on_finish()

    def on_connection_close(self) -> None:
        """Nobody is left to answer."""
        super().on_connection_close()
        self.on_finish()


class CountedBody(PassedOn):
    """Hands a body on until it passes the limit, then to a `TooLargeHandler`: for chunked requests."""

    def __init__(self, inner: HTTPMessageDelegate, refuse: HTTPMessageDelegate, limit: int):
        super().__init__(inner)
        self.refuse, self.left = refuse, limit

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        """Pass the head on."""
        self.head = start_line, headers
        return super().headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Count, and change over at the limit."""
        self.left -= len(chunk)
        if self.left < 0 and self.inner is not self.refuse:
            # One that takes its body in pieces has begun already.
            self.inner.on_connection_close()
            self.inner = self.refuse
            return self.inner.headers_received(*self.head)
        return super().data_received(chunk)


class LimitedApplication(Application):
    """A Tornado application whose handlers see no body over their limit, and nothing that is kept."""

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """Look first for what needs no handler: finding one costs as much as all the rest of the answer.

        What browsers speak is what counts for cookies and addresses; Tornado takes the word of the last proxy
        of several, which speaks plain HTTP.
        """
        request.protocol = get_browser_protocol(request)
        return kept(self.settings["mlabs"], request) or super().find_handler(request, **kwargs)

    def get_handler_delegate(  # type: ignore[override]  # Tornado asks no more of it than a delegate
        self, request: HTTPServerRequest, target_class: type[RequestHandler], *args: Any, **kwargs: Any
    ) -> HTTPMessageDelegate:
        """Choose the handler by the announced length; watch the length where none is announced."""
        limit = self.settings["body_limit"](request, target_class)
        refuse = super().get_handler_delegate(request, TooLargeHandler)
        if announced(request.headers) > limit:
            return refuse
        inner: HTTPMessageDelegate = super().get_handler_delegate(request, target_class, *args, **kwargs)
        if "Content-Length" not in request.headers:
            inner = CountedBody(inner, refuse, limit)
        # Tornado makes other handlers only when all of the body is here.
        waits = has_body(request.headers) and not getattr(target_class, "takes_files", False)
        return AwaitedBody(inner, self.settings["mlabs"]) if waits else inner


def body_limit(max_body_size: int, max_file_size: int) -> Any:
    """Make the rule that says how many bytes a request to a handler may have."""

    def limit(request: HTTPServerRequest, handler: type[RequestHandler]) -> int:
        known = "Authorization" in request.headers or "Cookie" in request.headers
        if known and getattr(handler, "takes_files", False):
            return max_file_size
        own = getattr(handler, "max_body", None) or max_body_size
        return min(own, max_body_size) if known else min(own, ANONYMOUS_LIMIT)

    return limit
