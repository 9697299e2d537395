"""Uploads in pieces, by the tus protocol as its specification says, over connections that break."""

from __future__ import annotations

import base64
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from support.waiting import until
from traitlets.config import Config

from mlabs_ext.notebook import sha256

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = TUS | {"Content-Type": "application/offset+octet-stream"}


def named(path):
    return f"filename {base64.b64encode(path.encode()).decode()},filetype dGV4dC9jc3Y="


def begin(site, size, path="a.csv", who="ada", **headers):
    sent = TUS | {"Upload-Length": str(size), "Upload-Metadata": named(path)} | headers
    return site.as_(who).post("api/v1/uploads", headers=sent)


def begun(site, size, path="a.csv"):
    """The address of a new upload."""
    answer = begin(site, size, path)
    assert (answer.status_code, answer.headers["Tus-Resumable"]) == (201, "1.0.0"), answer.text
    return answer.headers["Location"].rpartition("/services/mlabs/")[2]


def send(site, url, offset, data, who="ada", **headers):
    return site.as_(who).patch(url, content=data, headers=PIECE | {"Upload-Offset": str(offset)} | headers)


def offset(site, url):
    answer = site.as_("ada").head(url, headers=TUS)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    return int(answer.headers["Upload-Offset"])


def error(answer, status, code):
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text


def left(site):
    return [path.name for path in Path(site.service.staging.directory).glob("*")]


def test_a_server_says_what_it_understands(lasting_site):
    answer = lasting_site.as_("ada").options("api/v1/uploads")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert set(answer.headers["Tus-Extension"].split(",")) == {"creation", "expiration", "termination"}
    assert int(answer.headers["Tus-Max-Size"]) == 20 << 30


def test_a_file_in_pieces_becomes_a_dataset(site):
    url = begun(site, 10, "in/a.csv")
    assert offset(site, url) == 0
    first = send(site, url, 0, b"12345")
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "5")
    expires = parsedate_to_datetime(first.headers["Upload-Expires"])
    assert timedelta(minutes=50) < expires - datetime.now(UTC) < timedelta(minutes=61)
    upload = url.rpartition("/")[2]
    early = site.as_("ada").post("api/v1/datasets", json={"uploads": [upload]})
    error(early, 422, "upload_incomplete")
    last = send(site, url, 5, b"67890")
    assert last.headers["Upload-Offset"] == "10"
    assert "Upload-Expires" not in last.headers
    assert site.as_("ada").head(url, headers=TUS).headers["Upload-Length"] == "10"
    made = site.as_("ada").post("api/v1/datasets", json={"uploads": [upload], "name": "d"})
    assert made.status_code == 201, made.text
    assert site.as_("ada").get("data/ada/d/1/in/a.csv").content == b"1234567890"
    until(lambda: not left(site))
    error(site.as_("ada").get(url), 404, "upload_not_found")


def test_an_empty_file_is_complete_at_once(site):
    upload = begun(site, 0).rpartition("/")[2]
    made = site.as_("ada").post("api/v1/datasets", json={"uploads": [upload], "name": "d"})
    assert made.json()["size"] == 0


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412, "tus_version"),
        ({"Upload-Length": "-1"}, 400, "header_invalid"),
        ({"Upload-Length": "ten"}, 400, "header_invalid"),
        ({"Upload-Length": ""}, 400, "header_invalid"),
        ({"Upload-Length": str(21 << 30)}, 413, "file_too_large"),
        ({"Upload-Metadata": "filename !"}, 400, "header_invalid"),
        ({"Upload-Metadata": "title YQ=="}, 400, "header_invalid"),
        ({"Upload-Metadata": named("../a")}, 400, "path_invalid"),
    ],
)
def test_what_the_protocol_does_not_know_is_refused(lasting_site, headers, status, code):
    answer = begin(lasting_site, 10, **headers)
    error(answer, status, code)
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert (answer.headers.get("Tus-Version") == "1.0.0") == (status == 412)


@pytest.mark.parametrize(("verb", "place"), [("PUT", ""), ("PUT", "/x"), ("POST", "/x")])
def test_what_is_no_verb_here_is_said_before_the_version(lasting_site, verb, place):
    answer = lasting_site.as_("ada").request(verb, f"api/v1/uploads{place}")
    error(answer, 405, "method_not_allowed")
    assert "OPTIONS" in answer.headers["Allow"]


def test_pieces_follow_each_other_and_end_where_the_file_does(site):
    url = begun(site, 10)
    error(send(site, url, 3, b"x"), 409, "offset_mismatch")
    assert send(site, url, 0, b"12345").status_code == 204
    error(send(site, url, 0, b"12345"), 409, "offset_mismatch")
    error(send(site, url, 5, b"x", **{"Content-Type": "text/plain"}), 415, "media_type_unsupported")
    error(send(site, url, 5, b"123456"), 413, "upload_too_long")
    error(send(site, url, 5, b"x", **{"Tus-Resumable": "2.0.0"}), 412, "tus_version")
    assert offset(site, url) == 5


def test_an_upload_is_its_owners_alone(site):
    url = begun(site, 10)
    for who in ("bob", "admin"):
        error(site.as_(who).get(url), 404, "upload_not_found")
        error(send(site, url, 0, b"x", who=who), 404, "upload_not_found")
        error(site.as_(who).delete(url, headers=TUS), 404, "upload_not_found")
        used = site.as_(who).post("api/v1/datasets", json={"uploads": [url.rpartition("/")[2]]})
        error(used, 404, "upload_not_found")
    error(site.client().get(url), 403, "credentials_required")
    error(begin(site, 10, who=None), 403, "credentials_required")
    assert site.as_("ada").delete(url, headers=TUS).status_code == 204
    assert left(site) == []


