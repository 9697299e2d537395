"""A real Jupyter server in a process of its own, with the extension, and front ends that talk to it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import uuid
from pathlib import Path
from typing import Any

from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1
from support.waiting import eventually, free_port
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.websocket import WebSocketClientConnection, websocket_connect

from mlabs_ext import websockets

ROOT = Path(__file__).parents[2]
V1 = "v1.kernel.websocket.jupyter.org"
TOKEN = "server-token"
# What else is put into the record of a run, at moments that no test can foresee.
UNOBSERVED = ("--ResourceUsage.interval=0", "--Packages.enabled=False", "--TensorBoard.interval=0")


class UserServer:
    """Start, stop and kill it as often as you like: its files stay."""

    def __init__(self, home: Path, service_url: str, lab: str = "ada/mnist", options: tuple[str, ...] = ()):
        self.token = "owner-token"
        self.home = home
        self.root = home / "root"
        self.root.mkdir(parents=True, exist_ok=True)
        self.lab = lab
        self.accelerator = "none"
        self.run = ""
        self.unobserved = True
        self.service_url = service_url
        self.options = options
        self.port = free_port()
        self.process: asyncio.subprocess.Process | None = None
        self.front_ends: list[FrontEnd] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.home / "log").read_text()

    @property
    def outbox(self) -> Path:
        return self.root / ".mlabs" / "outbox" / "default"

    @property
    def runtimes(self) -> Path:
        """What `%runtime` reads."""
        return self.home / "runtime" / "mlabs-runtimes.json"

    def kept_runs(self) -> list[Path]:
        return [run for run in self.outbox.glob("*/*") if run.is_dir() and run.parent.name != "rejected"]

    def environment(self) -> dict[str, str]:
        own = {
            "MLABS_SERVICE_URL": self.service_url,
            "MLABS_LAB": self.lab,
            "MLABS_ENVIRONMENT": "python",
            "MLABS_ACCELERATOR": self.accelerator,
            "MLABS_IMAGE": "",
            "JUPYTERHUB_API_TOKEN": self.token,
            "PYTHONPATH": str(ROOT / "tests"),
            "JUPYTERHUB_USER": "ada",
            "HOME": str(self.home),
            "IPYTHONDIR": str(self.home / "ipython"),
            "JUPYTER_CONFIG_DIR": str(self.home / "config"),
            "JUPYTER_DATA_DIR": str(self.home / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.home / "runtime"),
            "JUPYTER_CONFIG_PATH": f"{ROOT / 'spawner' / 'local_config'}:{ROOT / 'jupyter-config'}",
        }
        return {**os.environ, **own, **({"MLABS_RUN": self.run} if self.run else {})}

    async def start(self) -> None:
        others = (
            "jupyterlab",
            "notebook",
            "notebook_shim",
            "jupyter_lsp",
            "jupyter_server_terminals",
            "jupyterhub",
        )
        command = [
            sys.executable, "-m", "mlabs_ext.quick", "jupyter_server",
            "--no-browser", "--allow-root", f"--port={self.port}",
            f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={self.root}",
            "--ServerApp.port_retries=0",
            *(f"--ServerApp.jpserver_extensions={name}=False" for name in others),
            *(option for option in UNOBSERVED if self.unobserved), *self.options,
        ]  # fmt: skip
        with (self.home / "log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *command, env=self.environment(), stdout=log, stderr=log, cwd=self.home
            )
        while True:
            try:
                await self.api("GET", "api/status")
                return
            except OSError:
                if self.run and self.process.returncode == 0:
                    # What it was started for is over already.
                    return
                assert self.process.returncode is None, self.log
                await asyncio.sleep(0.1)

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        await self.close_tabs()
        if self.process and self.process.returncode is None:
            self.process.send_signal(how)
            await asyncio.wait_for(self.process.wait(), 30)

    async def close_tabs(self) -> None:
        for front_end in self.front_ends:
            await front_end.close()
        self.front_ends.clear()

    async def close_all(self) -> None:
        """Close tabs, kernels and files; what they were recorded as arrives."""
        await self.close_tabs()
        for session in await self.api("GET", "api/sessions"):
            await self.api("DELETE", f"api/sessions/{session['id']}")
        for kernel in await self.api("GET", "api/kernels"):
            await self.api("DELETE", f"api/kernels/{kernel['id']}")
        await eventually(lambda: not self.kept_runs())
        for file in self.root.glob("*/*.ipynb"):
            file.unlink()

    async def kill(self) -> None:
        await self.stop(signal.SIGKILL)

    async def request(self, method: str, path: str, body: Any = None, **options: Any) -> HTTPResponse:
        headers = {"Authorization": f"token {TOKEN}", **options.pop("headers", {})}
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        asked = HTTPRequest(
            f"{self.url}/{path}", method, headers, data, allow_nonstandard_methods=True,
            follow_redirects=False, request_timeout=60, **options,
        )  # fmt: skip
        return await AsyncHTTPClient().fetch(asked, raise_error=False)

    async def api(self, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
        response = await self.request(method, path, body)
        wanted = (status,) if status else (200, 201, 204)
        assert response.code in wanted, (response.code, response.body, self.log[-3000:])
        return json.loads(response.body) if response.body else None

    def write_notebook(
        self, path: str, cells: list[str], metadata: dict[str, Any] | None = None
    ) -> list[str]:
        """Save a notebook with these code cells; their ids."""
        ids = [f"cell-{n}" for n in range(len(cells))]
        content = {
            "nbformat": 4, "nbformat_minor": 5, "metadata": metadata or {},
            "cells": [
                {
                    "cell_type": "code", "id": id, "metadata": {}, "source": code, "outputs": [],
                    "execution_count": None,
                }
                for id, code in zip(ids, cells, strict=True)
            ],
        }  # fmt: skip
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))
        return ids

    async def open_notebook(self, path: str = "mnist/mnist.ipynb", kind: str = "notebook") -> FrontEnd:
        """Start the notebook's kernel as JupyterLab does, and connect to it."""
        file = self.root / path
        if not file.exists():
            self.write_notebook(path, [])
        body = {"path": path, "type": kind, "name": file.name, "kernel": {"name": "python3"}}
        session = await self.api("POST", "api/sessions", body)
        front_end = FrontEnd(self, session["id"], session["kernel"]["id"])
        await front_end.connect()
        await front_end.hears()
        return front_end


