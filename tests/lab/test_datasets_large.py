"""A dataset of a gigabyte, from a broken upload to a notebook that reads it; a short way of it in CI."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import socket
import threading
import time
from contextlib import contextmanager

import pytest
from lab.user_server import UserServer
from support.service_process import ServiceProcess
from support.waiting import eventually, free_port, until

TUS = {"Tus-Resumable": "1.0.0"}
MIB = 1 << 20
# Root may write everywhere: what it starts here may not.
READS = """import ctypes, hashlib, os, subprocess, sys
path = "data/ada/big/big.bin"
with open(path, "rb") as file:
    print(hashlib.file_digest(file, "sha256").hexdigest())
ctypes.CDLL(None).prctl(24, 1)
for change in (f"open({path!r}, 'ab')", "open('data/ada/big/mine', 'w')", f"import os; os.unlink({path!r})"):
    tried = subprocess.run([sys.executable, "-c", change], capture_output=True, text=True)
    print(tried.stderr.splitlines()[-1].partition(":")[0])
"""


class Upload:
    """An upload of so many MiB that differ, over connections of its own."""

    def __init__(self, service, size):
        self.service, self.size, self.block = service, size, os.urandom(MIB - 8)
        name = base64.b64encode(b"big.bin").decode()
        announced = {"Upload-Length": f"{size * MIB}", "Upload-Metadata": f"filename {name}"}
        with service.client() as client:
            answer = client.post("api/v1/uploads", headers=TUS | announced)
            assert answer.status_code == 201, answer.text
            self.id = answer.json()["id"]

    def piece(self, number):
        return number.to_bytes(8) + self.block

    def digest(self):
        digest = hashlib.sha256()
        for number in range(self.size):
            digest.update(self.piece(number))
        return digest.hexdigest()

    def offset(self):
        with self.service.client() as client:
            return int(client.head(f"api/v1/uploads/{self.id}", headers=TUS).headers["Upload-Offset"])

    def send(self, start, stop):
        """Announce all from `start` on, and leave at `stop`; what was answered where that is the end."""
        head = (
            f"PATCH /services/mlabs/api/v1/uploads/{self.id} HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: token ada-token\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {start * MIB}\r\n"
            f"Content-Type: application/offset+octet-stream\r\n"
            f"Content-Length: {(self.size - start) * MIB}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", self.service.port)) as sender:
            sender.sendall(head.encode())
            for number in range(start, stop):
                sender.sendall(self.piece(number))
            until(lambda: self.offset() == stop * MIB, 300)
            return sender.recv(4096).partition(b"\r\n")[0] if stop == self.size else b""


@contextmanager
def memory_of(service):
    """The most that a process grows by, as a list of one number that goes up."""
    before, most, over = service.memory(), [0], threading.Event()

    def watch():
        while not over.wait(0.02):
            most[0] = max(most[0], service.memory() - before)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield most
    finally:
        over.set()
        thread.join()


@pytest.fixture
def service(tmp_path):
    """The service as a process of its own, which has answered before."""
    service = ServiceProcess(tmp_path / "service", free_port()).start()
    with service.client() as client:
        assert client.post("api/v1/labs", json={"name": "big"}).status_code == 201
        sent = client.post("api/v1/datasets", files=[("file", ("a.csv", b"1"))], data={"name": "small"})
        assert sent.status_code == 201, sent.text
    yield service
    service.stop()


@pytest.mark.parametrize("size", [32, pytest.param(1024, marks=pytest.mark.slow)])
async def test_a_large_dataset_comes_over_a_broken_connection_and_is_read(service, size, tmp_path):
    began = time.monotonic()
    with memory_of(service) as grown:
        upload = await asyncio.to_thread(Upload, service, size)
        await asyncio.to_thread(upload.send, 0, size // 2)
        sent = await asyncio.to_thread(upload.send, size // 2, size)
        assert sent == b"HTTP/1.1 204 No Content"
        uploaded = time.monotonic()
        with service.client() as client:
            fields = {"name": "big", "uploads": [upload.id]}
            made = await asyncio.to_thread(client.post, "api/v1/datasets", json=fields, timeout=300)
            assert (made.status_code, made.json()["size"]) == (201, size * MIB), made.text
            assert client.put("api/v1/labs/ada/big/data/ada/big", json={}).is_success
        kept = time.monotonic()
        server = UserServer(tmp_path / "home", service.url, lab="ada/big")
        server.token = "ada-token"
        try:
            await server.start()
            await eventually((server.root / "big" / "data" / "ada" / "big" / "big.bin").exists, 300)
            fetched = time.monotonic()
            notebook = await server.open_notebook("big/big.ipynb")
            asked, said = notebook.send(READS), []
            while len(said) < 4:
                said += (await notebook.until(asked, "stream"))["text"].split()
        finally:
            await server.stop()
    assert said == [upload.digest(), *["PermissionError"] * 3]
    steps = [f"{step:.1f}" for step in (uploaded - began, kept - uploaded, fetched - kept)]
    print(f"\n{size} MiB: sent in {steps[0]} s, kept in {steps[1]} s, at hand in {steps[2]} s,", end=" ")
    print(f"and the service grew by {grown[0] / MIB:.1f} MiB")
    assert grown[0] < 64 * MIB
