"""What is planted in a real database and among real blobs is found by the whole way of the campaign."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from support.person import Person
from support.service_process import ServiceProcess
from support.waiting import free_port

from campaign.asking import Asker
from campaign.checker import judge
from campaign.evidence import gather
from campaign.history import History, Switch, operations, streams
from campaign.load import LAB, Forker, Publisher, Recorder, Uploader, notebook, source
from campaign.watching import Watcher


class Visitor(Person):
    """A person whose token is known without a hub."""

    def __post_init__(self) -> None:
        self.token = f"{self.name}-token"
        headers = {"Authorization": f"token {self.token}"}
        self.http = httpx.Client(base_url=self.url, headers=headers, timeout=60)


@dataclass
class Town:
    """A service after some quiet load, and its history."""

    data: Path
    history: History
    ada: Visitor
    bob: Visitor

    def findings(self) -> set[str]:
        done = operations(self.history.lines())
        runs = [one.said["run"] for one in done if one.kind == "run"]
        found = gather([self.ada, self.bob], [f"ada/{LAB}"], runs, self.data, "")
        return {one.kind for one in judge(done, streams(self.history.lines()), found)}

    def blob(self, like: str) -> Path:
        """The file of a blob that a statement names."""
        [[digest]] = self.sql(like)
        return self.data / "blobs" / digest[7:9] / digest[9:]

    def sql(self, statement: str, *values: object) -> list:
        with contextlib.closing(sqlite3.connect(self.data / "mlabs.sqlite")) as connection, connection:
            return connection.execute(statement, values).fetchall()


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    service = ServiceProcess(folder / "data", free_port()).start()
    url = service.url.removesuffix("/services/mlabs/")
    ada, bob = Visitor(url, "ada", ""), Visitor(url, "bob", "")
    history = History(folder / "history.jsonl")
    ada.ok("POST", "labs", json={"name": LAB, "notebook": notebook(source("first", 1))})
    asked = [Asker(person, history, Switch(), random.Random(7)) for person in (ada, bob)]
    watcher = Watcher(asked[1], "ada")
    loads = [Publisher(asked[0], "ada")] * 3 + [Forker(asked[1], "ada"), Uploader(asked[1], "ada")]
    for load in [*loads, Recorder(asked[0], "ada", watcher.runs.put), watcher]:
        load.once()
    yield Town(folder / "data", history, ada, bob)
    ada.close()
    bob.close()
    history.close()
    service.stop()


def test_nothing_is_found_where_nothing_is_wrong(town):
    assert town.findings() == set()
    kinds = {one.kind for one in operations(town.history.lines()) if one.state == "acknowledged"}
    assert kinds == {"version", "fork", "dataset", "run", "events"}
    assert streams(town.history.lines())


@contextlib.contextmanager
def without(town: Town, table: str, where: str) -> Iterator[None]:
    """One row is gone."""
    [row] = town.sql(f"SELECT * FROM {table} WHERE {where}")
    town.sql(f"DELETE FROM {table} WHERE {where}")
    try:
        yield
    finally:
        town.sql(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", *row)


@contextlib.contextmanager
def changed(file: Path, data: bytes | None) -> Iterator[None]:
    """A file holds something else, or is gone."""
    before = file.read_bytes()
    file.unlink()
    if data is not None:
        file.write_bytes(data)
    try:
        yield
    finally:
        file.write_bytes(before)


LATEST = "number = (SELECT max(number) FROM version)"
FILE = "SELECT blob FROM dataset_file WHERE path = 'a.bin'"
STEP = "seq = 2 AND run_key = (SELECT min(run_key) FROM event)"


def test_a_lost_version_is_found(town):
    with without(town, "version", LATEST):
        assert town.findings() >= {"lost", "beneath"}
    assert town.findings() == set()


def test_a_lost_step_is_found(town):
    with without(town, "event", STEP):
        assert town.findings() == {"lost", "gap", "beneath"}


@pytest.mark.parametrize("data", [None, b"torn"], ids=["absent", "torn"])
def test_a_blob_that_is_not_whole_is_found(town, data):
    with changed(town.blob(FILE), data):
        assert town.findings() == {"torn", "beneath"}


def test_a_doubled_version_is_found(town):
    columns = [row[1] for row in town.sql("PRAGMA table_info(version)")]
    picked = ", ".join("number + 1" if name == "number" else name for name in columns)
    town.sql(f"INSERT INTO version SELECT {picked} FROM version WHERE {LATEST}")
    assert town.findings() >= {"doubled", "beneath"}
    town.sql(f"DELETE FROM version WHERE {LATEST}")
    assert town.findings() == set()
