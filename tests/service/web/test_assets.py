"""Asset files over real HTTP: ranges, caches, other sites' pages, who may see them, archives."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from support.answers import error
from support.outputs import DATA, begin, end, get
from support.outputs import run as run

from mlabs_ext.errors import Unavailable
from mlabs_ext.notebook import sha256
from mlabs_ext.service import assets


def test_a_front_end_elsewhere_may_load_a_public_file(site, run):
    answer = get(site, run, Origin="https://blog.example.org")
    assert answer.content == DATA
    headers = answer.headers
    assert headers["Content-Length"] == str(len(DATA))
    assert headers["ETag"] == f'"{sha256(DATA)}"'
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Content-Length" in headers["Access-Control-Expose-Headers"]
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Disposition"].startswith("attachment;")


def test_whoever_asks_for_what_moves_on_is_told_the_run(site, run):
    fixed = f"/services/mlabs/assets/ada/x/{run}/model/weights.bin"
    answer = get(site, "latest", Origin="https://blog.example.org")
    assert answer.headers["Content-Location"] == fixed
    assert "Content-Location" in answer.headers["Access-Control-Expose-Headers"]
    assert get(site, run).headers["Content-Location"] == fixed
    unchanged = get(site, "latest", **{"If-None-Match": answer.headers["ETag"]})
    assert (unchanged.status_code, unchanged.headers["Content-Location"]) == (304, fixed)
    assert site.as_("ada").put("api/v1/labs/ada/x/assets/by-hand.csv", content=b"1").status_code == 201
    assert "Content-Location" not in get(site, "latest", "by-hand.csv").headers


def test_a_front_end_elsewhere_may_read_why_not_and_learns_nothing_of_private_labs(site, run):
    site.as_("ada").patch("api/v1/labs/ada/x", json={"visibility": "private"})

    def refused(lab):
        answer = site.as_(None).get(f"assets/ada/{lab}/{run}/model/weights.bin")
        error(answer, 404, "lab_not_found")
        del answer.headers["Date"], answer.headers["X-Request-ID"]
        return answer.headers, answer.text.replace(f"ada/{lab}", "…")

    assert refused("x") == refused("y")
    assert refused("x")[0]["Access-Control-Allow-Origin"] == "*"
    for answer in (
        get(site, run, "absent", token="ada"),
        site.as_(None).put("api/v1/labs/ada/x/assets/a", content=b"x"),
    ):
        assert answer.status_code in (403, 404)
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_run_is_asked_for_again_while_files_of_it_may_still_come_and_is_kept_then(site, run, monkeypatch):
    assert get(site, run).headers["Cache-Control"] == "public, no-cache"
    end(site, run)
    late = site.as_("ada").put(f"api/v1/runs/{run}/outputs/model/weights.bin", content=b"what came last")
    assert late.status_code == 201
    assert get(site, run).headers["Cache-Control"] == "public, no-cache"
    assert get(site, run).content == b"what came last"
    monkeypatch.setattr(assets, "SETTLED", -timedelta(days=1))
    assert "immutable" in get(site, run).headers["Cache-Control"]
    assert get(site, "latest").headers["Cache-Control"] == "public, no-cache"


def test_what_has_not_changed_is_not_sent_again(site, run):
    etag = get(site, "latest").headers["ETag"]
    answer = get(site, "latest", **{"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert get(site, "latest", **{"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("bytes=0-9", DATA[:10]),
        ("bytes=100-199", DATA[100:200]),
        ("bytes=255999-", DATA[-1:]),
        ("bytes=-5", DATA[-5:]),
        ("bytes=-999999", DATA),
        ("bytes=255990-999999", DATA[-10:]),
    ],
)
def test_a_range(site, run, asked, expected):
    answer = get(site, run, Range=asked)
    assert (answer.status_code, answer.content) == (206, expected)
    start = DATA.index(expected) if len(expected) > 256 else len(DATA) - len(expected)
    if asked in ("bytes=0-9", "bytes=100-199"):
        start = int(asked[6:].split("-")[0])
    whole = f"bytes {start}-{start + len(expected) - 1}/{len(DATA)}"
    assert answer.headers["Content-Range"] == whole


@pytest.mark.parametrize("asked", ["bytes=9-3", "bytes=-", "lines=1-2", "bytes=0-1,5-6", "bytes=x-y"])
def test_what_is_no_single_range_gets_the_whole_file(site, run, asked):
    answer = get(site, run, Range=asked)
    assert (answer.status_code, answer.content) == (200, DATA)


def test_a_range_behind_the_end(site, run):
    answer = get(site, run, Range="bytes=256000-")
    error(answer, 416, "range_unsatisfiable")
    assert answer.headers["Content-Range"] == "bytes */256000"


def test_a_range_of_a_file_that_has_changed_gets_the_new_one_whole(site, run):
    assert get(site, run, **{"Range": "bytes=0-9", "If-Range": '"old"'}).content == DATA
    etag = get(site, run).headers["ETag"]
    assert get(site, run, **{"Range": "bytes=0-9", "If-Range": etag}).content == DATA[:10]


def test_head_tells_all_but_the_bytes(site, run):
    answer = site.as_(None).head(f"assets/ada/x/{run}/model/weights.bin")
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, str(len(DATA)))
    assert answer.content == b""


def test_other_sites_may_ask_for_ranges_without_credentials(site, run):
    answer = site.as_(None).options(f"assets/ada/x/{run}/model/weights.bin")
    assert answer.status_code == 204
    assert "Range" in answer.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    ("name", "media", "shown"),
    [
        ("plot.png", "image/png", True),
        ("drawing.svg", "image/svg+xml", True),
        ("history.json", "application/json", True),
        ("table.csv", "text/csv", True),
        ("page.html", "text/html", False),
        ("code.js", "text/javascript", False),
        ("model.onnx", "application/octet-stream", False),
        ("archive.tar.gz", "application/octet-stream", False),
        ("name", "application/octet-stream", False),
    ],
)
def test_types_are_by_name_and_only_what_is_harmless_is_shown(site, run, name, media, shown):
    begin(site, [(name, b"<script>alert(1)</script>")])
    answer = get(site, "latest", name)
    assert answer.headers["Content-Type"] == media
    assert answer.headers["Content-Disposition"].startswith("inline" if shown else "attachment")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_private_labs_answer_like_labs_that_are_not_there(site, run):
    end(site, run)
    site.as_("ada").patch("api/v1/labs/ada/x", json={"visibility": "private"})
    absent = site.as_(None).get("assets/ada/absent/latest/model/weights.bin")
    error(absent, 404, "lab_not_found")
    for which in (run, "latest", "1", "best"):
        query = "?metric=loss" if which == "best" else ""
        for token in (None, "bob"):
            error(get(site, which, f"model/weights.bin{query}", token), 404, "lab_not_found")
    for path in (
        f"runs/{run}/outputs",
        f"runs/{run}/outputs.zip",
        "labs/ada/x/assets",
        "labs/ada/x/assets.zip",
    ):
        assert site.as_("bob").get(f"api/v1/{path}").status_code == 404
    answer = get(site, run, token="ada")
    assert answer.content == DATA
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Cross-Origin-Resource-Policy" not in answer.headers


def test_best_follows_the_metric(site, run):
    error(get(site, "best"), 400, "metric_missing")
    error(get(site, "best", "model/weights.bin?metric=loss"), 404, "metric_not_found")


def test_all_files_in_one_archive(site, run):
    begin(site, [("model/weights.bin", b"new"), ("history.json", b"{}")])
    answer = site.as_(None).get("api/v1/labs/ada/x/assets.zip")
    assert answer.headers["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    assert {name: archive.read(name) for name in archive.namelist()} == {
        "history.json": b"{}",
        "model/weights.bin": b"new",
    }
    of_run = zipfile.ZipFile(io.BytesIO(site.as_(None).get(f"api/v1/runs/{run}/outputs.zip").content))
    assert of_run.read("model/weights.bin") == DATA


def test_a_store_that_fails_before_the_first_byte_is_told(site, run, monkeypatch):
    class Away(io.RawIOBase):
        def seekable(self):
            return True

        def seek(self, place, whence=0):
            return place

        def readinto(self, buffer):
            raise Unavailable("The store does not answer.", "store_unavailable")

    monkeypatch.setattr(site.service.blobs, "open", lambda digest, buffer: Away())
    answer = get(site, run)
    error(answer, 503, "store_unavailable")
    assert answer.headers["Cache-Control"] == "no-cache"
