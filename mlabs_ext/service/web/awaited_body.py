"""A body that is waited for: it counts before a handler does."""

from __future__ import annotations

from typing import Any

from tornado.httputil import HTTPMessageDelegate

from mlabs_ext.service.web.passed_on import PassedOn


class AwaitedBody(PassedOn):
    """Counts a request as open while its body comes, so that a stop of the service waits for it."""

    def __init__(self, inner: HTTPMessageDelegate, service: Any):
        super().__init__(inner)
        self.service = service
        service.begin()

    def finish(self) -> None:
        """Pass the end on: from here on the handler counts."""
        try:
            super().finish()
        finally:
            self.service.end()

    def on_connection_close(self) -> None:
        """Pass the loss of the client on."""
        try:
            super().on_connection_close()
        finally:
            self.service.end()
