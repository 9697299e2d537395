"""A store that fails is said, and keeps what it acknowledged; the service works on one as on a folder."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.blobs import ONCE, WAYS, write
from support.s3 import KEY, SECRET, Store
from traitlets.config import Config

from mlabs_ext.errors import MLabsError, Unavailable
from mlabs_ext.notebook import sha256
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.blobs_remote import PART

pytestmark = pytest.mark.s3

LARGE = bytes(range(256)) * (6 * PART // 256)


@pytest.fixture
def blobs(s3_store: Store, tmp_path: Path) -> Blobs:
    return Blobs(directory=str(tmp_path / "blobs"), **s3_store.settings(**ONCE))


@pytest.fixture
def killed(s3_store: Store) -> Iterator[Callable[[], None]]:
    """Kills the store; it is there again afterwards."""
    yield s3_store.kill
    if not s3_store.runs:
        s3_store.start()


def uploads(store: Store, blobs: Blobs) -> list[dict[str, Any]]:
    """The uploads in parts that have not ended."""
    files = store.files()
    bucket, folder, _ = files.split_path(blobs.url)
    return files.call_s3("list_multipart_uploads", Bucket=bucket, Prefix=folder).get("Uploads", [])


def refused(blobs: Blobs, digest: str) -> set[str]:
    """The ways in which nothing was to be had."""
    failed = set()
    for way, use in WAYS.items():
        try:
            use(blobs, digest)
        except Unavailable as error:
            assert error.code == "blobs_unavailable"
            failed.add(way)
    return failed


def test_keys_are_the_paths_of_local_files(blobs, s3_store):
    digest = blobs.put(b"abc")
    assert s3_store.files().cat_file(f"{blobs.url}/{digest[7:9]}/{digest[9:]}") == b"abc"


def test_a_store_that_is_not_there_and_comes_back(blobs, s3_store, killed, tmp_path):
    digest = blobs.put(b"abc")
    with blobs.open(digest, buffer=1) as file:
        killed()
        with pytest.raises(Unavailable):
            file.read()
    assert refused(blobs, digest) == set(WAYS)
    with pytest.raises(Unavailable):
        blobs.sweep(datetime.now(UTC))
    assert list(blobs.unfinished.iterdir()) == []
    s3_store.start()
    assert blobs.get(digest) == b"abc"
    assert not blobs.exists(sha256(b"new"))
    assert refused(blobs, digest) == set()


def put_until_refused(blobs: Blobs, number: int, kept: list[str]) -> None:
    """Note the digests that are acknowledged: of small blobs at once, and of large ones in pieces."""
    for n in range(1_000_000):
        data = f"{number} {n} ".encode() * (400_000 if n % 20 == 19 else 100)
        try:
            kept.append(write(blobs, data) if n % 2 else blobs.put(data))
        except Unavailable:
            return
    raise AssertionError("The store was not killed.")


@pytest.mark.timeout(300)
def test_a_killed_store_keeps_what_it_acknowledged(blobs, s3_store, killed):
    kept: list[str] = []
    threads = [threading.Thread(target=put_until_refused, args=(blobs, number, kept)) for number in range(4)]
    for thread in threads:
        thread.start()
    while len(kept) < 100 and all(thread.is_alive() for thread in threads):
        time.sleep(0.05)
    killed()
    for thread in threads:
        thread.join()
    s3_store.start()
    assert len(kept) >= 100
    assert [digest for digest in kept if sha256(blobs.get(digest)) != digest] == []


def test_a_store_that_is_killed_amid_an_upload_has_no_part_of_it(blobs, s3_store, killed):
    failed: list[MLabsError] = []

    def upload() -> None:
        try:
            write(blobs, LARGE)
        except MLabsError as error:
            failed.append(error)

    thread = threading.Thread(target=upload)
    thread.start()
    while not uploads(s3_store, blobs):
        assert thread.is_alive()
    killed()
    thread.join()
    assert [type(error) for error in failed] == [Unavailable]
    assert list(blobs.unfinished.iterdir()) == []
    s3_store.start()
    assert not blobs.exists(sha256(LARGE))
    assert write(blobs, LARGE) == sha256(LARGE)
    assert b"".join(blobs.read(sha256(LARGE))) == LARGE


def test_an_abandoned_writer_leaves_nothing_in_the_store(blobs, s3_store):
    with blobs.writer() as writer:
        writer.write(LARGE)
    assert s3_store.files().find(blobs.url) == []
    assert uploads(s3_store, blobs) == []


def test_uploads_that_never_ended_are_forgotten_after_a_day(blobs, s3_store):
    files = s3_store.files()
    bucket, folder, _ = files.split_path(blobs.url)
    files.call_s3("create_multipart_upload", Bucket=bucket, Key=f"{folder}/ab/cd")
    files.call_s3("create_multipart_upload", Bucket=bucket, Key=f"{folder}-of-others/ab/cd")
    now = datetime.now(UTC)
    for hours, there in ((23, 1), (23.5, 1), (25, 0)):
        blobs.sweep(now + timedelta(hours=hours))
        mine = [one for one in uploads(s3_store, blobs) if one["Key"].startswith(f"{folder}/")]
        assert len(mine) == there
    assert len(uploads(s3_store, blobs)) == 1


MEMORY = r"""
import json, pathlib, re, sys
from mlabs_ext.service.blobs import Blobs

