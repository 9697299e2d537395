"""What an export is read from: the service's own pages and API, as anybody sees them."""

from __future__ import annotations

import asyncio
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

import mlabs_ext
from mlabs_ext.errors import MLabsError, NotFound, Unavailable, Unusable
from mlabs_ext.remote.site import SERVICE, TIMEOUT, told

T = TypeVar("T")
PIECE = 1 << 20
Write = Callable[[bytes], Any]


class Answer(Struct):
    """A response, less its body; the names of headers are in lower case."""

    status: int
    headers: dict[str, str]


class Source(Protocol):
    """An MLabs that answers. `base` is BASE as its pages write it, `origin` as readers reach it, or empty."""

    base: str
    origin: str

    async def ask(self, address: str, write: Write) -> Answer:
        """GET an address below BASE as nobody in particular; the body goes to `write` in pieces."""


class Elsewhere:
    """An MLabs that is reached over HTTP, at the address of its hub."""

    def __init__(self, url: str):
        self.base = self.origin = f"{url}{SERVICE}/"

    async def ask(self, address: str, write: Write) -> Answer:
        """GET."""
        return await asyncio.to_thread(self._ask, address, write)

    def _ask(self, address: str, write: Write) -> Answer:
        request = urllib.request.Request(f"{self.base}{address}", headers={"Accept": "*/*"})  # noqa: S310 - http or https
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - the same
                while piece := answer.read(PIECE):
                    write(piece)
                return _head(answer.status, answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                write(error.read())
                return _head(error.code, error.headers)
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"{self.base} does not answer: {error}") from error


class Health(Struct):
    """What a service says of itself."""

    version: str


class Page(Struct):
    """A page of any list."""

    items: list[msgspec.Raw]
    next: str | None = None


class Reader:
    """Reads a source; what it has against a request is raised as it says it."""

    def __init__(self, source: Source):
        self.source = source

    async def check(self) -> None:
        """Raise Unusable where that MLabs is of another version, whose pages may be others."""
        version = (await self.get("healthz", Health)).version
        if version != mlabs_ext.__version__:
            reason = (
                f"That MLabs has version {version}: use its own command, this has {mlabs_ext.__version__}."
            )
            raise Unusable(reason, "version_differs")

    async def body(self, address: str) -> tuple[bytes, Answer]:
        """What is at an address."""
        pieces: list[bytes] = []
        answer = await self.source.ask(address, lambda piece: pieces.append(bytes(piece)))
        body = b"".join(pieces)
        if answer.status != 200:
            raise failure(answer.status, body, address)
        return body, answer

    async def copy(self, address: str, out: Any) -> None:
        """Write what is at an address to a file that is open."""
        before = out.tell()
        answer = await self.source.ask(address, out.write)
        if answer.status != 200:
            raise failure(answer.status, b"", address)
        if out.tell() - before != int(answer.headers["content-length"]):
            raise Unavailable(f"{address} did not come whole; start the export again.", "file_incomplete")

    async def get(self, address: str, shape: type[T]) -> T:
        """An answer of the API."""
        body, _ = await self.body(address)
        return msgspec.json.decode(body, type=shape)

    async def list(self, address: str, shape: type[T], **query: str) -> list[T]:
        """All of a list of the API, page after page."""
        found: list[T] = []
        cursor: str | None = None
        while True:
            asked = query | {"limit": "100"} | ({"cursor": cursor} if cursor else {})
            page = await self.get(f"{address}?{urlencode(asked)}", Page)
            found += (msgspec.json.decode(item, type=shape) for item in page.items)
            if (cursor := page.next) is None:
                return found


def failure(status: int, body: bytes, address: str) -> MLabsError:
    """The error of an answer."""
    if status == NotFound.status and not body.startswith(b"{"):
        return NotFound(f"There is nothing at {address}.")
    return told(status, body, address)


def _head(status: int, headers: Any) -> Answer:
    return Answer(status, {name.lower(): value for name, value in headers.items()})
