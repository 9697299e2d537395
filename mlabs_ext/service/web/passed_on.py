"""A request on its way to whoever takes it, for what looks at it meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable

from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, RequestStartLine, ResponseStartLine


class PassedOn(HTTPMessageDelegate):
    """Hands everything on to `inner`."""

    def __init__(self, inner: HTTPMessageDelegate):
        self.inner = inner

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        """Pass the head on."""
        return self.inner.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Pass a piece on."""
        return self.inner.data_received(chunk)

    def finish(self) -> None:
        """Pass the end on."""
        self.inner.finish()

    def on_connection_close(self) -> None:
        """Pass the loss of the client on."""
        self.inner.on_connection_close()
