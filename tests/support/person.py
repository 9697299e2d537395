"""A person at a terminal: signs in by the form, then uses tokens, as scripts and the API's users do."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from mlabs_ext import websockets
from mlabs_ext.names import server_name
from support.kernels import printed


@dataclass
class Person:
    """Signed in to the hub at `url` as `name`; `http` carries an API token."""

    url: str
    name: str
    password: str
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        token = self._token(self._sign_in())
        self.token = token
        self.http = httpx.Client(
            base_url=self.url, headers={"Authorization": f"token {token}"}, timeout=60, follow_redirects=False
        )

    def close(self) -> None:
        self.http.close()

    def _sign_in(self) -> httpx.Client:
        browser = httpx.Client(base_url=self.url, timeout=60, follow_redirects=True)
        page = browser.get("/hub/login")
        page.raise_for_status()
        xsrf = browser.cookies.get("_xsrf", path="/hub/")
        answer = browser.post(
            "/hub/login",
            data={"username": self.name, "password": self.password, "_xsrf": xsrf},
            follow_redirects=False,
        )
        assert answer.status_code == 302, answer.text
        return browser

    def _token(self, browser: httpx.Client) -> str:
        answer = browser.post(
            f"/hub/api/users/{self.name}/tokens",
            json={"note": "end to end"},
            headers={"X-XSRFToken": browser.cookies.get("_xsrf", path="/hub/")},
        )
        browser.close()
        answer.raise_for_status()
        return answer.json()["token"]

    # the service

    def api(self, method: str, path: str, **request: Any) -> httpx.Response:
        return self.http.request(method, f"/services/mlabs/api/v1/{path}", **request)

    def ok(self, method: str, path: str, **request: Any) -> Any:
        answer = self.api(method, path, **request)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def model(self, timeout: float = 60, **take: Any) -> dict[str, Any]:
        """The model made of what a run wrote, once it is converted or refused."""
        made = self.ok("POST", "models/from-run", json=take)
        deadline = time.monotonic() + timeout
        while made["status"] in ("queued", "converting") and time.monotonic() < deadline:
            time.sleep(0.3)
            made = self.ok("GET", f"models/{made['owner']}/{made['name']}/versions/{made['version']}")
        return made

    # this person's servers

    def start(self, lab: str, timeout: float = 600) -> str:
        """Start the server of my lab `lab`; return its path, `/user/ada/mnist/`."""
        server = server_name(lab)
        path = f"/hub/api/users/{self.name}/servers/{server}"
        answer = self.http.post(path, json={"user_options": {"lab": f"{self.name}/{lab}"}})
        assert answer.status_code in (201, 202), answer.text
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            model = self.http.get(f"/hub/api/users/{self.name}").json()["servers"].get(server, {})
            if model.get("ready"):
                return model["url"]
            assert model.get("pending"), f"{server} did not start: {model}"
            time.sleep(0.5)
        raise TimeoutError(f"{server} did not start in {timeout} s")

    def stop(self, lab: str) -> None:
        path = f"/hub/api/users/{self.name}/servers/{server_name(lab)}"
        self.http.request("DELETE", path, json={"remove": False})
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            servers = self.http.get(f"/hub/api/users/{self.name}").json()["servers"]
            model = servers.get(server_name(lab))
            if model is None or model.get("stopped"):
                return
            time.sleep(0.3)
        raise TimeoutError(f"{lab} did not stop")

    def open(self, server: str, lab: str) -> str:
        """Have the server fetch the lab `owner/name`; return the notebook's path below its root."""
        answer = self.http.get(f"{server}mlabs/api/open", params={"lab": lab})
        assert answer.status_code in (302, 303), answer.text
        tree = "lab/tree/"
        return httpx.URL(answer.headers["Location"]).path.split(tree, 1)[1]

    def notebook(self, server: str, path: str) -> dict[str, Any]:
        answer = self.http.get(f"{server}api/contents/{quote(path)}", params={"content": 1})
        answer.raise_for_status()
        return answer.json()["content"]

    def execute(self, server: str, path: str, timeout: float = 300) -> list[dict[str, Any]]:
        """Run all code cells in order over the kernel's websocket; stop at the first that raises.

        Ends the kernel. Returns one execute_reply content per executed cell.
        """
        session = self.http.post(
            f"{server}api/sessions",
            json={"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}},
        )
        session.raise_for_status()
        model = session.json()
        # Front ends do not send empty cells.
        cells = [
            cell
            for cell in self.notebook(server, path)["cells"]
            if cell["cell_type"] == "code" and cell["source"].strip()
        ]
        socket = self.url.replace("http", "ws", 1) + f"{server}api/kernels/{model['kernel']['id']}/channels"
        replies = asyncio.run(asyncio.wait_for(self._execute(socket, cells), timeout))
        self.http.delete(f"{server}api/sessions/{model['id']}").raise_for_status()
        return replies

    def printed(self, server: str, kernel: str, code: str, timeout: float = 300) -> str:
        """What the code prints in a kernel that runs there already."""
        url = self.url.replace("http", "ws", 1) + f"{server}api/kernels/{kernel}/channels"
        request = HTTPRequest(url, headers={"Authorization": f"token {self.token}"})

        async def run() -> str:
            return await asyncio.wait_for(printed(await websocket_connect(request), code), timeout)

        return asyncio.run(run())

    async def _execute(self, socket: str, cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
        connection = await websocket_connect(
            HTTPRequest(socket, headers={"Authorization": f"token {self.token}"}), max_message_size=2**30
        )
        replies = []
        try:
            for cell in cells:
                reply = await _execute_cell(connection, cell)
                replies.append(reply)
                if reply["status"] != "ok":
                    break
        finally:
            await websockets.close(connection)
        return replies


async def _execute_cell(connection: Any, cell: dict[str, Any]) -> dict[str, Any]:
    message_id = uuid.uuid4().hex
    allow_errors = "raises-exception" in cell["metadata"].get("tags", [])
    header = {
        "msg_id": message_id,
        "msg_type": "execute_request",
        "username": "",
        "session": uuid.uuid4().hex,
        "version": "5.3",
    }
    content = {
        "code": cell["source"],
        "silent": False,
        "store_history": True,
        "user_expressions": {},
        "allow_stdin": False,
        "stop_on_error": not allow_errors,
    }
    message = {
        "channel": "shell",
        "header": header,
        "parent_header": {},
        "metadata": {"cellId": cell.get("id")},
        "content": content,
    }
    await connection.write_message(json.dumps(message))
    reply = None
    idle = False
    while reply is None or not idle:
        raw = await connection.read_message()
        assert raw is not None, "the kernel's websocket closed"
        answer = json.loads(raw) if isinstance(raw, str) else {}
        if answer.get("parent_header", {}).get("msg_id") != message_id:
            continue
        if answer["msg_type"] == "execute_reply":
            reply = answer["content"]
        if answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
            idle = True
    return reply
