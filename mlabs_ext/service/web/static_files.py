"""Serves the service's own styles, scripts and images, under addresses whose content never changes."""

from __future__ import annotations

import re
from pathlib import Path

from tornado.web import StaticFileHandler

from mlabs_ext.service.web.base import YEAR
from mlabs_ext.service.web.headers import WORKER_CSP

# Scripts of workers, and what those load by names that carry a hash.
WORKERS, HASHED = "build/workers/", re.compile(r"-[A-Z0-9]{8}\.\w+\Z")


class StaticFiles:
    """Knows the address of every file below `root`, with a hash of its content."""

    def __init__(self, root: Path, prefix: str):
        self.root, self.prefix = root, prefix
        self._addresses: dict[str, str] = {}

    def url(self, path: str) -> str:
        """The address of `path`, which is a name in our own templates."""
        if path not in self._addresses:
            file = self.root / path
            # What the UI build makes may be absent from a checkout; its pages still work.
            version = f"?v={StaticFileHandler.get_content_version(str(file))[:16]}" if file.is_file() else ""
            self._addresses[path] = f"{self.prefix}{path}{version}"
        return self._addresses[path]


class StaticHandler(StaticFileHandler):
    """One of those files."""

    def set_default_headers(self) -> None:
        """Keep browsers from guessing types."""
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")

    def set_extra_headers(self, path: str) -> None:
        """Let an address that carries a hash be kept forever; bind workers by a policy, as pages are."""
        if path.startswith(WORKERS):
            self.set_header("Content-Security-Policy", WORKER_CSP)
        if HASHED.search(path) or self.get_query_argument("v", None):
            self.set_header("Cache-Control", f"public, max-age={YEAR}, immutable")
