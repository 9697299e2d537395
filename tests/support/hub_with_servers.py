"""The part of JupyterHub's API by which servers are stopped: as slow and as broken as a test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Hub:
    """`running` holds `user/server`, `stops` what was asked; after `hold` nothing ends before `let_go`."""

    def __init__(self) -> None:
        self.running: set[str] = set()
        self.stops: list[str] = []
        self.broken = False
        self._going = threading.Event()
        self._going.set()
        self.url = ""

    def hold(self) -> None:
        self._going.clear()

    def let_go(self) -> None:
        self._going.set()

    def answer(self, method: str, server: str) -> tuple[int, bytes]:
        if self.broken:
            return 500, b"{}"
        if method == "DELETE":
            self.stops.append(server)
        if server in self.stops and self._going.is_set():
            self.running.discard(server)
        if server not in self.running:
            return (204, b"") if method == "DELETE" else (404, b"{}")
        state = {"stopped": False, "started": "2026-11-21T12:00:00Z", "ready": True}
        return (202, b"") if method == "DELETE" else (200, json.dumps(state).encode())


@contextmanager
def hub_with_servers() -> Iterator[Hub]:
    """Such a hub, at `url`."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            _, user, _, server = self.path.removeprefix("/hub/api/").split("/")
            status, body = hub.answer(self.command, f"{user}/{server}")
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_DELETE = respond

        def log_message(self, *args: object) -> None:
            """Nothing: the test's own output is enough."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hub.url = f"http://127.0.0.1:{server.server_port}/hub/api"
    yield hub
    hub.let_go()
    server.shutdown()
    server.server_close()
