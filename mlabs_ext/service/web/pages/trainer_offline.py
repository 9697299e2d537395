"""The trainer without a network: a script that keeps its page and its files, and where workers come from."""

from __future__ import annotations

import hashlib
import json
import re
from html import unescape
from pathlib import Path

import mlabs_ext.service
from mlabs_ext.errors import NotFound
from mlabs_ext.service.web.headers import OFFLINE_CSP
from mlabs_ext.service.web.pages.base import shared
from mlabs_ext.service.web.pages.trainer import TrainerPage
from mlabs_ext.service.web.static_files import HASHED, WORKERS, StaticHandler

BUILT = Path(mlabs_ext.service.__file__).parent / "static" / "build"
SCRIPT = BUILT / "offline.js"


class WorkerFile(StaticHandler):
    """`BASE/trainer/workers/{file}`: a service worker of the trainer sees only what lies below it."""

    def set_extra_headers(self, path: str) -> None:
        """As below `static/`."""
        super().set_extra_headers(f"{WORKERS}{path}")


class OfflineScript(TrainerPage):
    """`BASE/trainer/offline.js`: another script as soon as anything that it keeps is another."""

    # What it keeps is the same for everybody.
    reads_cookies = False

    async def get(self) -> None:
        """Send it, with the list of what it keeps in front."""
        if not SCRIPT.is_file():
            raise NotFound("This MLabs has no UI: run python ui/build.py.", "ui_absent")
        shown = await self.shown()
        page = self.rendered("trainer.html", "", b"", shared(self) | shown)
        data = [f"{self.app.base_url}{sample.address}" for sample in shown["samples"]]
        script, files = SCRIPT.read_text(), [*self.files(page), *data]
        version = hashlib.sha256("\n".join([page, script, *files]).encode()).hexdigest()[:16]
        kept = json.dumps({"version": version, "page": f"{self.app.base_url}trainer", "files": files})
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Content-Security-Policy", OFFLINE_CSP)
        self.set_header("Cache-Control", "no-cache")
        self.set_header("Service-Worker-Allowed", f"{self.app.base_url}trainer")
        self.finish(f"const kept = {kept};\n{script}")

    def files(self, page: str) -> list[str]:
        """All that the page names, and what its workers load by names that carry a hash."""
        base = self.app.base_url
        named = re.findall(rf'"({re.escape(base)}(?:static|trainer/workers)/[^"]+)"', page)
        loaded = [f"{base}trainer/workers/{file.name}" for file in (BUILT / "workers").iterdir()]
        return sorted({*map(unescape, named), *filter(HASHED.search, loaded)})


ROUTES = [
    (r"trainer/offline\.js", OfflineScript),
    (r"trainer/workers/(.*)", WorkerFile, {"path": str(BUILT / "workers")}),
]
