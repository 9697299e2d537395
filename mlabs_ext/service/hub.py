"""What the service asks of JupyterHub in its own name: that a server be stopped."""

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

from mlabs_ext.errors import Unavailable

# The hub waits for a stop for ten seconds before it answers.
ANSWER = 60
AT_ONCE = 20
NEEDS = "delete:servers, read:servers"


class State(msgspec.Struct):
    """What the hub says of a server; `started` tells one start from the next."""

    stopped: bool
    started: str | None = None


class HubClient(LoggingConfigurable):
    """JupyterHub's API with the service's own token, whose role needs `delete:servers` and `read:servers`."""

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

    async def stop(self, user: str, server: str) -> None:
        """Stop a server and return once it is gone; at once where it is not there.

        Raises Unavailable where the hub does not answer, refuses, or the server does not end in time.
        """
        path = f"users/{quote(user, safe='')}/servers/{quote(server, safe='')}"
        before = await self._state(path)
        if before is None or before.stopped:
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
        return state is not None and not state.stopped and state.started == before.started

    async def _state(self, path: str) -> State | None:
        response = await self._ask("GET", path)
        return None if response.code == 404 else msgspec.json.decode(response.body, type=State)

    async def _ask(self, method: str, path: str) -> HTTPResponse:
        # One of its own: the shared one is for asking who people are, which must not wait for slow stops.
        self._client = self._client or AsyncHTTPClient(force_instance=True, max_clients=AT_ONCE)
        try:
            response = await self._client.fetch(
                f"{self.api_url}/{path}",
                method=method,
                headers={"Authorization": f"token {self.token}"},
                connect_timeout=ANSWER,
                request_timeout=ANSWER,
                follow_redirects=False,
                raise_error=False,
            )
        except (OSError, HTTPClientError, ValueError) as error:
            raise _away() from error
        if response.code == 403:
            raise Unavailable(f"JupyterHub lets MLabs stop no servers: it needs {NEEDS}.", "hub_refuses")
        if response.code >= 400 and response.code != 404:
            raise _away()
        return response

    def close(self) -> None:
        """Drop the connections."""
        if self._client:
            self._client.close()


def _away() -> Unavailable:
    return Unavailable("JupyterHub does not answer; try again in a moment.", "hub_unavailable")
