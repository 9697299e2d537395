"""What one request brings has together no more room than its person has, whatever it comes in."""

from __future__ import annotations

import io
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, TooLarge
from mlabs_ext.service.dataset_bringing import Bringing
from mlabs_ext.service.datasets import Datasets
from mlabs_ext.service.incoming import Fetched
from mlabs_ext.service.staging import Folder, Staged, Staging
from mlabs_ext.service.uploads import Uploads

ROOM, MOST = 1_000_000, 10


class Net:
    """An address with a file behind it, and how much of it was wanted."""

    def __init__(self, data=b""):
        self.data, self.limit = data, 0

    async def get(self, url, limit, headers, wanted, keep, timeout):
        self.limit = limit
        await keep(self.data)
        return Fetched(url, 200, "", b"")


class Desk:
    """A folder for what comes, and all that brings it."""

    def __init__(self, rules, folder: Path):
        names = ("store", "blobs", "catalogue", "addresses", "plans")
        shared = {name: getattr(rules, name) for name in names}
        self.viewer, self.net = rules.ada, Net()
        self.folder = Folder(folder / "came")
        self.folder.path.mkdir()
        self.staging = Staging(directory=str(folder / "uploads"))
        self.uploads = Uploads(staging=self.staging, **shared)
        self.pool = ThreadPoolExecutor(2)
        datasets = Datasets(max_size=ROOM, max_files=MOST, **shared)
        self.bringing = Bringing(datasets, self.uploads, self.net, self.pool)

    def form(self, path, data):
        arriving = self.folder.opened(path)
        arriving.write(memoryview(data))
        return arriving.commit()

    def upload(self, path, data):
        begun = self.uploads.begin(self.viewer, path, len(data))
        with self.staging.appending(begun.id) as piece:
            piece.write(data)
        return begun.id

    async def bring(self, *came, **sources):
        return await self.bringing.bring(self.viewer, wire.DataSources(**sources), self.folder, came)

    def unpacked(self):
        """Sizes of what came out of archives."""
        return [file.stat().st_size for file in self.folder.path.glob("*/*")]


@pytest.fixture
def desk(rules, tmp_path):
    made = Desk(rules, tmp_path)
    yield made
    made.pool.shutdown()


def zipped(*sizes, random=False):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, size in enumerate(sizes):
            archive.writestr(f"{number}", os.urandom(size) if random else bytes(size))
    return packed.getvalue()


async def refused(desk, code, *came, **sources):
    with pytest.raises(TooLarge) as caught:
        await desk.bring(*came, **sources)
    assert caught.value.code == code
    assert sum(desk.unpacked()) <= ROOM
    assert len(desk.unpacked()) <= MOST


async def test_archives_have_together_no_more_room_than_one(desk):
    three = [desk.form(f"{n}.zip", zipped(ROOM * 2 // 5)) for n in range(3)]
    await refused(desk, "archive_too_large", *three)
    assert desk.unpacked() == [ROOM * 2 // 5] * 2


async def test_archives_hold_together_no_more_files_than_a_version(desk):
    await refused(desk, "too_many_files", *(desk.form(f"{n}.zip", zipped(*[1] * 4)) for n in range(3)))
    assert len(desk.unpacked()) == 8


async def test_what_comes_beside_an_archive_counts(desk):
    archive = zipped(ROOM // 2)
    await refused(
        desk, "archive_too_large", desk.form("a", bytes(ROOM * 3 // 5)), desk.form("b.zip", archive)
    )
    assert desk.unpacked() == []
    names = [desk.form(f"{n}", b"1") for n in range(MOST)]
    await refused(desk, "too_many_files", *names, desk.form("b.zip", zipped(1)))
    assert desk.unpacked() == []


async def test_what_is_fetched_has_the_room_that_is_left(desk):
    desk.net.data = zipped(ROOM * 3 // 5)
    await refused(
        desk, "archive_too_large", desk.form("a", bytes(ROOM // 2)), url="https://example.org/b.zip"
    )
    assert desk.net.limit == ROOM - ROOM // 2
    desk.net.data = b"1"
    kept = await desk.bring(desk.form("a", bytes(400)), url="https://example.org/b.csv")
    assert ([file.path for file in kept], desk.net.limit) == (["a", "b.csv"], ROOM - 400)


async def test_an_archive_may_fill_the_room_by_what_it_holds(desk):
    """Its own bytes are nothing that stays."""
    archive = desk.form("a.zip", zipped(ROOM // 2, ROOM // 2, random=True))
    assert [file.size for file in await desk.bring(archive)] == [ROOM // 2] * 2


async def test_uploads_count_once(desk):
    uploads = [desk.upload("a", bytes(ROOM * 3 // 5)), desk.upload("b.zip", zipped(ROOM * 3 // 5))]
    assert sum(file.size for file in await desk.bring(uploads=uploads)) == ROOM * 3 // 5 * 2


@pytest.mark.parametrize("path", ["a.csv", "a.zip"])
async def test_an_upload_that_is_gone_meanwhile_is_told_of(desk, monkeypatch, path):
    upload = desk.upload(path, zipped(1))

    def complete(viewer, uploads):
        staged = Staged(path, desk.staging.path(upload))
        desk.staging.remove(upload)
        return [staged]

    monkeypatch.setattr(desk.uploads, "complete", complete)
    with pytest.raises(NotFound) as caught:
        await desk.bring(uploads=[upload])
    assert caught.value.code == "upload_not_found"
