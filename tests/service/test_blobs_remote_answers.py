"""What a healthy store never answers: what is not stored is said, and no wait is for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from support.blobs import ONCE, WAYS

from mlabs_ext.errors import Full, Unavailable
from mlabs_ext.notebook import sha256
from mlabs_ext.service.blobs import Blobs

pytestmark = pytest.mark.s3


class Broken(BaseHTTPRequestHandler):
    """Has nothing, and answers what would be stored with the same status and S3 error."""

    # Older servers do not know that clients ask whether they may send a body.
    protocol_version = "HTTP/1.1"
    status, code = 500, "InternalError"

    def do_HEAD(self) -> None:
        self.answer(404, "NoSuchKey")

    def do_GET(self) -> None:
        self.answer(404, "NoSuchKey")

    def do_PUT(self) -> None:
        self.answer(self.status, self.code)

    def answer(self, status: int, code: str) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = f"<Error><Code>{code}</Code><Message>No.</Message></Error>".encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Be silent."""


class Short(Broken):
    """Has a blob of a hundred bytes, and sends ten of them."""

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(206)
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.wfile.write(b"x" * 10)


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Callable[..., Blobs]]:
    """Blobs in a store that answers as the handler does."""
    servers = []

    def start(handler: type[Broken], **settings: Any) -> Blobs:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        given = {"endpoint_url": f"http://127.0.0.1:{server.server_port}", "key": "a", "secret": "b", **ONCE}
        return Blobs(directory=str(tmp_path), url="s3://mlabs", storage_options=given, **settings)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (507, "XMinioStorageFull", Full),
        (507, "Whatever", Full),
        (400, "XMinioAdminBucketQuotaExceeded", Full),
        (403, "QuotaExceeded", Full),
        (403, "AccessDenied", Unavailable),
        (500, "InternalError", Unavailable),
        (503, "SlowDown", Unavailable),
        (404, "NoSuchBucket", Unavailable),
    ],
)
@pytest.mark.parametrize("way", ["put", "writer"])
def test_what_stores_say_when_they_do_not_store(way, status, code, error, broken):
    blobs = broken(type("Answer", (Broken,), {"status": status, "code": code}))
    with pytest.raises(error):
        WAYS[way](blobs, "")
    assert list(blobs.unfinished.glob("*")) == []


def test_a_blob_that_comes_short_is_not_taken_for_whole(broken):
    digest = sha256(b"abc")
    with pytest.raises(Unavailable):
        list(broken(Short).read(digest))


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"], ids=["takes no body", "takes one"])
def test_a_store_that_never_answers_is_given_up(version, broken):
    going = threading.Event()

    class Silent(Broken):
        protocol_version = version

        def do_PUT(self) -> None:
            going.wait(60)

    blobs = broken(Silent, store_patience=1)
    with pytest.raises(Unavailable):
        blobs.put(b"abc")
    going.set()
