"""What runs write to `outputs/` reaches the real service: complete, once, and no more than that."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lab.user_server import UserServer

# The harness of the service's own tests.
from service.conftest import migrated, site, start_site
from traitlets.config import Config
from ulid import ULID

from mlabs_ext.lab import outputs
from mlabs_ext.lab.client import Client
from mlabs_ext.lab.outputs import Outputs, walk

__all__ = ["migrated", "site", "start_site"]


class Record:
    """A recorder with one run, which goes on until it is `over`."""

    def __init__(self, run: str):
        self.run, self.over, self.told = run, False, []
        self.started = datetime.now(UTC)

    def open_runs(self) -> dict[str, tuple[str, datetime]]:
        return {} if self.over else {self.run: ("x/x.ipynb", self.started)}

    def add(self, run: str, kind: str, moment: datetime, cell: str | None, data: dict[str, Any]) -> None:
        assert run == self.run
        self.told.append((kind, data))


class Bench:
    """A lab with a run, its folder, and what watches it."""

    def __init__(self, site, root: Path, registered: bool = True):
        self.site, self.root = site, root
        site.publish(name="x")
        self.record = Record(str(ULID()))
        self.folder = root / "x" / "outputs"
        self.folder.mkdir(parents=True)
        self.client = Client(url=site.url, token="ada-token")
        self.outputs = Outputs(client=self.client, record=self.record, root=root)
        if registered:
            self.register()

    def register(self) -> None:
        started = self.record.started.isoformat()
        body = {"id": self.record.run, "lab": "ada/x", "started": started, "environment": "python"}
        assert self.site.as_("ada").post("api/v1/runs", json=body).status_code == 201

    async def there(self) -> dict[str, int]:
        """The run's files at the service, with their sizes."""
        path = f"api/v1/runs/{self.record.run}/outputs"
        answer = await asyncio.to_thread(self.site.as_("ada").get, path)
        return {item["path"]: item["size"] for item in answer.json()["items"]}


@pytest.fixture
async def bench(site, tmp_path):
    made = Bench(site, tmp_path)
    yield made
    made.client.close()


async def test_a_run_that_is_over_before_anybody_looks_has_its_files(bench):
    (bench.folder / "a.png").write_bytes(b"drawn")
    bench.outputs.done(bench.record.run)
    bench.record.over = True
    await bench.outputs.look()
    assert await bench.there() == {"a.png": 5}


async def test_a_file_is_taken_while_the_run_goes_on_once_it_rests(bench):
    file = bench.folder / "checkpoints" / "model 1.bin"
    file.parent.mkdir()
    file.write_bytes(b"half")
    await bench.outputs.look()
    assert await bench.there() == {}
    file.write_bytes(b"all of it")
    await bench.outputs.look()
    assert await bench.there() == {}
    await bench.outputs.look()
    assert await bench.there() == {"checkpoints/model 1.bin": 9}
    (kind, data), *more = bench.record.told
    assert (kind, data["path"], data["type"]) == (
        "asset",
        "checkpoints/model 1.bin",
        "application/octet-stream",
    )
    await bench.outputs.look()
    assert more == [] and len(bench.record.told) == 1


async def test_a_later_checkpoint_takes_the_place_of_the_one_before(bench):
    file = bench.folder / "model.bin"
    for size in (10, 20):
        file.write_bytes(b"x" * size)
        await bench.outputs.look()
        await bench.outputs.look()
        assert await bench.there() == {"model.bin": size}


async def test_the_end_takes_what_is_left_at_once(bench):
    await bench.outputs.look()
    (bench.folder / "last.txt").write_text("written just before the end")
    bench.record.over = True
    await bench.outputs.look()
    assert await bench.there() == {"last.txt": 27}
    assert bench.record.told == [], "a run that is over tells no more"


