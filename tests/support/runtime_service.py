"""A stand-in for the MLabs service: only what the hub asks it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "test-token-of-the-spawner"


class StandIn:
    def __init__(self):
        # What is answered for each lab: a status and a body.
        self.labs = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/services/mlabs/"

    def set(self, lab, environment, accelerator="none"):
        runtime = {"environment": environment, "accelerator": accelerator, "version": 1, "path": "x.ipynb"}
        self.labs[lab] = (200, json.dumps(runtime))

    def answer(self, path, token):
        parts = path.removeprefix("/services/mlabs/api/v1/labs/").split("/")
        if token != f"token {TOKEN}":
            return 403, "{}"
        if len(parts) != 3 or parts[2] != "runtime":
            return 404, "{}"
        return self.labs.get("/".join(parts[:2]), (404, "{}"))

    def handler(stand_in):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                status, body = stand_in.answer(self.path, self.headers.get("Authorization"))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *arguments):
                pass

        return Handler

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()
