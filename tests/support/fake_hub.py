"""The part of JupyterHub's API that starts and stops servers, by HTTP; it can be slow, away or refuse."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

TOKEN = "the-service's-own"


class FakeHub:
    """`servers` are by (user, name): "running", "stopping" or "stopped"; `asked` lists what was stopped.

    A server that was asked to stop ends at once, or where `slow` is set when `finish` is called. One that is
    asked for is there at once, unless `refusal` (a status and words) or `failure` (words) is set, or it is
    among the `silent`; `options` has what each was started with.
    """

    def __init__(self) -> None:
        self.servers: dict[tuple[str, str], str] = {}
        self.starts: dict[tuple[str, str], int] = {}
        self.asked: list[tuple[str, str]] = []
        self.calls: list[tuple[str, str]] = []
        self.slow = False
        self.refusal: tuple[int, str] | None = None
        self.failure: str | None = None
        self.options: dict[tuple[str, str], dict] = {}
        self.started: list[tuple[str, str]] = []
        self.status: int | None = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hub/api"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def run(self, user: str, name: str) -> None:
        self.servers[user, name] = "running"
        self.starts[user, name] = self.starts.get((user, name), 0) + 1

    def finish(self) -> None:
        self.servers = {
            key: "stopped" if state == "stopping" else state for key, state in self.servers.items()
        }

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(
        self, method: str, path: str, token: str | None, body: dict | None = None
    ) -> tuple[int, dict | None]:
        self.calls.append((method, path))
        if self.status:
            return self.status, {"status": self.status, "message": "as the test says"}
        if token != f"token {TOKEN}":
            return 403, {"status": 403, "message": "Forbidden"}
        _, user, _, name, *more = (unquote(part) for part in path.removeprefix("/hub/api/").split("/"))
        if more:
            return (
                (200, {"failed": True, "message": f"Spawn failed: {self.failure}"})
                if self.failure
                else (400, {})
            )
        if method == "POST":
            return self.start(user, name, body or {})
        state = self.servers.get((user, name))
        if state is None:
            return 404, {"status": 404, "message": "Not found"}
        if method == "DELETE":
            self.asked.append((user, name))
            self.servers[user, name] = state = "stopping" if self.slow else "stopped"
            if body and body.get("remove"):
                self.servers.pop((user, name))
            return (202 if state == "stopping" else 204), None
        started = f"2026-01-01T00:00:{self.starts[user, name]:02}Z"
        pending = "stop" if state == "stopping" else None
        model = {"name": name, "stopped": state == "stopped", "pending": pending, "started": started}
        return 200, model | {"ready": state == "running"}

    def start(self, user: str, name: str, body: dict) -> tuple[int, dict | None]:
        self.started.append((user, name))
        self.options[user, name] = body["user_options"]
        if self.refusal:
            return self.refusal[0], {"status": self.refusal[0], "message": self.refusal[1]}
        if self.failure is None:
            self.run(user, name)
        return 202, None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                said = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                token = self.headers.get("Authorization")
                status, body = hub.answer(self.command, self.path, token, json.loads(said) if said else None)
                data = b"" if body is None else json.dumps(body).encode()
                data = b"data: " + data if self.path.endswith("/progress") else data
                self.send_response(status)
                if status != 204:
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if status != 204:
                    self.wfile.write(data)

            do_DELETE = do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
