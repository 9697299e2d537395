"""A stand-in for the MLabs service: only what the hub asks it, and tells it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "test-token-of-the-spawner"
API = "/services/mlabs/api/v1/"
NOTHING = json.dumps({"error": {"status": 404, "code": "not_found", "message": "There is nothing here."}})


class StandIn:
    def __init__(self):
        # What is answered for each lab: a status and a body.
        self.labs = {}
        # What is answered for each batch run that waits for its server.
        self.runs = {}
        # What is answered to a request for a place: a status, a body and headers; by default there is one.
        self.refusal = None
        # What a grant says beside the id.
        self.limits = {}
        # What the hub told of each server.
        self.servers = {}
        self.alive = []
        self.status = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/services/mlabs/"

    def set(self, lab, environment, accelerator="none", image=None):
        runtime = {"environment": environment, "accelerator": accelerator, "image": image}
        self.labs[lab] = (
            200,
            json.dumps({**runtime, "title": f"Title of {lab}", "version": 1, "path": "x.ipynb"}),
        )

    def answer(self, method, path, token, body):
        if token != f"token {TOKEN}":
            return 403, "{}", {}
        match method, *path.removeprefix(API).split("/"):
            case "GET", "labs", owner, name, "runtime":
                return *self.labs.get(f"{owner}/{name}", (404, NOTHING)), {}
            case "GET", "runs", run, "runtime" if run in self.runs:
                return 200, json.dumps(self.runs[run]), {}
            case "POST", "servers":
                return self.grant(body)
            case "PATCH", "servers", server if server in self.servers:
                for key, value in body.items():
                    if self.servers[server].get(key) is None:
                        self.servers[server][key] = value
                return 200, json.dumps(self.servers[server]), {}
            case "POST", "servers", "alive":
                self.alive.append(body["ids"])
                return 200, json.dumps({"items": []}), {}
            case "PUT", "hub", "status":
                self.status = body
                return 200, "{}", {}
        return 404, NOTHING, {}

    def grant(self, body):
        if self.refusal:
            return self.refusal
        self.servers.setdefault(body["id"], body)
        none = {"plan": "free", "memory": None, "cpus": None, "idle_timeout": None, "ends": None}
        return 201, json.dumps({"id": body["id"], **none, **self.limits}), {}

    def refuse(self, status, code, message, **headers):
        error = {"status": status, "code": code, "message": message}
        self.refusal = status, json.dumps({"error": error}), headers

    def handler(stand_in):
        class Handler(BaseHTTPRequestHandler):
            def do(self):
                length = int(self.headers.get("Content-Length") or 0)
                said = json.loads(self.rfile.read(length) or b"null")
                token = self.headers.get("Authorization")
                status, body, headers = stand_in.answer(self.command, self.path, token, said)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            do_GET = do_POST = do_PATCH = do_PUT = do

            def log_message(self, *arguments):
                pass

        return Handler

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()
