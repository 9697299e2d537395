"""Stopping this very server, as its owner asks beside a notebook."""

from __future__ import annotations

from urllib.parse import quote

from mlabs_ext.errors import Unavailable
from mlabs_ext.lab.client import Client
from mlabs_ext.lab.limits import Limits


class Stopping:
    """Has the service ask the hub: a server that just ended would look as if it had crashed."""

    def __init__(self, client: Client, limits: Limits):
        self._client = client
        self._limits = limits

    async def stop(self) -> None:
        """Begin to stop. Unavailable where the service does not know this server, or does not answer."""
        if not self._limits.known.id:
            await self._limits.ask()
        if not (server := self._limits.known.id):
            what = "MLabs does not know this server. Stop it from your page, or from the hub's."
            raise Unavailable(what, "server_unknown")
        await self._client.request("DELETE", f"me/servers/{quote(server, safe='')}")
