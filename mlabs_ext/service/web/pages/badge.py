"""The badge that other sites show beside a link."""

from __future__ import annotations

from mlabs_ext.service.web.base import BaseHandler


class BadgeImage(BaseHandler):
    """`BASE/badge.svg`."""

    reads_cookies = False

    async def get(self) -> None:
        """Answer with the image, for any site, for a day."""
        self.set_header("Content-Type", "image/svg+xml")
        self.set_header("Cache-Control", "public, max-age=86400")
        self.set_header("Access-Control-Allow-Origin", "*")
        self.set_header("Cross-Origin-Resource-Policy", "cross-origin")
        self.finish(await self.run((self.app.static.root / "badge.svg").read_bytes))
