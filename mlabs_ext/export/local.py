"""The service over a data directory, in this very process: it answers nobody else, and can change nothing."""

from __future__ import annotations

import asyncio
import os
import secrets
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPServerRequest,
    RequestStartLine,
    ResponseStartLine,
)

from mlabs_ext.errors import Forbidden, NotFound, Unusable
from mlabs_ext.export.source import Answer, Write
from mlabs_ext.remote.site import SERVICE, hub_url
from mlabs_ext.service.app import MLabsService
from mlabs_ext.service.migrations import is_current
from mlabs_ext.up.data import DataDir

# Stands in pages for the address of a site that nobody has named.
NOWHERE = "http://mlabs.invalid"


class Reading(MLabsService):
    """The service, for nobody but this process. It starts nothing and signs nobody in.

    `site` is the hub's address as readers know it, in place of what the settings say.
    """

    site = ""

    def build(self) -> None:
        """Build everything, with a database that refuses to be written to."""
        if self.site:
            self.base_url = f"{urlsplit(self.site).path}{SERVICE}/"
            self.public_url = self.site
        self.render_url, self.render_ahead = "", False
        # The service itself may change what is read here.
        self.config.Answers.size = 0
        self.cookie_secret = secrets.token_bytes(32)
        self.config.HubOAuth.oauth_client_id = "service-mlabs"
        self.config.HubOAuth.access_scopes = {"access:services!service=mlabs"}
        super().build()
        self.store.only_read()

    async def stop(self) -> None:
        """Give back what was built; nothing was started."""
        await self.ahead.close()
        await self.renderer.close()
        self.hub.close()
        self.telling.outbound.close()
        self.pool.shutdown()
        self.store.close()


class Inside:
    """A source over `Reading`."""

    def __init__(self, service: Reading):
        self.service = service
        self.base = self.origin = service.public_url
        if not self.base:
            self.base, self.origin = f"{NOWHERE}{service.base_url}", ""

    async def ask(self, address: str, write: Write) -> Answer:
        """GET."""
        host, connection = urlsplit(self.base), Connection(write)
        connection.context = SimpleNamespace(remote_ip="127.0.0.1", protocol=host.scheme)
        request = HTTPServerRequest(
            start_line=RequestStartLine("GET", f"{self.service.base_url}{address}", "HTTP/1.1"),
            headers=HTTPHeaders({"Host": host.netloc, "Content-Length": "0"}),
            connection=connection,
        )
        self.service.web(request)
        return await connection.answer

    async def close(self) -> None:
        """Give everything back."""
        await self.service.stop()


class Connection(HTTPConnection):
    """Where a response is written to in place of a network."""

    context: Any

    def __init__(self, write: Write):
        self._write = write
        self._head: Answer | None = None
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def set_close_callback(self, callback: Any) -> None:
        """Nobody hangs up."""

    def write_headers(
        self, start_line: Any, headers: HTTPHeaders, chunk: bytes | None = None
    ) -> asyncio.Future[None]:
        """Begin the response."""
        assert isinstance(start_line, ResponseStartLine)
        self._head = Answer(start_line.code, {name.lower(): value for name, value in headers.items()})
        return self.write(chunk or b"")

    def write(self, chunk: bytes) -> asyncio.Future[None]:
        """Go on with its body."""
        if not self.answer.done():
            try:
                self._write(chunk)
            except OSError as error:
                self.answer.set_exception(error)
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def finish(self) -> None:
        """End it."""
        assert self._head
        if not self.answer.done():
            self.answer.set_result(self._head)


def opened(data: DataDir, site: str | None) -> Inside:
    """A source over a data directory, which must be of this version, and one's own."""
    if not data.path.is_dir():
        raise NotFound(f"{data.path} is no data directory: name one with --data.", "data_not_found")
    if data.path.stat().st_uid != os.geteuid():
        reason = f"{data.path} belongs to somebody else: export as the user that MLabs runs as."
        raise Forbidden(reason, "data_of_others")
    service = Reading(data_dir=str(data.path), config_file=data.settings(os.environ))
    service.site = hub_url(site) if site else ""
    service.initialize([])
    if not is_current(service.store.engine):
        reason = f"{data.path} is of another version of MLabs, or empty: start this MLabs on it once."
        raise Unusable(reason, "data_version")
    return Inside(service)