async def test_what_no_run_made_is_left_alone(bench, tmp_path):
    old = bench.folder / "old.txt"
    old.write_text("from before")
    before = time.time() - 100
    os.utime(old, (before, before))
    secret = tmp_path / "secret"
    secret.write_text("a secret")
    (bench.folder / "link").symlink_to(secret)
    (bench.folder / "folder").symlink_to(tmp_path)
    (bench.folder / ".hidden").write_text("x")
    os.mkfifo(bench.folder / "pipe")
    (bench.folder / "mine.txt").write_text("mine")
    await bench.outputs.look()
    await bench.outputs.look()
    assert await bench.there() == {"mine.txt": 4}


async def test_files_wait_for_their_run_to_be_registered(site, tmp_path):
    bench = Bench(site, tmp_path, registered=False)
    (bench.folder / "a.txt").write_text("a")
    await bench.outputs.look()
    await bench.outputs.look()
    bench.register()
    await bench.outputs.look()
    assert await bench.there() == {"a.txt": 1}
    bench.client.close()


async def test_files_wait_for_a_service_that_does_not_answer(bench):
    (bench.folder / "a.txt").write_text("a")
    away, bench.client.url = bench.client.url, "http://127.0.0.1:9/"
    await bench.outputs.look()
    bench.outputs.interval = 0.05
    finishing = asyncio.create_task(bench.outputs.finish_run(bench.record.run))
    await asyncio.sleep(0.3)
    assert not finishing.done()
    bench.client.url = away
    await asyncio.wait_for(finishing, 30)
    assert await bench.there() == {"a.txt": 1}


async def test_a_refused_file_is_told_in_the_record_and_not_sent_again(start_site, tmp_path):
    bench = Bench(start_site(Config({"Plans": {"plans": {"free": {"storage": "2K"}}}})), tmp_path)
    (bench.folder / "large.bin").write_bytes(b"x" * 5000)
    (bench.folder / "small.bin").write_bytes(b"x")
    await bench.outputs.look()
    await bench.outputs.look()
    assert await bench.there() == {"small.bin": 1}
    errors = [data["error"] for kind, data in bench.record.told if "error" in data]
    assert len(errors) == 1 and "no room" in errors[0]
    await bench.outputs.look()
    assert len(bench.record.told) == 2
    bench.client.close()


async def test_off_where_the_configuration_says_so(bench):
    bench.outputs.enabled = False
    (bench.folder / "a.txt").write_text("a")
    for _ in range(3):
        await bench.outputs.look()
    assert await bench.there() == {}


async def test_a_person_at_work_gets_their_files_kept_too(site, tmp_path):
    ada = site.as_("ada")
    await asyncio.to_thread(ada.post, "api/v1/labs", json={"name": "mnist", "title": "Digits"})
    server = UserServer(tmp_path, site.url, options=("--Outputs.interval=0.1",))
    server.token = "ada-token"
    await server.start()
    try:
        ids = server.write_notebook("mnist/mnist.ipynb", ["1"])
        notebook = await server.open_notebook()
        code = "import os\nos.makedirs('outputs')\nprint('hello', file=open('outputs/a.txt', 'w'))"
        await notebook.execute(code, ids[0])
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            runs = (await asyncio.to_thread(ada.get, "api/v1/me/runs")).json()["items"]
            if runs:
                path = f"api/v1/runs/{runs[0]['id']}/outputs"
                if (await asyncio.to_thread(ada.get, path)).json()["items"]:
                    break
            await asyncio.sleep(0.1)
        assert runs[0]["status"] == "running"
        answer = await asyncio.to_thread(ada.get, "assets/ada/mnist/latest/a.txt")
        assert answer.text == "hello\n"
    finally:
        await server.stop()


def test_a_file_that_goes_while_it_is_looked_at_is_none(tmp_path, monkeypatch):
    for name in ("a", "b"):
        (tmp_path / name).touch()

    def walked(folder, prefix):
        for path, entry in walk(folder, prefix):
            (folder / "a").unlink(missing_ok=True)
            yield path, entry

    monkeypatch.setattr(outputs, "walk", walked)
    assert list(outputs.found(tmp_path, 0)) == ["b"]