def test_a_broken_connection_loses_nothing_that_came(site):
    data = os.urandom(3_000_000)
    url = begun(site, len(data))
    broken = connect(site, url, 0, len(data))
    broken.sendall(data[:2_000_000])
    until(lambda: offset(site, url) == 2_000_000)
    error(send(site, url, 2_000_000, b"x"), 423, "upload_locked")
    broken.close()
    until(lambda: send(site, url, 2_000_000, data[2_000_000:]).status_code == 204)
    upload = url.rpartition("/")[2]
    assert site.as_("ada").post("api/v1/datasets", json={"uploads": [upload], "name": "d"}).is_success
    file = site.as_("ada").get("api/v1/datasets/ada/d/versions/1").json()["items"][0]
    assert (file["size"], file["digest"]) == (len(data), sha256(data))


def connect(site, url, at, size):
    """A connection that is about to send so many bytes."""
    port = urlsplit(site.url).port
    sender = socket.create_connection(("127.0.0.1", port))
    sender.sendall(
        (
            f"PATCH /services/mlabs/{url} HTTP/1.1\r\nHost: x\r\nAuthorization: token ada-token\r\n"
            f"Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\n"
            f"Upload-Offset: {at}\r\nContent-Length: {size}\r\n\r\n"
        ).encode()
    )
    return sender


def test_what_nobody_goes_on_with_is_gone_after_an_hour(site):
    url = begun(site, 10)
    send(site, url, 0, b"12345")
    now = datetime.now(UTC)
    site.service.uploads.sweep(now + timedelta(minutes=55))
    assert offset(site, url) == 5
    site.service.uploads.sweep(now + timedelta(minutes=65))
    error(site.as_("ada").get(url), 404, "upload_not_found")
    assert left(site) == []
    with site.service.staging.folder() as folder:
        folder.new().write_bytes(b"x")
        site.service.uploads.sweep(now + timedelta(days=2))
        assert len(list(folder.path.iterdir())) == 2, "somebody sends this now"
    killed = Path(site.service.staging.directory, "form-killed")
    killed.mkdir()
    (killed / "1").write_bytes(b"x")
    site.service.uploads.sweep(now + timedelta(minutes=30))
    assert killed.exists()
    site.service.uploads.sweep(now + timedelta(minutes=65))
    assert left(site) == []


def test_what_is_announced_counts_at_once(start_site):
    config = Config()
    config.Plans.plans = {"free": {"storage": "1M"}}
    config.Uploads.max_open = 2
    site = start_site(config)
    url = begun(site, 900_000)
    error(begin(site, 200_000), 507, "storage_full")
    begun(site, 1)
    error(begin(site, 1), 429, "too_many_uploads")
    for _ in range(2):
        assert site.as_("ada").get("api/v1/me").json()["usage"]["storage_bytes"] == 900_001
    data = bytes(900_000)
    assert send(site, url, 0, data).status_code == 204
    made = site.as_("ada").post("api/v1/datasets", json={"uploads": [url.rpartition("/")[2]]})
    assert made.status_code == 201, made.text


@pytest.mark.parametrize("size", [32 << 20, pytest.param(1 << 30, marks=pytest.mark.slow)])
def test_a_large_file_comes_in_two_halves_and_memory_stays_flat(site, size):
    url, block = begun(site, size, "big.bin"), os.urandom(1 << 20)
    blocks = size >> 20
    me, most = psutil.Process(), 0
    before = me.memory_info().rss
    for at, end in ((0, blocks // 2), (blocks // 2, blocks)):
        with connect(site, url, at << 20, (blocks - at) << 20) as sender:
            for _ in range(at, end):
                sender.sendall(block)
                most = max(most, me.memory_info().rss)
            until(lambda end=end: offset(site, url) == end << 20, 120)
        # The lock of the connection that broke is let go in its own time.
        until(lambda end=end: end == blocks or send(site, url, end << 20, b"").status_code == 204)
    fields = {"uploads": [url.rpartition("/")[2]], "name": "d"}
    started = time.monotonic()
    made = site.client(Authorization="token ada-token").post("api/v1/datasets", json=fields, timeout=300)
    assert made.status_code == 201, made.text
    print(f"\nmade of {size >> 20} MiB in {time.monotonic() - started:.1f} s")
    assert made.json()["size"] == size
    assert max(most, me.memory_info().rss) - before < 60 << 20


def test_the_same_request_again_has_the_same_answer_though_its_uploads_are_gone(site):
    url = begun(site, 5)
    assert send(site, url, 0, b"a,b\n1").status_code == 204
    fields = {"uploads": [url.rpartition("/")[2]], "name": "d"}
    ada = site.as_("ada")
    ada.headers["Idempotency-Key"] = "once"
    made = ada.post("api/v1/datasets", json=fields)
    until(lambda: not left(site))
    again = ada.post("api/v1/datasets", json=fields)
    assert (made.status_code, again.status_code, again.json()) == (201, 201, made.json())
    error(ada.post("api/v1/datasets", json=fields | {"name": "e"}), 422, "idempotency_key_reused")
    del ada.headers["Idempotency-Key"]
    error(ada.post("api/v1/datasets", json=fields | {"name": "e"}), 404, "upload_not_found")


def test_one_request_sent_many_times_at_once_makes_one_dataset(site):
    url = begun(site, 5)
    assert send(site, url, 0, b"a,b\n1").status_code == 204
    fields = {"uploads": [url.rpartition("/")[2]], "name": "d"}

    def post(_):
        headers = {"Idempotency-Key": "once"}
        return site.as_("ada").post("api/v1/datasets", json=fields, headers=headers)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, range(8)))
    assert {answer.status_code for answer in answers} == {201}, [one.text for one in answers]
    assert len({answer.json()["id"] for answer in answers}) == 1
