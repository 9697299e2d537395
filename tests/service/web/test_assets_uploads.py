"""Asset files that are uploaded: by whom, to where, how large, and cut off; and deleted again."""

from __future__ import annotations

import errno
import io
import os
import socket
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from support.answers import error
from support.outputs import get
from support.outputs import run as run
from support.waiting import until
from traitlets.config import Config

from mlabs_ext.notebook import sha256
from mlabs_ext.service import blobs_writer
from mlabs_ext.service.web import silence

ADA = "Host: x\r\nAuthorization: token ada-token\r\n"


@pytest.mark.parametrize(
    "path", ["..%2Fx", "%2e%2e/x", "a/%2e%2e/x", "%2Fetc%2Fpasswd", "a%00b", "a%5Cb", "a//b"]
)
def test_paths_that_lead_elsewhere_are_refused_before_a_byte_is_taken(site, run, path):
    url = urlsplit(site.url)
    head = f"PUT {url.path}api/v1/runs/{run}/outputs/{path} HTTP/1.1\r\n{ADA}"
    with socket.create_connection((url.hostname, url.port)) as connection:
        connection.sendall(head.encode() + b"Content-Length: 3\r\n\r\nabc")
        assert connection.recv(100).split()[1] in (b"400", b"404")
    listed = site.as_("ada").get(f"api/v1/runs/{run}/outputs").json()["items"]
    assert [item["path"] for item in listed] == ["model/weights.bin"]


def unfinished(site):
    folder = site.service.blobs.unfinished
    return list(folder.glob("*")) if folder.exists() else []


def test_an_upload_that_is_cut_off_leaves_nothing(site, run):
    url = urlsplit(site.url)
    head = f"PUT {url.path}api/v1/labs/ada/x/assets/big.bin HTTP/1.1\r\n{ADA}"
    with socket.create_connection((url.hostname, url.port)) as connection:
        connection.sendall(head.encode() + b"Content-Length: 1000000\r\n\r\n" + b"x" * 500_000)
        deadline = time.monotonic() + 20
        while not unfinished(site) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert unfinished(site)
    deadline = time.monotonic() + 20
    while (unfinished(site) or site.service.open_requests) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert unfinished(site) == []
    assert site.service.open_requests == 0
    assert get(site, "latest", "big.bin").status_code == 404


def test_a_sender_that_is_gone_without_a_word_holds_nothing(site, run, monkeypatch):
    monkeypatch.setattr(silence, "SECONDS", 0.5)
    url = urlsplit(site.url)
    head = f"PUT {url.path}api/v1/runs/{run}/outputs/big.bin HTTP/1.1\r\n{ADA}"
    with socket.create_connection((url.hostname, url.port), timeout=20) as connection:
        connection.sendall(head.encode() + b"Content-Length: 1000000\r\n\r\n" + b"x" * 500_000)
        assert connection.recv(100) == b""
    until(lambda: not unfinished(site) and not site.service.open_requests)


def test_what_a_connection_says_after_an_upload_is_not_cut_off(site, run, monkeypatch):
    monkeypatch.setattr(silence, "SECONDS", 0.5)
    with site.as_("ada") as ada:
        assert ada.put(f"api/v1/runs/{run}/outputs/a.bin", content=b"x" * 1000).status_code == 201
        time.sleep(1)
        answer = ada.get("api/v1/labs")
    assert answer.status_code == 200


@pytest.mark.parametrize("length", [b"\xb2", b"abc", b"5,5", b"-1", b""], ids=repr)
def test_a_length_that_is_none_is_no_fault_of_ours(site, run, length, caplog):
    url = urlsplit(site.url)
    head = f"PUT {url.path}api/v1/runs/{run}/outputs/a.bin HTTP/1.1\r\n{ADA}Connection: close\r\n"
    with socket.create_connection((url.hostname, url.port), timeout=20) as connection:
        connection.sendall(head.encode() + b"Content-Length: " + length + b"\r\n\r\nabcde")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.split(b" ")[1] in (b"400", b"201"), answer
    assert "Traceback" not in caplog.text


def test_a_disk_that_fails_is_told_at_the_end_of_the_body(site, run, monkeypatch):
    class Failing(io.FileIO):
        def write(self, _):
            raise OSError(errno.EIO, "Input/output error")

    @contextmanager
    def failing(folder):
        with Failing(folder / "failing", "x") as file:
            yield file

    monkeypatch.setattr(blobs_writer, "unfinished_file", failing)
    answer = site.as_("ada").put(f"api/v1/runs/{run}/outputs/a.bin", content=b"x" * 1000)
    error(answer, 503, "unavailable")
    assert "Input/output error" in answer.json()["error"]["message"]


def test_a_file_over_the_limit_is_refused_announced_or_not(start_site):
    site = start_site(Config({"Assets": {"max_size": 1000}}))
    site.publish(name="x")
    place = "api/v1/labs/ada/x/assets/big.bin"
    assert site.as_("ada").put(place, content=b"x" * 1001).status_code == 413
    assert site.as_("ada").put(place, content=(b"x" * 500 for _ in range(4))).status_code == 413
    assert site.as_("ada").put(place, content=b"x" * 1000).status_code == 201
    assert site.as_("ada").put("api/v1/labs/ada/x/assets/small", content=iter([b"x"])).status_code == 201
    deadline = time.monotonic() + 20
    while unfinished(site) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert unfinished(site) == []


def test_uploads_need_a_person_who_may_write(site, run):
    place = "api/v1/labs/ada/x/assets/a"
    assert site.as_(None).put(place, content=b"x").status_code == 403
    assert site.as_("ada-read").put(place, content=b"x").status_code == 403
    assert site.as_("bob").put(place, content=b"x").status_code == 404
    assert site.session("ada").put(place, content=b"x").status_code == 201
    client = site.session("ada")
    del client.headers["X-XSRFToken"]
    assert client.put(place, content=b"x").status_code == 403


def test_a_large_file_goes_in_and_out_in_pieces(site, run):
    size = 64 * 1024**2
    data = os.urandom(1024**2) * 64
    answer = site.as_("ada").put("api/v1/labs/ada/x/assets/large.bin", content=data)
    assert (answer.status_code, answer.json()["size"]) == (201, size)
    assert answer.json()["digest"] == sha256(data)
    largest = 0
    with site.as_(None).stream("GET", "assets/ada/x/latest/large.bin") as stream:
        for piece in stream.iter_raw():
            largest = max(largest, len(piece))
    assert largest <= 1024**2


def test_deleting_a_file(site, run):
    place = "api/v1/labs/ada/x/assets/a"
    site.as_("ada").put(place, content=b"x")
    assert site.as_("bob").delete(place).status_code == 404
    assert site.as_("ada").delete(place).status_code == 204
    error(site.as_("ada").delete(place), 404, "asset_not_found")
