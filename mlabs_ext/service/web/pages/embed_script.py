"""The scripts that other sites include: that which makes frames, and those that load models."""

from __future__ import annotations

import gzip
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from mlabs_ext.errors import Unavailable
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.kept import packs

# Seconds for which browsers may keep it unasked: its address says nothing of its content.
FRESH = 3600


class Script(NamedTuple):
    """A script, the same compressed, and the beginning of its ETag."""

    plain: bytes
    packed: bytes
    digest: str


class EmbedScript(BaseHandler):
    """`BASE/embed.js`."""

    reads_cookies = False
    file = "host.js"

    async def get(self) -> None:
        """Answer with the script, for any site."""
        try:
            script = await self.run(script_of, self.app.static.root / "build" / self.file)
        except FileNotFoundError as error:
            raise Unavailable("This MLabs has no UI: run python ui/build.py.", "ui_absent") from error
        packed = packs(self.request)
        self.etag = f'"{script.digest}{"-gz" if packed else ""}"'
        self.set_header("Vary", "Accept-Encoding")
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Cache-Control", f"public, max-age={FRESH}")
        self.set_header("Access-Control-Allow-Origin", "*")
        self.set_header("Cross-Origin-Resource-Policy", "cross-origin")
        if packed:
            self.set_header("Content-Encoding", "gzip")
        self.finish(script.packed if packed else script.plain)


class LayersScript(EmbedScript):
    """`BASE/layers.js`: for pages with a model that has layers which TensorFlow.js lacks."""

    file = "layers.js"


class TensorFlowScript(EmbedScript):
    """`BASE/tf.js`: TensorFlow.js, for pages that load models and have no copy of their own."""

    file = "tf.js"


def script_of(path: Path) -> Script:
    """The script as it is now, compressed once."""
    return _script(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _script(path: Path, changed: int) -> Script:
    plain = path.read_bytes()
    return Script(plain, gzip.compress(plain, mtime=0), sha256(plain).hexdigest()[:32])