class FrontEnd:
    """One browser tab. `asks` is what else its websocket's address says."""

    asks = ""

    def __init__(self, server: UserServer, session: str, kernel: str, subprotocol: str | None = V1):
        self.server = server
        self.session = session
        self.kernel = kernel
        self.subprotocol = subprotocol
        self.id = uuid.uuid4().hex
        self.socket: WebSocketClientConnection | None = None
        self.messages: list[dict[str, Any]] = []

    async def connect(self) -> FrontEnd:
        address = f"ws://127.0.0.1:{self.server.port}/api/kernels/{self.kernel}/channels?session_id={self.id}{self.asks}"
        request = HTTPRequest(address, headers={"Authorization": f"token {TOKEN}"}, request_timeout=90)
        self.socket = await websocket_connect(request, subprotocols=[V1] if self.subprotocol else None)
        self.server.front_ends.append(self)
        return self

    async def another(self, subprotocol: str | None = V1) -> FrontEnd:
        return await FrontEnd(self.server, self.session, self.kernel, subprotocol).connect()

    def send(self, code: str, cell: str | None = None, **content: Any) -> str:
        """Ask for an execution; the message's id."""
        return self.ask(*execution(code, cell, **content))

    def ask(self, kind: str, content: dict[str, Any], metadata: dict[str, Any]) -> str:
        """Send any message to the kernel; its id."""
        message, written = self.written(kind, content, metadata)
        self.socket.write_message(written, binary=bool(self.subprotocol))
        return message

    def written(self, kind: str, content: dict[str, Any], metadata: dict[str, Any]) -> tuple[str, Any]:
        """A message to the kernel: its id, and what is sent."""
        message = uuid.uuid4().hex
        header = {
            "msg_id": message, "msg_type": kind, "username": "", "session": self.id,
            "date": "2026-01-01T00:00:00Z", "version": "5.3",
        }  # fmt: skip
        if self.subprotocol:
            parts = [json.dumps(part).encode() for part in (header, {}, metadata, content)]
            return message, serialize_msg_to_ws_v1(parts, "shell")
        whole = {
            "header": header, "parent_header": {}, "metadata": metadata, "content": content,
            "channel": "shell", "buffers": [],
        }  # fmt: skip
        return message, json.dumps(whole)

    async def receive(self) -> tuple[str, dict[str, Any], dict[str, Any], Any]:
        """The next message: channel, header, parent, content (unread, for a kernel may say anything)."""
        data = await asyncio.wait_for(self.socket.read_message(), 60)
        assert data is not None, "the server closed the connection"
        if self.subprotocol:
            channel, parts = deserialize_msg_from_ws_v1(data)
            return channel, json.loads(bytes(parts[0])), json.loads(bytes(parts[1])), bytes(parts[3])
        message = json.loads(data)
        return message["channel"], message["header"], message["parent_header"], message["content"]

    async def until(self, request: str, *types: str) -> dict[str, Any]:
        """Read on until one of these types arrives for a request; its content."""
        while True:
            _, header, parent, content = await self.receive()
            if parent.get("msg_id") == request and header["msg_type"] in types:
                return json.loads(content) if isinstance(content, bytes) else content

    async def hears(self) -> None:
        """Wait until outputs arrive too: a connection is open before the kernel's news are subscribed to."""
        while True:
            asked = self.ask("kernel_info_request", {}, {})
            try:
                await asyncio.wait_for(self.until(asked, "status"), 3)
            except TimeoutError:
                continue
            return

    async def execute(self, code: str, cell: str | None = None, **content: Any) -> str:
        """Execute and wait; the status."""
        request = self.send(code, cell, **content)
        return (await self.until(request, "execute_reply"))["status"]

    async def run_all(self, cells: list[str], ids: list[str | None], mark: bool = True) -> list[str]:
        """Send all cells at once, as JupyterLab does; their statuses."""
        coming = [execution(code, id) for code, id in zip(cells, ids, strict=True) if code.strip()]
        written = [self.written(*each) for each in coming]
        for _, message in written:
            self.socket.write_message(message, binary=bool(self.subprotocol))
        requests = [id for id, _ in written]
        if mark:
            body = {"path": "mnist/mnist.ipynb", "cells": ids}
            await self.server.api("POST", "mlabs/api/run-all", body, 204)
        return [(await self.until(request, "execute_reply"))["status"] for request in requests]

    async def restart(self) -> None:
        await self.server.api("POST", f"api/kernels/{self.kernel}/restart")

    async def interrupt(self) -> None:
        await self.server.api("POST", f"api/kernels/{self.kernel}/interrupt")

    async def shut_down(self) -> None:
        await self.server.api("DELETE", f"api/sessions/{self.session}")

    async def close(self) -> None:
        await websockets.close(self.socket)


def execution(
    code: str, cell: str | None = None, **content: Any
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """What asks for an execution: kind, content and metadata."""
    content = {
        "code": code, "silent": False, "store_history": True, "user_expressions": {},
        "allow_stdin": False, "stop_on_error": True, **content,
    }  # fmt: skip
    return "execute_request", content, {"cellId": cell} if cell else {}
