"""An open lab: its server, a kernel that prints without end, and the record that its extension keeps."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
from support.person import Person
from tornado.httpclient import HTTPError, HTTPRequest
from tornado.websocket import WebSocketError, websocket_connect

from campaign.asking import Asker
from campaign.evidence import events
from campaign.load import notebook
from campaign.recovery import Probe
from mlabs_ext import websockets

LAB = "open"
# Prints its numbers until the file `stop` is there.
CODE = """\
import os, time
n = 0
while not os.path.exists("stop"):
    n += 1
    print("tick", n, flush=True)
    time.sleep(0.1)
print("ticked", n, flush=True)
"""
# Seconds.
STARTED = 180.0
PATIENCE = 10.0


class OpenLab:
    """One lab of a person's, with a server that is opened again whenever it is gone."""

    def __init__(self, person: Person, asker: Asker, began: Callable[[str], None], lab: str = LAB):
        self.person, self.asker, self.began, self.lab = person, asker, began, lab
        self.path = f"/user/{person.name}/{lab}/"
        self.kernel = ""

    def prepare(self) -> None:
        """Publish it, open it, and let it tick."""
        self.person.ok("POST", "labs", json={"name": self.lab, "notebook": notebook(CODE)})
        self.open()

    def open(self) -> None:
        """As a person does it: ask for the server until it is there, then run the cell."""
        deadline = time.monotonic() + STARTED
        while not self._is_open():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.path} did not start in {STARTED:.0f} s")
            time.sleep(0.3)

    def _is_open(self) -> bool:
        try:
            if self._ready():
                return self._ticks() or self._tick()
            # A person sees that nothing answers, and opens the lab again.
            body = {"user_options": {"lab": f"{self.person.name}/{self.lab}"}}
            self._hub("POST", json=body)
        except httpx.TransportError:
            pass
        return False

    def _ready(self) -> bool:
        return self._get(f"{self.path}api/status").is_success

    def _ticks(self) -> bool:
        """Whether the kernel with the cell is there: it needs no second one."""
        return bool(self.kernel) and self._get(self._kernel_path(self.kernel)).is_success

    def has(self, kernel: str) -> bool:
        """Whether the server is there with this kernel."""
        try:
            return self._get(self._kernel_path(kernel)).is_success
        except httpx.TransportError:
            return False

    def _kernel_path(self, kernel: str) -> str:
        return f"{self.path}api/kernels/{kernel}"

    def _get(self, path: str, **request: Any) -> httpx.Response:
        return self.person.http.get(path, timeout=PATIENCE, **request)

    def _hub(self, method: str, **request: Any) -> httpx.Response:
        path = f"/hub/api/users/{self.person.name}/servers/{self.lab}"
        return self.person.http.request(method, path, timeout=PATIENCE, **request)

    def _tick(self) -> bool:
        """Begin a session with the lab's notebook and send it the cell; whether that worked."""
        opened = self._get(f"{self.path}mlabs/api/open", params={"lab": f"{self.person.name}/{self.lab}"})
        if opened.status_code not in (302, 303):
            return False
        path = httpx.URL(opened.headers["Location"]).path.split("lab/tree/", 1)[1]
        body = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        session = self.person.http.post(f"{self.path}api/sessions", json=body, timeout=60)
        if not session.is_success:
            return False
        self.kernel = session.json()["kernel"]["id"]
        with suppress(TimeoutError, OSError, HTTPError, WebSocketError):
            asyncio.run(asyncio.wait_for(self._send(CODE), 60))
            for run in self.runs()[:1]:
                self.began(run)
            return True
        return False

    def runs(self) -> list[str]:
        """The lab's runs that the service knows, newest first."""
        answer = self.asker.read(f"labs/{self.person.name}/{self.lab}/runs", params={"limit": 100})
        return [run["id"] for run in answer.json()["items"]] if answer else []

    async def _send(self, code: str) -> None:
        """Send the cell, and go once it prints: the tab is closed, the run goes on."""
        address = self.person.url.replace("http", "ws", 1) + f"{self.path}api/kernels/{self.kernel}/channels"
        headers = {"Authorization": f"token {self.person.token}"}
        connection = await websocket_connect(HTTPRequest(address, headers=headers))
        message = uuid.uuid4().hex
        header = {
            "msg_id": message,
            "msg_type": "execute_request",
            "username": "",
            "session": uuid.uuid4().hex,
        }
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        request = {"channel": "shell", "header": {**header, "version": "5.3"}, "content": content}
        request |= {"parent_header": {}, "metadata": {"cellId": "only"}}
        await connection.write_message(json.dumps(request))
        while True:
            raw = await connection.read_message()
            if raw is None:
                raise OSError("the kernel's connection was closed")
            if isinstance(raw, str) and json.loads(raw)["msg_type"] == "stream":
                await websockets.close(connection)
                return

    def finish(self) -> None:
        """Let the cell come to its end, and wait until the service has all of the last run."""
        self.open()
        content = {"type": "file", "format": "text", "content": ""}
        deadline = time.monotonic() + STARTED
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                self.person.http.put(
                    f"{self.path}api/contents/{self.lab}/stop", json=content, timeout=PATIENCE
                )
                if self._told():
                    return
            time.sleep(0.3)
        raise TimeoutError("the last run of the open lab was not told to its end")

    def _told(self) -> bool:
        """Whether the newest run says what the cell says last."""
        newest = self.runs()[:1]
        try:
            told = [text for run in newest for _, text in events(self.person, run) or ()]
        except httpx.HTTPError:
            return False
        return "ticked" in "".join(told)


class ServerProbe(Probe):
    """Reads and writes a file in the server of an open lab, once its person has opened it again."""

    def __init__(self, lab: OpenLab):
        super().__init__(lab.person)
        self.lab = lab

    def reads(self) -> bool:
        if self._good("GET", f"{self.lab.path}api/contents/{self.lab.lab}"):
            return True
        self.lab.open()
        return False

    def writes(self) -> bool:
        content = {"type": "file", "format": "text", "content": "saved"}
        path = f"{self.lab.path}api/contents/{self.lab.lab}/saved.txt"
        return self._good("PUT", path, json=content)
