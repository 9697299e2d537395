"""Serves assets as raw files: what front ends on other sites load."""

from __future__ import annotations

from mlabs_ext.service.assets import which_of
from mlabs_ext.service.web.api.assets import best_of
from mlabs_ext.service.web.files import FileHandler


class AssetFile(FileHandler):
    """`BASE/assets/{owner}/{lab}/{version|latest|run id|best}/{path}`."""

    async def get(self, owner: str, lab: str, which: str, path: str) -> None:
        """Send it."""
        rule, wanted = self.app.assets.find, which_of(which, *best_of(self))
        found, public = await self.public_first(rule, owner, lab, wanted, path)
        await self.send_file(found.asset, public, found.fixed)


ROUTES = [(r"assets/([^/]+)/([a-z0-9-]{1,60})/([0-9A-Za-z]{1,40})/(.+)", AssetFile)]
