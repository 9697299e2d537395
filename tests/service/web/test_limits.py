"""Bodies over the limit are refused in the one shape, before they are in memory."""

from __future__ import annotations

import json
import socket
import time
from urllib.parse import urlsplit

import pytest

from mlabs_ext.service.web import limits

LIMIT = 300_000


@pytest.fixture
def small(start_site):
    return start_site(max_body_size=LIMIT)


def chunks(size: int):
    for _ in range(0, size, 10_000):
        yield b"x" * 10_000


def begin(site, headers: bytes) -> socket.socket:
    """Send the head of a request that carries no credential."""
    address = urlsplit(site.url)
    connection = socket.create_connection((address.hostname, address.port), timeout=10)
    connection.sendall(b"POST /services/mlabs/api/v1/labs HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n\r\n")
    return connection


def wait_for_none(site) -> None:
    deadline = time.monotonic() + 5
    while site.service.open_requests:
        assert time.monotonic() < deadline, "a request is still open"
        time.sleep(0.01)


@pytest.mark.parametrize("body", ["announced", "chunked"])
@pytest.mark.parametrize(
    ("who", "size", "status"),
    [
        ("ada", LIMIT, 400),
        ("ada", LIMIT + 10_000, 413),
        ("ada", LIMIT * 20, 413),
        (None, 60_000, 403),
        (None, 70_000, 413),
    ],
    ids=str,
)
def test_bodies_by_size(small, who, size, status, body):
    content = b"x" * size if body == "announced" else chunks(size)
    answer = small.as_(who).post("api/v1/labs", content=content)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    if status == 413:
        assert error["code"] == "too_large"
        assert error["detail"]["limit"] == (LIMIT if who else 65536)


def test_a_handler_may_have_a_smaller_limit(start_site):
    answer = start_site().as_("ada").post("api/v1/runs", content=b"x" * 1_100_000)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_the_connection_is_good_after_a_refusal(small):
    ada = small.as_("ada")
    for _ in range(3):
        assert ada.post("api/v1/labs", content=b"x" * LIMIT * 3).status_code == 413
        assert ada.get("api/v1/me").status_code == 200


def test_a_client_that_waits_for_leave_is_refused_before_it_sends(small):
    address = urlsplit(small.url)
    head = (
        "POST /services/mlabs/api/v1/labs HTTP/1.1\r\nHost: x\r\nAuthorization: token ada-token\r\n"
        f"Content-Length: {10**9}\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(head.encode())
        answer = connection.recv(65536)
        while b"}" not in answer:
            answer += connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "too_large"


def test_the_answer_waits_for_the_end_of_the_body(small):
    with begin(
        small, b"Expect: 100-continue\r\nX-Forwarded-For: 127.0.0.1\r\nContent-Length: 100000"
    ) as proxy:
        assert proxy.recv(65536).startswith(b"HTTP/1.1 100")
        proxy.sendall(b"x" * 99_999)
        proxy.settimeout(0.3)
        with pytest.raises(TimeoutError):
            proxy.recv(1)
        proxy.settimeout(10)
        proxy.sendall(b"x")
        head = proxy.recv(65536).partition(b"\r\n\r\n")[0]
    assert head.startswith(b"HTTP/1.1 413")
    assert b"Connection: close" not in head


@pytest.mark.parametrize(("bound", "value"), [("DROPPED", 90_000), ("PATIENCE", 0.2)])
@pytest.mark.parametrize(
    "length", [b"Content-Length: 200000", b"Transfer-Encoding: chunked"], ids=bytes.decode
)
def test_a_body_that_goes_on_too_long_is_cut_off_with_the_answer(small, monkeypatch, length, bound, value):
    monkeypatch.setattr(limits, bound, value)
    with begin(small, length) as connection:
        if b"chunked" in length:
            connection.sendall(b"%x\r\n" % 400_000 + b"x" * 230_000)
        answer = b""
        while received := connection.recv(65536):
            answer += received
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"Connection: close" in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "too_large"
    wait_for_none(small)


@pytest.mark.parametrize("length", [60_000, 100_000])
def test_a_client_that_leaves_does_no_harm(small, length):
    for sent in (b"x" * 1000, b""):
        with begin(small, b"Content-Length: %d" % length) as connection:
            connection.sendall(sent)
    assert small.as_(None).get("healthz").status_code == 200
    wait_for_none(small)


@pytest.mark.parametrize(
    ("said", "is_secure"),
    [
        ("https", True),
        ("https,http", True),
        ("https, http, http", True),
        ("http,https", False),
        ("ftp,x", False),
    ],
)
def test_the_scheme_is_that_of_the_first_proxy(site, said, is_secure):
    answer = site.as_(None).get("healthz", headers={"X-Forwarded-Proto": said})
    assert ("Strict-Transport-Security" in answer.headers) is is_secure
