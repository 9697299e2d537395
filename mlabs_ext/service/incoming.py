"""Takes what an address answers with, piece by piece, and no more of it than is wanted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from tornado.httputil import HTTPHeaders, HTTPInputError

from mlabs_ext.errors import MLabsError, TooLarge
from mlabs_ext.service.sizes import spoken


class Fetched(NamedTuple):
    """What came: from where in the end, with which status and media type (in lower case), and its bytes."""

    url: str
    status: int
    media: str
    body: bytes


class Taken:
    """What has come of an answer; `refusal` is why the rest of it was not read.

    With `keep` the body's pieces go there, each once the one before is kept, and none of it stays here.
    """

    def __init__(
        self,
        limit: int,
        wanted: Callable[[str], None],
        keep: Callable[[bytes], Awaitable[None]] | None = None,
    ):
        self.limit, self.wanted, self.keep = limit, wanted, keep
        self.body = bytearray()
        self.size = 0
        self.refusal: MLabsError | None = None
        self._status = ""
        self._headers = HTTPHeaders()

    def head(self, line: str) -> None:
        """Take a line of the head, and look at it at its end."""
        if line.startswith("HTTP/"):
            # The last one counts: hints may come before the answer.
            self._status, self._headers = line, HTTPHeaders()
        elif line.strip():
            self._headers.parse_line(line)
        elif self._is_it():
            self._look()

    def _is_it(self) -> bool:
        """Whether this is the file itself, and no redirect or error."""
        return self._status.split(" ")[1] == "200"

    def _look(self) -> None:
        announced = self._headers.get("Content-Length", "")
        try:
            self.wanted(media_of(self._headers))
        except MLabsError as error:
            self._refuse(error)
        if announced.isdigit() and int(announced[:18]) > self.limit:
            self._refuse(too_large(self.limit))

    def piece(self, data: bytes) -> Awaitable[None] | None:
        """Take a piece of the body."""
        self.size += len(data)
        if self.size > self.limit:
            self._refuse(too_large(self.limit))
        if self.keep is not None:
            return self.keep(data) if self._is_it() else None
        self.body += data
        return None

    def _refuse(self, error: MLabsError) -> None:
        """Close the connection: of all errors this one does so without an entry in the log."""
        self.refusal = error
        raise HTTPInputError(error.message)


def too_large(limit: int) -> TooLarge:
    """The error for a file over the limit."""
    return TooLarge(f"The file there is larger than {spoken(limit)}, which is the limit here.")


def media_of(headers: HTTPHeaders) -> str:
    """The media type, without its parameters."""
    return headers.get("Content-Type", "").partition(";")[0].strip().lower()
