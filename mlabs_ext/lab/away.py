"""A lab's files where they are kept, for a server on a machine that has none of them: by HTTP, with a lease.

Standard library only: it is loaded before anything else is.
"""

from __future__ import annotations

import json
import shutil
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import IO, Any
from urllib.parse import quote, unquote, urlsplit

TIMEOUT = 60.0
PIECE = 1 << 20

# Bytes, nanoseconds since 1970, permissions.
Stamp = list[int]


class Failed(Exception):
    """Files could not be fetched or sent; it may work later, unless `final`. `alone`: only this one."""

    def __init__(self, reason: str, final: bool = False, alone: bool = False):
        super().__init__(reason)
        self.final, self.alone = final, alone


class Changed(Exception):
    """A file that became shorter while it was sent: it is sent anew, soon."""


class Unread(Exception):
    """A file that this machine cannot read to its end."""


class Away:
    """The files where they are kept."""

    def __init__(self, url: str, token: str):
        parts = urlsplit(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self.connection = kind(parts.netloc, timeout=TIMEOUT)
        self.prefix, self.token = parts.path, token

    def index(self) -> dict[str, Stamp]:
        """All of them."""
        said = json.loads(self._ask("GET", "index").read())["files"]
        return {unquote(path, errors="surrogateescape"): stamp for path, stamp in said.items()}

    def get(self, path: str, into: IO[bytes]) -> None:
        """Fetch one."""
        answer = self._ask("GET", at(path))
        shutil.copyfileobj(answer, into, PIECE)

    def put(self, path: str, stamp: Stamp, known: Stamp | None, source: IO[bytes]) -> Stamp:
        """Send one; return its state there. What is there stays beside it, if it is not as it is `known`."""
        headers = {"X-MLabs-Stamp": said(stamp), "X-MLabs-Known": said(known)}
        headers["Content-Length"] = str(stamp[0])
        answer = self._ask("PUT", at(path), Exactly(source, stamp[0]), headers)
        there: Stamp = json.loads(answer.read())["stamp"]
        return there

    def remove(self, path: str, known: Stamp | None) -> None:
        """Remove one, if it is as it is `known`."""
        self._ask("DELETE", at(path), headers={"X-MLabs-Known": said(known)}).read()

    def _ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> HTTPResponse:
        asked = {"Authorization": f"token {self.token}", **(headers or {})}
        try:
            self.connection.request(method, self.prefix + path, body, asked)
            answer = self.connection.getresponse()
        except (OSError, HTTPException) as error:
            self.connection.close()
            raise Failed(f"{type(error).__name__}: {error}") from error
        except (Changed, Unread):
            self.connection.close()
            raise
        if answer.status >= 300:
            words = answer.read(10_000).decode(errors="replace")
            self.connection.close()
            final = answer.status == 403 or (method == "GET" and answer.status == 413)
            raise Failed(f"{answer.status} {words}", final, alone=answer.status in (400, 404, 409, 413))
        return answer


class Exactly:
    """So many bytes of a file that may be growing; one that has become shorter has changed.

    What goes wrong with the file is told from what does with the connection.
    """

    def __init__(self, file: IO[bytes], left: int):
        self.file, self.left = file, left

    def read(self, size: int = PIECE) -> bytes:
        """The next piece."""
        try:
            piece = self.file.read(min(PIECE, self.left))
        except OSError as error:
            raise Unread(str(error)) from error
        if self.left and not piece:
            raise Changed
        self.left -= len(piece)
        return piece


def said(stamp: Stamp | None) -> str:
    """A state as a header."""
    return " ".join(map(str, stamp)) if stamp else ""


def at(path: str) -> str:
    """Where a file is."""
    return f"files/{quote(path, errors='surrogateescape')}"
