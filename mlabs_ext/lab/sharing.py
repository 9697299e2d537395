"""With whom the lab of a notebook is shared, as this server's owner sees it and changes it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec

from mlabs_ext.errors import Forbidden
from mlabs_ext.lab.client import Client, lab_path
from mlabs_ext.lab.labs import Labs
from mlabs_ext.wire import LinkCreate, Share, ShareChange, ShareLink


class Listed(msgspec.Struct):
    """All shares of a lab, as the service lists them."""

    items: list[Share]


class Sharing:
    """Asks the service, and changes there; only the owner of a lab shares it."""

    def __init__(self, client: Client, labs: Labs):
        self._client = client
        self._labs = labs

    async def list(self, path: str) -> list[Share]:
        """With whom the notebook's lab is shared, the oldest first.

        NotFound `not_a_lab` where it has none, Forbidden `not_the_owner` where that is somebody else's.
        """
        return (await self._client.get(await self._shares(path), Listed)).items

    async def set(self, path: str, who: str, fields: ShareChange) -> Share:
        """Let a person or a group see the lab, or edit it."""
        at = await self._shares(path, who)
        return await self._client.send("PUT", at, fields, Share)

    async def remove(self, path: str, who: str, kind: str) -> None:
        """End the share with a person or a group."""
        await self._client.request("DELETE", await self._shares(path, who), query={"kind": kind})

    async def make_link(self, path: str, fields: LinkCreate) -> ShareLink:
        """A new secret link. It is not made twice: its secret is told once."""
        return await self._client.send("POST", await self._shares(path, "links"), fields, ShareLink)

    async def revoke(self, path: str, link: str) -> None:
        """End a link, for all who have it and all who came by it."""
        await self._client.request("DELETE", await self._shares(path, "links", link))

    async def _shares(self, path: str, *rest: Any) -> str:
        """The address of the shares of the notebook's lab, or of one of them."""
        lab = await self._labs.of(path)
        if lab.access is not msgspec.UNSET:
            said = f"This lab is {lab.owner}'s: ask {lab.owner} to share it with others."
            raise Forbidden(said, "not_the_owner")
        return lab_path(lab.owner, lab.name, "shares", *(quote(part, safe="") for part in rest))
