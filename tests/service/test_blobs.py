"""Blobs are whole or not there, wherever they are kept."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlabs_ext.errors import BadInput, NotFound
from mlabs_ext.notebook import sha256
from mlabs_ext.service.blobs import CHUNK, Blobs

MIB = 1024 * 1024
ABSENT = f"sha256:{'0' * 64}"
# More than two parts of an upload, and not a whole number of anything.
LARGE = random.Random(1).randbytes(17 * MIB + 12_345)


def blobs_in(place: str, request: pytest.FixtureRequest, directory: Path) -> Blobs:
    """Blobs in a place of that kind with nothing in it."""
    settings = {
        "local": dict,
        "memory": lambda: {"url": f"memory://{uuid.uuid4().hex}/blobs"},
        "s3": lambda: request.getfixturevalue("s3_store").settings(),
    }[place]()
    return Blobs(directory=str(directory), **settings)


PLACES = ["local", "memory", pytest.param("s3", marks=pytest.mark.s3)]


@pytest.fixture(params=PLACES)
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return blobs_in(request.param, request, tmp_path / "blobs")


@pytest.fixture(scope="module", params=PLACES)
def with_large(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Blobs:
    """Blobs to read from, of which one is large."""
    blobs = blobs_in(request.param, request, tmp_path_factory.mktemp("blobs"))
    blobs.put(LARGE)
    return blobs


def left(blobs: Blobs) -> list[Path]:
    """What lies where files are written before they get their name."""
    return list(blobs.unfinished.glob("*"))


def test_what_is_put_can_be_got(blobs):
    digest = blobs.put(b"abc")
    assert digest == sha256(b"abc")
    assert (blobs.get(digest), blobs.size(digest), blobs.exists(digest)) == (b"abc", 3, True)
    assert blobs.put(b"abc") == digest
    empty = blobs.put(b"")
    assert (blobs.get(empty), blobs.size(empty), list(blobs.read(empty))) == (b"", 0, [])
    assert left(blobs) == []


READERS = {
    "get": Blobs.get,
    "size": Blobs.size,
    "open": Blobs.open,
    "read": lambda blobs, digest: list(blobs.read(digest)),
    "local path": Blobs.local_path,
}


@pytest.mark.parametrize("reader", [reader for reader in READERS if reader != "local path"])
def test_what_is_not_there(blobs, reader):
    assert not blobs.exists(ABSENT)
    with pytest.raises(NotFound) as caught:
        READERS[reader](blobs, ABSENT)
    assert caught.value.code == "blob_not_found"


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "digest",
    ["", "abc", "sha256:", "sha256:../../etc/passwd", *(f"sha256:{d}" for d in ("A" * 64, "0" * 65))],
)
def test_digests_that_name_nothing(digest, reader, tmp_path):
    blobs = Blobs(directory=str(tmp_path))
    for use in (READERS[reader], Blobs.exists, Blobs.delete):
        with pytest.raises(NotFound):
            use(blobs, digest)


def test_the_same_from_many_at_once(blobs):
    with ThreadPoolExecutor(16) as pool:
        digests = set(pool.map(lambda n: blobs.put(b"x" * 100_000 + bytes([n % 4])), range(64)))
    assert len(digests) == 4
    assert left(blobs) == []
    assert all(sha256(blobs.get(digest)) == digest for digest in digests)


@pytest.mark.parametrize("content", [b"", b"abc", LARGE], ids=["empty", "small", "large"])
def test_a_blob_that_is_written_in_pieces(blobs, content):
    for _ in range(2):
        with blobs.writer() as writer:
            for start in range(0, len(content), 999_999):
                writer.write(content[start : start + 999_999])
            assert writer.size == len(content)
            assert writer.commit() == sha256(content)
    assert blobs.size(sha256(content)) == len(content)
    assert blobs.get(sha256(content)) == content
    assert left(blobs) == []


def test_a_file_is_kept_as_a_copy(blobs, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(LARGE)
    digest = blobs.put_file(file)
    assert digest == sha256(LARGE)
    file.write_bytes(b"other")
    assert b"".join(blobs.read(digest)) == LARGE
    assert left(blobs) == []


def test_a_writer_that_is_abandoned_leaves_nothing(blobs):
    with blobs.writer() as writer:
        writer.write(LARGE)
    with pytest.raises(ZeroDivisionError), blobs.writer() as writer:
        writer.write(LARGE)
        1 / 0  # noqa: B018
    assert left(blobs) == []
    assert not blobs.exists(sha256(LARGE))


def test_nothing_can_be_written_after_the_commit(blobs):
    with blobs.writer() as writer:
        writer.write(b"abc")
        digest = writer.commit()
        with pytest.raises(ValueError, match="closed"):
            writer.write(b"def")
    assert blobs.get(digest) == b"abc"


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        (0, None),
        (0, 1),
        (5 * MIB, 5 * MIB + 10),
        (4 * MIB - 1, 9 * MIB + 1),
        (17 * MIB, None),
        (17 * MIB, 99 * MIB),
    ],
)
def test_a_range_comes_in_pieces(with_large, start, stop):
    pieces = list(with_large.read(sha256(LARGE), start, stop))
    assert b"".join(pieces) == LARGE[start:stop]
    assert max(map(len, pieces)) <= CHUNK


@pytest.mark.parametrize(("start", "stop"), [(3, 3), (5, 2), (len(LARGE), None), (len(LARGE) + 9, None)])
def test_a_range_with_nothing_in_it(with_large, start, stop):
    assert list(with_large.read(sha256(LARGE), start, stop)) == []


def test_one_can_seek_in_an_open_blob(with_large):
    chance, like = random.Random(2), io.BytesIO(LARGE)
    with with_large.open(sha256(LARGE), buffer=100_000) as file:
        for _ in range(30):
            place, size = chance.randrange(len(LARGE) + 1000), chance.choice([1, 5_000, 300_000])
            assert file.seek(place) == like.seek(place) == file.tell()
            assert file.read(size) == like.read(size)
        assert file.seek(-10, os.SEEK_END) == like.seek(-10, os.SEEK_END)
        assert file.read() == like.read()
        assert file.read() == b""
        file.seek(3)
        assert file.read() == LARGE[3:]
        with pytest.raises((ValueError, OSError)):
            file.seek(-1)


def test_only_local_blobs_are_files(request, tmp_path):
    local, remote = (blobs_in(place, request, tmp_path / place) for place in ("local", "memory"))
    path = local.local_path(local.put(b"abc"))
    assert path.read_bytes() == b"abc"
    assert remote.local_path(remote.put(b"abc")) is None


def test_a_blob_that_is_deleted_is_gone(blobs):
    digest, other = blobs.put(b"abc"), blobs.put(b"other")
    for _ in range(2):
        blobs.delete(digest)
        assert not blobs.exists(digest)
    assert blobs.get(other) == b"other"
    assert blobs.put(b"abc") == digest
    assert blobs.get(digest) == b"abc"


def test_leftovers_of_killed_writers_are_removed_after_an_hour(blobs):
    blobs.unfinished.mkdir(parents=True)
    for name, age in (("old", 3700), ("young", 3500)):
        file = blobs.unfinished / name
        file.write_bytes(b"torn")
        os.utime(file, (time.time() - age,) * 2)
    blobs.sweep(datetime.now(UTC))
    assert [file.name for file in left(blobs)] == ["young"]


def test_a_writer_that_pauses_for_hours_goes_on(blobs):
    with blobs.writer() as writer:
        writer.write(b"abc")
        [file] = left(blobs)
        os.utime(file, (time.time() - 7200,) * 2)
        blobs.sweep(datetime.now(UTC))
        writer.write(b"def")
        assert blobs.get(writer.commit()) == b"abcdef"
    assert left(blobs) == []


def test_a_folder_can_be_copied_to_a_store_as_it_is(request, tmp_path):
    local, remote = (blobs_in(place, request, tmp_path / place) for place in ("local", "memory"))
    digest = local.put(b"abc")
    name = str(local.local_path(digest).relative_to(tmp_path / "local"))
    remote._place._store.pipe_file(f"{remote.url}/{name}", local.get(digest))
    assert remote.get(digest) == b"abc"


def run(code: str) -> str:
    """What a Python of its own prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_a_folder_loads_nothing_of_stores(tmp_path):
    code = f"""if True:
        import sys
        from mlabs_ext.service.blobs import Blobs
        Blobs(directory={str(tmp_path)!r}).put(b"abc")
        print({{name.split(".")[0] for name in sys.modules}} & {{"fsspec", "s3fs", "botocore", "aiohttp"}})
    """
    assert run(code).strip() == "set()"


@pytest.mark.parametrize("lacking", ["fsspec", "s3fs"])
def test_a_missing_package_is_said_with_its_remedy(lacking):
    code = f"""if True:
        import sys
        sys.modules[{lacking!r}] = None
        from mlabs_ext.errors import BadInput
        from mlabs_ext.service.blobs import Blobs
        try:
            Blobs(url="s3://mlabs/blobs")
        except BadInput as error:
            print(error.message)
    """
    assert 'pip install "mlabs[s3]"' in run(code)


@pytest.mark.parametrize("url", ["nosuch://bucket/blobs", "file:///srv/blobs", "/srv/blobs"])
def test_places_that_are_no_stores_are_refused(url):
    with pytest.raises(BadInput, match=r"c\.Blobs\.url"):
        Blobs(url=url)


@pytest.mark.parametrize(
    ("said", "folder"),
    [({}, "blobs"), ({"directory": "elsewhere"}, "elsewhere"), ({"directory": "/srv/blobs"}, "/srv/blobs")],
    ids=["nothing", "relative", "absolute"],
)
def test_those_of_a_data_directory_are_where_the_service_has_them(tmp_path, said, folder):
    assert Blobs.of(tmp_path, {"Blobs": said}).directory == str(tmp_path / folder)
