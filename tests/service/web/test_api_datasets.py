"""Datasets over real HTTP: forms, addresses, raw files for other sites, uploads cut off."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support.answers import error, made
from support.datasets import left, paths, post
from support.waiting import until
from traitlets.config import Config

from mlabs_ext.notebook import sha256

PUBLIC = {"visibility": "public", "license": "CC0-1.0", "description": "Measured by hand."}


def test_a_folder_becomes_a_dataset_that_other_sites_load(site):
    files = [("birds/a.csv", b"x,y\n1,2\n"), ("birds/more/b.csv", b"x,y\n3,4\n")]
    answer = post(site, files, name="d", title="Birds", tags="small, birds", **PUBLIC)
    dataset = made(answer)
    assert (dataset["title"], dataset["tags"], dataset["files"]) == ("Birds", ["small", "birds"], 2)
    assert answer.headers["Location"].endswith("/@ada/datasets/d")
    assert paths(site, who=None) == ["birds/a.csv", "birds/more/b.csv"]
    fixed = site.client().get("data/ada/d/1/birds/more/b.csv", headers={"Origin": "https://blog.example.org"})
    assert fixed.content == b"x,y\n3,4\n"
    assert fixed.headers["Access-Control-Allow-Origin"] == "*"
    assert fixed.headers["ETag"] == f'"{sha256(fixed.content)}"'
    assert "immutable" in fixed.headers["Cache-Control"]
    assert fixed.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    latest = site.client().get("data/ada/d/latest/birds/a.csv", headers={"Range": "bytes=4-6"})
    assert (latest.status_code, latest.content) == (206, b"1,2")
    assert latest.headers["Cache-Control"] == "public, no-cache"
    again = site.client().get(
        "data/ada/d/latest/birds/a.csv", headers={"If-None-Match": latest.headers["ETag"]}
    )
    assert again.status_code == 304
    assert site.client().get("data/ada/d/1/birds").status_code == 404
    listed = site.client().get("api/v1/datasets").json()
    assert [item["name"] for item in listed["items"]] == ["d"]
    until(lambda: not left(site))


def test_a_private_one_is_as_if_it_did_not_exist(site):
    made(post(site, [("a.csv", b"1")], name="d"))
    for path in ("api/v1/datasets/ada/d", "api/v1/datasets/ada/d/versions/1", "data/ada/d/1/a.csv"):
        for who in (None, "bob"):
            there = site.as_(who).get(path)
            never = site.as_(who).get(path.replace("/ada/d", "/ada/e"))
            assert there.status_code == never.status_code == 404
            assert there.json()["error"]["message"] == never.json()["error"]["message"].replace(
                "ada/e", "ada/d"
            )
        assert site.as_("ada").get(path).status_code == 200
    mine = site.as_("ada").get("data/ada/d/1/a.csv")
    assert "Access-Control-Allow-Origin" not in mine.headers
    assert mine.headers["Cache-Control"] == "private, no-store"


def test_the_next_version_changes_addresses_that_move_on_alone(site):
    made(post(site, [("a.csv", b"1")], name="d", **PUBLIC))
    second = made(post(site, [("b.csv", b"2")], to="datasets/ada/d/versions", keep="true", message="More"))
    assert (second["number"], [file["path"] for file in second["items"]]) == (2, ["a.csv", "b.csv"])
    assert site.client().get("data/ada/d/1/b.csv").status_code == 404
    assert site.client().get("data/ada/d/latest/b.csv").content == b"2"
    third = site.as_("ada").post("api/v1/datasets/ada/d/versions", json={"remove": ["a.csv"]})
    assert made(third)["number"] == 3
    error(post(site, [("b.csv", b"2")], who="bob", to="datasets/ada/d/versions"), 404, "dataset_not_found")
    error(post(site, [("b.csv", b"2")], who=None, to="datasets/ada/d/versions"), 403, "credentials_required")
    error(site.as_("ada").post("api/v1/datasets", json={"title": "T"}), 400, "files_missing")
    error(site.as_("ada").post("api/v1/datasets", content=b"x"), 400, "form_invalid")
    error(post(site, [("a", b"1")], colour="red"), 422, "fields_invalid")


@pytest.mark.parametrize(
    "path",
    ["../a", "/etc/passwd", "a/../../b", "..", "a//b", "data/", "a\\b", "%2e%2e/a", "..%2fa", "a%00b"],
)
def test_no_path_leads_out(site, path):
    boundary, name = "limit", path.encode()
    body = (
        b'--limit\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n1\r\n--limit--\r\n'
        % name
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    error(site.as_("ada").post("api/v1/datasets", content=body, headers=headers), 400, "path_invalid")
    until(lambda: not left(site))


def test_what_the_quota_has_no_room_for_is_refused_before_it_comes(start_site):
    config = Config()
    config.Plans.plans = {"free": {"storage": "1M"}}
    site = start_site(config)
    error(post(site, [("a", bytes(2 << 20))]), 507, "storage_full")
    boundary = b'--limit\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'

    def unannounced():
        yield boundary
        for _ in range(20):
            yield bytes(1 << 17)
        yield b"\r\n--limit--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=limit"}
    answer = site.as_("ada").post("api/v1/datasets", content=unannounced(), headers=headers)
    error(answer, 413, "upload_too_large")
    until(lambda: not left(site))


def test_an_upload_cut_at_half_leaves_nothing(site):
    head = (
        b"POST /services/mlabs/api/v1/datasets HTTP/1.1\r\nHost: x\r\nAuthorization: token ada-token\r\n"
        b"Content-Type: multipart/form-data; boundary=limit\r\nContent-Length: 5000000\r\n\r\n"
        b'--limit\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    )
    port = int(site.url.split(":")[2].split("/")[0])
    with socket.create_connection(("127.0.0.1", port)) as cut:
        cut.sendall(head + bytes(2_000_000))
        until(lambda: sum(path.stat().st_size for path in left(site)) > 1_000_000)
    until(lambda: not left(site))
    assert site.as_("ada").get("api/v1/datasets?owner=ada").json()["items"] == []
    body = b'--limit\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n1,2'
    headers = {"Content-Type": "multipart/form-data; boundary=limit"}
    error(site.as_("ada").post("api/v1/datasets", content=body, headers=headers), 400, "form_invalid")


def test_a_browsers_form_is_taken_with_its_token_alone(site):
    session = site.session("ada")
    token = session.headers.pop("X-XSRFToken")
    files = [("file", ("a.csv", b"1"))]
    for fields in ({}, {"_xsrf": "wrong"}):
        error(session.post("api/v1/datasets", data=fields, files=files), 403, "xsrf_invalid")
    error(session.post("api/v1/datasets", json={"run": "0" * 26}), 403, "xsrf_invalid")
    made(session.post("api/v1/datasets", data={"_xsrf": token, "name": "d"}, files=files))
    other = site.session("ada")
    other.headers["Origin"] = "https://evil.example.org"
    error(other.post("api/v1/datasets", files=files), 403, "cross_origin")
    until(lambda: not left(site))


class Elsewhere(BaseHTTPRequestHandler):
    """A site that has a file, and a way to it."""

    def do_GET(self):
        path = self.path.partition("?")[0]
        status, body = {"/way": (302, b"moved"), "/d/iris.csv": (200, b"a,b\n1,2\n")}.get(path, (404, b"no"))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/d/iris.csv?raw=1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def elsewhere():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_file_is_fetched_from_where_requests_may_go(start_site, elsewhere):
    url = {"url": f"{elsewhere}/way", "name": "d"}
    error(start_site().as_("ada").post("api/v1/datasets", json=url), 400, "address_refused")
    config = Config()
    config.Destinations.allowed_networks = ["127.0.0.1/32"]
    config.Destinations.ports = [int(elsewhere.rpartition(":")[2])]
    site = start_site(config)
    made(site.as_("ada").post("api/v1/datasets", json=url))
    assert paths(site) == ["iris.csv"]
    assert site.as_("ada").get("data/ada/d/1/iris.csv").content == b"a,b\n1,2\n"
    absent = site.as_("ada").post("api/v1/datasets", json={"url": f"{elsewhere}/never"})
    error(absent, 400, "fetch_failed")
    until(lambda: not left(site))


def test_the_same_request_twice_makes_one(site):
    ada = site.as_("ada")
    ada.headers["Idempotency-Key"] = "once"
    parts = [("file", ("a.csv", b"1"))]
    twice = [made(ada.post("api/v1/datasets", files=parts))["id"] for _ in range(2)]
    assert twice[0] == twice[1]
    other = ada.post("api/v1/datasets", files=[("file", ("a.csv", b"2"))])
    error(other, 422, "idempotency_key_reused")
    assert json.loads(other.text)["error"]["message"]


def preview(site, path, number="latest", who="ada"):
    return site.as_(who).get(f"api/v1/datasets/ada/d/versions/{number}/preview/{path}")


def test_files_are_looked_at_once_for_each_content(site):
    rows = "".join(f"{n};{n}\n" for n in range(20))
    files = [("a.csv", f"x;y\n{rows}".encode()), ("read.me.txt", b"Hello"), ("b.bin", b"\0"), ("c.png", b"x")]
    made(post(site, files, name="d"))
    table = preview(site, "a.csv").json()
    assert [column["type"] for column in table["table"]["columns"]] == ["integer", "integer"]
    assert [problem["code"] for problem in table["problems"]] == ["separator"]
    assert preview(site, "read.me.txt").json()["text"] == "Hello"
    assert [preview(site, path).json()["kind"] for path in ("b.bin", "c.png")] == ["other", "image"]
    kept = [path.stat().st_ino for path in Path(site.service.previews.directory).rglob("*.json")]
    assert preview(site, "a.csv", "1").json() == table
    again = [path.stat().st_ino for path in Path(site.service.previews.directory).rglob("*.json")]
    assert (len(kept), kept) == (4, again)
    error(preview(site, "a.csv", who="bob"), 404, "dataset_not_found")
    error(preview(site, "never.csv"), 404, "file_not_found")
