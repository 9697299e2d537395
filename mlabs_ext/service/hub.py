"""What the service asks of JupyterHub in its own name: that a server be started, or stopped."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any
from urllib.parse import quote

import msgspec
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPResponse
from traitlets import Float, Unicode, default
from traitlets.config import LoggingConfigurable

from mlabs_ext import request_ids
from mlabs_ext.errors import TooMany, Unavailable, Unusable

# The hub waits for a stop for ten seconds before it answers.
ANSWER = 60
READY = 5
AT_ONCE = 20
NEEDS = "start:servers, delete:servers, read:servers"
# Seconds until a start is tried again where the hub does not say.
LATER = 10.0
STARTED_ALREADY = "already running"
SCOPES = "current scopes"
# What the hub puts before the reason of a start that failed.
FAILED = "Spawn failed: "


class State(msgspec.Struct):
    """What the hub says of a server; `started` tells one start from the next."""

    stopped: bool
    started: str | None = None
    pending: str | None = None
    ready: bool = False

    @property
    def gone(self) -> bool:
        """Whether nothing of it runs or begins to."""
        return self.stopped and not self.pending


class Told(msgspec.Struct):
    """An error of the hub's."""

    message: str = ""


class Progress(msgspec.Struct):
    """An event of a start."""

    message: str = ""
    failed: bool = False


class HubClient(LoggingConfigurable):
    """JupyterHub's API with the service's own token, whose role needs the scopes `NEEDS`."""

    api_url = Unicode(help="JupyterHub's API, by default as the hub says in JUPYTERHUB_API_URL.")
    token = Unicode(help="The service's token, by default as the hub says in JUPYTERHUB_API_TOKEN.")

    patience = Float(
        300,
        help="""For how many seconds a server that was asked to stop is waited for.

        Default: 300. Example:

            c.HubClient.patience = 600
        """,
    ).tag(config=True)

    @default("api_url")
    def _api_url(self) -> str:
        return os.environ.get("JUPYTERHUB_API_URL", "")

    @default("token")
    def _token(self) -> str:
        return os.environ.get("JUPYTERHUB_API_TOKEN", "")

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._client: AsyncHTTPClient | None = None

    async def start(self, user: str, server: str, options: dict[str, str]) -> None:
        """Have a server started, or go on starting; it may fail later.

        Raises TooMany where there is no place now, Unusable where it will not be, in the hub's words, and
        Unavailable (`hub_says`, with its words) where that may change, or where the hub does not answer.
        """
        # Of the lab's name alone: the hub refuses what user names may hold.
        shown = f"Batch run of {options.get('lab', server).rpartition('/')[2]}"
        body = msgspec.json.encode({"display_name": shown, "user_options": options})
        response = await self._fetch("POST", _path(user, server), body)
        if response.code not in (201, 202):
            _refused(response)

    async def why(self, user: str, server: str) -> str | None:
        """Why the last start of a server failed; None where the hub does not know of one that did."""
        response = await self._fetch("GET", f"{_path(user, server)}/progress")
        last = response.body.decode(errors="replace").rpartition("data: ")[2] if response.code == 200 else ""
        try:
            event = msgspec.json.decode(last.strip() or "{}", type=Progress)
        except msgspec.MsgspecError:
            return None
        return event.message.removeprefix(FAILED) if event.failed else None

    async def remove(self, user: str, server: str) -> None:
        """Stop a server and have the hub forget it; raises as `stop` does."""
        await self.stop(user, server)
        await self._ask("DELETE", _path(user, server), b'{"remove": true}')

    async def state(self, user: str, server: str) -> State | None:
        """What the hub says of a server; None where it knows none."""
        return await self._state(_path(user, server))

    async def stop(self, user: str, server: str) -> None:
        """Stop a server and return once it is gone; at once where it is not there.

        Raises Unavailable where the hub does not answer, refuses, or the server does not end in time.
        """
        path = _path(user, server)
        before = await self._state(path)
        if before is None or before.gone:
            return
        await self._ask("DELETE", path)
        end, pause = time.monotonic() + self.patience, 0.1
        while await self._same(path, before):
            if time.monotonic() > end:
                raise Unavailable(f"The server {server!r} of {user!r} does not stop.", "server_stuck")
            await asyncio.sleep(pause)
            pause = min(2, pause * 1.5)

    async def _same(self, path: str, before: State) -> bool:
        """Whether the server is still there, and not another that was started in its place."""
        state = await self._state(path)
        return state is not None and not state.gone and state.started == before.started

    async def _state(self, path: str) -> State | None:
        response = await self._ask("GET", path)
        return None if response.code == 404 else msgspec.json.decode(response.body, type=State)

    async def _ask(self, method: str, path: str, body: bytes | None = None) -> HTTPResponse:
        response = await self._fetch(method, path, body)
        if response.code == 403:
            raise _forbidden()
        if response.code >= 400 and response.code != 404:
            raise _away()
        return response

    async def _fetch(
        self, method: str, path: str, body: bytes | None = None, patience: float = ANSWER
    ) -> HTTPResponse:
        # One of its own: the shared one is for asking who people are, which must not wait for slow stops.
        self._client = self._client or AsyncHTTPClient(force_instance=True, max_clients=AT_ONCE)
        try:
            return await self._client.fetch(
                f"{self.api_url}/{path}",
                method=method,
                body=body,
                allow_nonstandard_methods=True,
                headers={"Authorization": f"token {self.token}", **request_ids.headers()},
                connect_timeout=patience,
                request_timeout=patience,
                follow_redirects=False,
                raise_error=False,
            )
        except (OSError, HTTPClientError, ValueError) as error:
            raise _away() from error

    async def check(self) -> None:
        """Raise Unavailable unless the hub's API answers."""
        response = await self._fetch("GET", "", patience=READY)
        if response.code >= 400:
            raise _away()

    def close(self) -> None:
        """Drop the connections."""
        if self._client:
            self._client.close()


def _path(user: str, server: str) -> str:
    return f"users/{quote(user, safe='')}/servers/{quote(server, safe='')}"


def _refused(response: HTTPResponse) -> None:
    """Raise what an answer says that is not a good one; that the server is there already is good."""
    words = _words(response)
    if response.code == 429:
        after = response.headers.get("Retry-After", "")
        seconds = float(after) if after.isdecimal() else LATER
        raise TooMany(words or "No place is free.", "no_place", {"retry_after": seconds})
    if response.code == 403 and (not words or SCOPES in words):
        raise _forbidden()
    if response.code < 500 and words and STARTED_ALREADY not in words:
        raise Unusable(words, "start_refused")
    if response.code >= 500 or not words:
        raise Unavailable(words, "hub_says") if words else _away()


def _words(response: HTTPResponse) -> str:
    """What the hub itself says against a request; nothing where it is something before it that answers."""
    try:
        return msgspec.json.decode(response.body, type=Told).message
    except msgspec.MsgspecError:
        return ""


def _forbidden() -> Unavailable:
    return Unavailable(f"JupyterHub lets MLabs start and stop no servers: it needs {NEEDS}.", "hub_refuses")


def _away() -> Unavailable:
    return Unavailable("JupyterHub does not answer; try again in a moment.", "hub_unavailable")
