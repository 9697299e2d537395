"""A web site of plain files on another origin, as any host of static pages is one."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar


class Files(http.server.SimpleHTTPRequestHandler):
    """The standard library's, which stays quiet."""

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class OpenFiles(Files):
    """Those that pages of all origins may read; `asked` is what they asked for."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Note it, and answer."""
        self.asked.append(self.path)
        super().do_GET()

    def end_headers(self) -> None:
        """Say so."""
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()


@contextmanager
def static_site(folder: Path, files: type[Files] = Files) -> Iterator[str]:
    """The address of the site."""
    with serving(functools.partial(files, directory=str(folder))) as url:
        yield url


@contextmanager
def serving(handler: Callable[..., http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a site, which is another one than 127.0.0.1."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
