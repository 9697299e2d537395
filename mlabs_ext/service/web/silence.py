"""Ends requests whose sender is gone without a word, as one whose network changed: nothing else tells."""

from __future__ import annotations

from tornado.ioloop import IOLoop
from tornado.web import RequestHandler

from mlabs_ext.service.web.requested import network_of

# A sender that only was slow loses nothing: it goes on by another request.
SECONDS = 30.0


class Silence:
    """Waits for the next piece of a body, while that is what is waited for."""

    def __init__(self, handler: RequestHandler):
        self._handler = handler
        self._timer: object | None = None
        self._over = False

    def begins(self) -> None:
        """All that came is dealt with: the next piece is the sender's to send."""
        self.ends()
        if not self._over:
            self._timer = IOLoop.current().call_later(SECONDS, self._leave)

    def ends(self) -> None:
        """Something came."""
        if self._timer is not None:
            IOLoop.current().remove_timeout(self._timer)
            self._timer = None

    def close(self) -> None:
        """The request is over: what still comes of it is waited for no more."""
        self._over = True
        self.ends()

    def _leave(self) -> None:
        self._timer = None
        network_of(self._handler.request).stream.close()
