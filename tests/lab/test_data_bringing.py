"""What a server says of datasets beside its notebooks: here, coming, in the way, too large."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlabs_ext.errors import Unavailable
from mlabs_ext.lab.client import Client
from mlabs_ext.lab.data_bringing import DataBringing
from mlabs_ext.lab.datasets import DataFolder
from mlabs_ext.wire import DatasetFile, DatasetVersion, LabDataset

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Service(Client):
    """Has one file in each version; `gate` holds its bytes back, `fault` is raised in their place."""

    def __init__(self):
        super().__init__(url="http://127.0.0.1:1/", token="t")
        self.gate = asyncio.Event()
        self.gate.set()
        self.fault: Exception | None = None

    async def get(self, path, shape, **query):
        number = int(path.rpartition("/")[2])
        file = DatasetFile("a.csv", 4, "text/csv", "sha256:0", "")
        return DatasetVersion("ada/birds", number, "ada", "", NOW, "sha256:0", 1, 4, "", [file])

    async def download(self, path, write, below="api/v1/"):
        write(b"v" + path.split("versions/")[1][:1].encode())
        await self.gate.wait()
        if self.fault:
            raise self.fault
        write(b"\n\n")


def use(version: int = 1, size: int = 4) -> LabDataset:
    return LabDataset("ada/birds", "Birds", version, None, size, 1, "data/ada/birds", "", NOW)


@pytest.fixture
async def service():
    service = Service()
    yield service
    service.close()


@pytest.fixture
def folder(service, tmp_path) -> DataFolder:
    return DataFolder(client=service, root=tmp_path, mounted=str(tmp_path / "mounted"))


@pytest.fixture
async def bringing(folder):
    bringing = DataBringing(folder)
    yield bringing
    await bringing.close()


def mount(folder: DataFolder) -> Path:
    there = Path(folder.mounted, "ada", "birds")
    there.mkdir(parents=True)
    (there / "a.csv").write_text("v1\n\n")
    return there


def text(beside: Path) -> str:
    return (beside / "data" / "ada" / "birds" / "a.csv").read_text()


async def test_it_comes_and_is_here(bringing, service, tmp_path, monkeypatch):
    monkeypatch.setattr("mlabs_ext.lab.data_bringing.PATIENCE", 0.05)
    beside = tmp_path / "x"
    assert bringing.shown(beside, use(), 1).state == "absent"
    service.gate.clear()
    await bringing.bring(beside, use())
    shown = bringing.shown(beside, use(), 1)
    assert (shown.state, shown.done, shown.size) == ("coming", 2, 4)
    service.gate.set()
    monkeypatch.setattr("mlabs_ext.lab.data_bringing.PATIENCE", 60)
    await bringing.bring(beside, use())
    assert (bringing.shown(beside, use(), 1).state, text(beside)) == ("ready", "v1\n\n")
    assert bringing.shown(beside, use(2), 2).state == "absent", "that is another version"
    await bringing.drop(beside, "ada/birds")
    assert bringing.shown(beside, use(), 1).state == "absent"


async def test_what_was_stopped_leaves_nothing(bringing, service, tmp_path, monkeypatch):
    monkeypatch.setattr("mlabs_ext.lab.data_bringing.PATIENCE", 0.05)
    service.gate.clear()
    await bringing.bring(tmp_path / "x", use())
    await bringing.drop(tmp_path / "x", "ada/birds")
    assert not list((tmp_path / ".mlabs" / "data" / "ada" / "birds").iterdir())


async def test_a_failure_says_why_and_can_be_tried_again(bringing, service, tmp_path):
    beside = tmp_path / "x"
    for fault, said in ((Unavailable("Not now."), "Not now."), (OSError(28, "No space"), "No space")):
        service.fault = fault
        await bringing.bring(beside, use())
        shown = bringing.shown(beside, use(), 1)
        assert (shown.state, said in shown.message) == ("failed", True)
    service.fault = None
    await bringing.bring(beside, use())
    assert bringing.shown(beside, use(), 1).state == "ready"


async def test_what_is_mounted_is_used_in_its_version_alone(bringing, folder, tmp_path):
    there, beside = mount(folder), tmp_path / "x"
    await bringing.bring(beside, use())
    assert (beside / "data" / "ada" / "birds").readlink() == there
    assert not (tmp_path / ".mlabs" / "data" / "ada").exists()
    await bringing.bring(beside, use(2))
    assert (bringing.shown(beside, use(2), 2).state, text(beside)) == ("ready", "v2\n\n")
    await bringing.bring(beside, use(1))
    assert (beside / "data" / "ada" / "birds").readlink() == there


@pytest.mark.parametrize("mounts", [False, True], ids=["nothing mounts", "servers mount"])
async def test_what_is_too_large_says_what_brings_it(bringing, folder, tmp_path, mounts):
    if mounts:
        Path(folder.mounted).mkdir()
    folder.max_size = 3
    await bringing.bring(tmp_path / "x", use())
    shown = bringing.shown(tmp_path / "x", use(), 1)
    assert shown.state == "too_large"
    assert ("when the server starts again" in shown.message) is mounts
    assert ("Ask the administrator" in shown.message) is not mounts


async def test_what_is_in_the_way_stays(bringing, tmp_path):
    mine = tmp_path / "x" / "data" / "ada" / "birds"
    mine.mkdir(parents=True)
    (mine / "own.csv").write_text("1")
    await bringing.bring(tmp_path / "x", use())
    shown = bringing.shown(tmp_path / "x", use(), 1)
    assert (shown.state, [path.name for path in mine.iterdir()]) == ("blocked", ["own.csv"])
    await bringing.drop(tmp_path / "x", "ada/birds")
    assert (mine / "own.csv").exists()
