"""Who stops in the middle of a body, and whose connection never says so, holds nothing up."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.waiting import until

from mlabs_ext.service.web import silence

TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
FORM = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n1,2'


@pytest.fixture(autouse=True)
def brief(monkeypatch):
    monkeypatch.setattr(silence, "SECONDS", 1.0)


@contextmanager
def half(site, line, headers, sent):
    """A request that announces more than it sends, for as long as this lasts."""
    with socket.create_connection(("127.0.0.1", urlsplit(site.url).port)) as sender:
        head = [line, "Host: x", "Authorization: token ada-token", "Content-Length: 1000", *headers]
        sender.sendall("\r\n".join([*head, "", ""]).encode() + sent)
        yield sender


def staged(site):
    return list(Path(site.service.staging.directory).glob("*"))


def test_an_upload_goes_on_while_the_lost_connection_is_still_there(site):
    ada = site.as_("ada")
    begun = {"Tus-Resumable": "1.0.0", "Upload-Length": "1000", "Upload-Metadata": "filename YS5jc3Y="}
    url = f"api/v1/uploads/{ada.post('api/v1/uploads', headers=begun).json()['id']}"
    headers = [f"{name}: {value}" for name, value in {**TUS, "Upload-Offset": "0"}.items()]
    with half(site, f"PATCH /services/mlabs/{url} HTTP/1.1", headers, b"w" * 400):
        until(lambda: ada.get(url).json()["offset"] == 400)
        rest = {**TUS, "Upload-Offset": "400"}
        until(lambda: ada.patch(url, content=b"w" * 600, headers=rest).status_code == 204)
    assert ada.get(url).json()["offset"] == 1000


def test_half_a_form_leaves_nothing(site):
    headers = ["Content-Type: multipart/form-data; boundary=x"]
    with half(site, "POST /services/mlabs/api/v1/datasets HTTP/1.1", headers, FORM) as sender:
        until(lambda: staged(site))
        assert sender.recv(100) == b""
        until(lambda: not staged(site))


def test_who_is_slow_but_sends_is_waited_for(site):
    headers = ["Content-Type: multipart/form-data; boundary=x"]
    with half(site, "POST /services/mlabs/api/v1/datasets HTTP/1.1", headers, FORM) as sender:
        for _ in range(5):
            sender.settimeout(0.3)
            with pytest.raises(TimeoutError):
                sender.recv(100)
            sender.sendall(b"3")
        assert staged(site)