blobs = Blobs(directory=sys.argv[1], **json.loads(sys.argv[2]))
MIB = 1024 * 1024

def peak():
    # Unlike what getrusage says, without that of the process which began this one.
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path("/proc/self/status").read_text())[1]) // 1024

def keep(size):
    with blobs.writer() as writer:
        for n in range(size):
            writer.write(n.to_bytes(4) * (MIB // 4))
        return writer.commit()

sizes = []
for size in (16, 64):
    digest = keep(size)
    assert sum(map(len, blobs.read(digest))) == blobs.size(digest) == size * MIB
    sizes.append(peak())
print(json.dumps(sizes))
"""


def test_memory_does_not_grow_with_the_size_of_a_blob(blobs, tmp_path):
    settings = json.dumps({"url": blobs.url, "storage_options": blobs.storage_options})
    arguments = [sys.executable, "-c", MEMORY, str(tmp_path), settings]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    small, large = json.loads(done.stdout)
    assert large - small < 3 * PART // 1024**2


# Credentials


def test_credentials_come_from_the_ordinary_variables(s3_store, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_store.options["endpoint_url"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    blobs = Blobs(directory=str(tmp_path), url=s3_store.settings()["url"])
    assert blobs.get(blobs.put(b"abc")) == b"abc"


@pytest.mark.parametrize("wrong", ["secret", "key"])
def test_a_store_that_refuses_us_is_said_without_the_secret(wrong, s3_store, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    digest = Blobs(directory=str(tmp_path), **s3_store.settings()).put(b"abc")
    settings = s3_store.settings(**{wrong: f"{s3_store.options[wrong]}-of-others"})
    blobs = Blobs(directory=str(tmp_path), **settings)
    assert refused(blobs, digest) == set(WAYS)
    assert "The store of the blobs failed: PermissionError" in caplog.text
    assert SECRET not in caplog.text


def test_without_its_bucket_no_blob_is_called_absent(s3_store, tmp_path):
    blobs = Blobs(directory=str(tmp_path), url="s3://nobodys/blobs", storage_options=s3_store.options)
    # S3 has no complaint about deleting what is not there.
    assert refused(blobs, sha256(b"abc")) >= WAYS.keys() - {"delete"}


# The service on a store


def test_publish_render_fork_and_download_on_a_store(s3_store, start_site, make_notebook):
    settings = s3_store.settings()
    site = start_site(Config({"Blobs": settings}))
    notebook = make_notebook("# Hello", "6 * 7")
    site.publish(name="mnist", notebook=notebook)
    assert ">Hello" in site.as_(None).get("render/@ada/mnist/v/1").text
    assert site.as_(None).get("@ada/mnist").status_code == 200
    fork = site.as_("bob").post("api/v1/labs/ada/mnist/fork", json={})
    assert fork.status_code == 201, fork.text
    download = site.as_(None).get("api/v1/labs/bob/mnist/versions/1/notebook")
    assert [cell["source"] for cell in download.json()["cells"]] == [["# Hello"], ["6 * 7"]]
    site.service.sweep()
    assert [file for file in Path(site.service.data_dir, "blobs").rglob("*") if file.is_file()] == []
    assert len(s3_store.files().find(settings["url"])) == 1


def test_the_service_outlives_its_store(s3_store, start_site, make_notebook, killed):
    site = start_site(Config({"Blobs": s3_store.settings()}))
    site.publish(name="mnist")
    page = site.as_(None).get("render/@ada/mnist/v/1")
    killed()
    answer = site.as_("ada").post("api/v1/labs", json={"notebook": make_notebook("2"), "name": "lost"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "blobs_unavailable")
    assert site.as_("ada").get("api/v1/labs/ada/lost").status_code == 404
    assert site.as_(None).get("api/v1/labs/ada/mnist/versions/1/notebook").status_code == 503
    # What was rendered before is a file of the service's own.
    assert site.as_(None).get("render/@ada/mnist/v/1").text == page.text
    assert site.as_(None).get("healthz").status_code == 200
    s3_store.start()
    assert site.publish(name="lost")["version"] == 1
    assert site.as_(None).get("api/v1/labs/ada/mnist/versions/1/notebook").status_code == 200
