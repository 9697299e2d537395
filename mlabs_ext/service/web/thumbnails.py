"""Serves thumbnails: small files that never change, under the rules of all raw files."""

from __future__ import annotations

from mlabs_ext.service.web.files import FileHandler


class ThumbnailFile(FileHandler):
    """`BASE/thumbnails/{owner}/{lab}/{version}.webp`."""

    async def get(self, owner: str, lab: str, number: str) -> None:
        """Send it."""
        picture, public = await self.public_first(self.app.thumbnails.find, owner, lab, int(number))
        await self.send_file(picture, public, fixed=True)


ROUTES = [(r"thumbnails/([^/]+)/([a-z0-9-]{1,60})/([1-9][0-9]{0,8})\.webp", ThumbnailFile)]
