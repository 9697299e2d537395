"""The scripts that other sites include: that which makes frames, and the layers that models may need."""

from __future__ import annotations

from hashlib import sha256

from mlabs_ext.errors import Unavailable
from mlabs_ext.service.web.base import BaseHandler

# Seconds for which browsers may keep it unasked: its address says nothing of its content.
FRESH = 3600


class EmbedScript(BaseHandler):
    """`BASE/embed.js`."""

    reads_cookies = False
    file = "host.js"

    async def get(self) -> None:
        """Answer with the script, for any site."""
        try:
            script = await self.run((self.app.static.root / "build" / self.file).read_bytes)
        except FileNotFoundError as error:
            raise Unavailable("This MLabs has no UI: run python ui/build.py.", "ui_absent") from error
        self.etag = f'"{sha256(script).hexdigest()[:32]}"'
        self.clear_header("Vary")
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Cache-Control", f"public, max-age={FRESH}")
        self.set_header("Access-Control-Allow-Origin", "*")
        self.set_header("Cross-Origin-Resource-Policy", "cross-origin")
        self.finish(script)


class LayersScript(EmbedScript):
    """`BASE/layers.js`: for pages with a model that has layers which TensorFlow.js lacks."""

    file = "layers.js"
