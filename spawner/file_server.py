"""Gives servers on lent machines the files of their labs, and takes what they change: nothing else of a home.

JupyterHub starts it as a service. Who has a lease's token may do with the files that it names what the lab's
own server could; every request is looked up anew, so a lease that ended a moment ago is worth nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import msgspec
from tornado.http1connection import HTTP1Connection
from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.web import Application, HTTPError, RequestHandler, stream_request_body

from mlabs_spawner.beneath import Beneath, Outside, Stamp
from mlabs_spawner.homes import OWNER
from mlabs_spawner.leases import Lease, Leases, default_directory

PIECE = 1 << 20
# Of who has a lease, a body is read to its end, so that the answer is.
DRAIN = 1 << 40
SMALL = 1 << 20
WORDS: dict[int, tuple[str, str]] = {
    HTTPStatus.FORBIDDEN: (
        "lease_over",
        "This server may not have these files: its lab was stopped.",
    ),
    HTTPStatus.NOT_FOUND: ("file_not_found", "There is no such file."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "lab_too_large",
        "The lab's files are larger than what travels to lent machines: see c.SwarmLent.community_files.",
    ),
    HTTPStatus.INSUFFICIENT_STORAGE: ("disk_full", "There is no room for this file where homes are kept."),
}


class Handler(RequestHandler):
    """What all have in common: the lease, and errors in the one shape."""

    def initialize(self, leases: Leases) -> None:
        """Take what holds for all."""
        self.leases = leases

    def prepare(self) -> None:
        """Find the lease."""
        kind, _, token = self.request.headers.get("Authorization", "").partition(" ")
        lease = self.leases.find(token) if kind == "token" else None
        if lease is None:
            raise HTTPError(HTTPStatus.FORBIDDEN)
        self.lease: Lease = lease
        self.files = Beneath(lease.home, OWNER)

    def check_xsrf_cookie(self) -> None:
        """Nothing here believes a cookie."""

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """What the disk says, as an answer."""
        try:
            yield
        except (FileNotFoundError, Outside) as error:
            raise HTTPError(HTTPStatus.NOT_FOUND) from error
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise HTTPError(HTTPStatus.INSUFFICIENT_STORAGE) from error
            raise HTTPError(HTTPStatus.CONFLICT, str(error.strerror)) from error

    def leased(self, path: str) -> str:
        """The path, where the lease has it; raise HTTPError."""
        path = unquote(path, errors="surrogateescape")
        if not any(path == one or path.startswith(f"{one}/") for one in self.lease.folders):
            raise HTTPError(HTTPStatus.NOT_FOUND)
        return path

    def stamp(self, header: str) -> Stamp | None:
        """What a header says of a state of a file."""
        said = self.request.headers.get(header, "")
        try:
            return Stamp(*map(int, said.split())) if said else None
        except (TypeError, ValueError) as error:
            raise HTTPError(HTTPStatus.BAD_REQUEST, f"{header} is no state of a file") from error

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """The one shape of errors."""
        code, message = WORDS.get(status_code, ("request_failed", self._reason))
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, HTTPError) and error.log_message:
            message = error.log_message
        self.finish({"error": {"status": status_code, "code": code, "message": message}})


class Index(Handler):
    """All files of the lease."""

    async def get(self) -> None:
        """Say which there are, and in which state."""
        found = await asyncio.to_thread(self.files.every, self.lease.folders)
        if sum(stamp.size for stamp in found.values()) > self.lease.most:
            raise HTTPError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        # Names of files are bytes, and need be no text.
        said = {
            quote(path, errors="surrogateescape"): [one.size, one.modified, one.mode]
            for path, one in found.items()
        }
        self.set_header("Content-Type", "application/json")
        self.finish(msgspec.json.encode({"files": said}))


@stream_request_body
class File(Handler):
    """One file."""

    def prepare(self) -> None:
        """Find the lease; a file may be as large as all of them."""
        self.writing = contextlib.ExitStack()
        self.target: int | None = None
        self.refusal: HTTPError | None = None
        try:
            super().prepare()
            self.path = self.leased(self.path_args[0])
            assert isinstance(self.request.connection, HTTP1Connection)
            self.request.connection.set_max_body_size(DRAIN)
            if self.request.method == "PUT":
                self.begin()
        except HTTPError as error:
            self.refuse(error)

    def refuse(self, error: HTTPError) -> None:
        """Answer with this, but only once all has come: else its sender never reads it."""
        self.refusal = error
        self.give_up()

    def admitted(self) -> None:
        """Raise what it is refused for, or that its lease has ended meanwhile."""
        if self.refusal:
            raise self.refusal
        super().prepare()

    def begin(self) -> None:
        """Have a place for what comes."""
        stamp = self.stamp("X-MLabs-Stamp")
        if stamp is None:
            raise HTTPError(HTTPStatus.BAD_REQUEST, "X-MLabs-Stamp is missing")
        if int(self.request.headers.get("Content-Length") or 0) > self.lease.most:
            raise HTTPError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        with self.told():
            made = self.files.writing(self.path, stamp, self.stamp("X-MLabs-Known"))
            self.target = self.writing.enter_context(made)

    async def data_received(self, chunk: bytes) -> None:
        """Keep a piece."""
        if self.target is None or self.refusal:
            return
        try:
            with self.told():
                await asyncio.to_thread(write_all, self.target, chunk)
        except HTTPError as error:
            self.refuse(error)

    async def put(self, _: str) -> None:
        """All has come: it takes the place of what was there."""
        self.admitted()
        with self.told():
            await asyncio.to_thread(self.writing.close)
            now = await asyncio.to_thread(self.files.stamp, self.path)
        self.finish({"stamp": [now.size, now.modified, now.mode]})

    async def get(self, _: str) -> None:
        """Give it, in pieces."""
        self.admitted()
        with self.told(), self.files.reading(self.path) as file:
            self.set_header("Content-Type", "application/octet-stream")
            with contextlib.suppress(StreamClosedError):
                while piece := await asyncio.to_thread(os.read, file, PIECE):
                    self.write(piece)
                    await self.flush()

    async def delete(self, _: str) -> None:
        """Remove it, where it is as its server knows it."""
        self.admitted()
        with self.told():
            await asyncio.to_thread(self.files.remove, self.path, self.stamp("X-MLabs-Known"))
        self.set_status(HTTPStatus.NO_CONTENT)

    def give_up(self) -> None:
        """What came half leaves nothing."""
        with contextlib.suppress(Abandoned):
            self.writing.__exit__(Abandoned, Abandoned(), None)

    def on_finish(self) -> None:
        """After an answer of any kind."""
        self.give_up()

    def on_connection_close(self) -> None:
        """Who sent it is gone."""
        self.give_up()


class Abandoned(Exception):
    """A file that did not come to its end."""


def write_all(file: int, data: bytes) -> None:
    """Write all of it."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def application(leases: Leases, prefix: str) -> Application:
    """All that is served, below `prefix`."""
    own = {"leases": leases}
    return Application([(f"{prefix}index", Index, own), (f"{prefix}files/(.+)", File, own)])


async def serve(url: str, prefix: str, directory: Path) -> None:
    """Listen until told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = HTTPServer(application(Leases(directory), prefix), chunk_size=PIECE, max_body_size=SMALL)
    parts = urlsplit(url)
    server.listen(parts.port or 80, parts.hostname or "127.0.0.1")
    await stop.wait()
    server.stop()
    await server.close_all_connections()


def main() -> int:
    """The exit status."""
    url, prefix = (os.environ[f"JUPYTERHUB_SERVICE_{name}"] for name in ("URL", "PREFIX"))
    asyncio.run(serve(url, prefix, default_directory()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
