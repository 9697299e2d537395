"""kill -9 amid publishes, forks and events: what was acknowledged is there, and nothing is torn."""

from __future__ import annotations

import importlib.util
import json
import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import ModuleType

import pytest
from support import needs
from support.postgresql import Server
from support.service_process import ServiceProcess
from support.waiting import free_port, until

from mlabs_ext import wire
from mlabs_ext.notebook import parse, sha256

WRITER = Path(__file__).with_name("killed_writer.py")
ROUNDS = 5


def load_writer() -> ModuleType:
    """The writer's own helpers, from its file."""
    spec = importlib.util.spec_from_file_location("killed_writer", WRITER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_until_killed(data: Path, seconds: float) -> list[list]:
    """Run the writer, kill it with SIGKILL, and return what it was acknowledged."""
    with subprocess.Popen([sys.executable, WRITER, data], stdout=subprocess.PIPE, text=True) as writer:
        assert json.loads(writer.stdout.readline()) == ["ready"]
        time.sleep(seconds)
        writer.kill()
        lines = writer.stdout.readlines()
    # The last line may be cut: its acknowledgement never left the process.
    return [json.loads(line) for line in lines if line.endswith("\n")]


@pytest.mark.timeout(300)
def test_kill_nine_loses_and_tears_nothing(migrated, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(migrated, data)
    writer = load_writer()
    rules = writer.open_rules(str(data))
    rules[0].create(writer.ADA, wire.LabCreate(name="shared"), writer.notebook())
    chance = random.Random(7)
    acknowledged: list[list] = []
    for _ in range(ROUNDS):
        acknowledged += write_until_killed(data, chance.uniform(0.3, 1.2))
        check(writer.ADA, *rules, acknowledged)
    assert {said[0] for said in acknowledged} == {"version", "fork", "events"}
    for rule in rules:
        rule.store.close()


def check(ada, labs, versions, runs, acknowledged: list[list]) -> None:
    """Every acknowledgement holds, and so does everything that was not acknowledged but is there."""
    last = {run: seq for kind, run, *seq in acknowledged if kind == "events"}
    for run, (seq,) in last.items():
        stored = runs.events(ada, run, limit=100_000)
        assert [event.seq for event in stored] == list(range(1, len(stored) + 1))
        assert len(stored) >= seq
    for kind, *said in acknowledged:
        if kind == "version":
            assert versions.get(ada, "ada", "shared", said[0]).notebook_sha256 == said[1]
        elif kind == "fork":
            assert labs.get(ada, "ada", said[0]).version == 1
    for number in range(1, labs.get(ada, "ada", "shared").version + 1):
        data, digest = versions.notebook(ada, "ada", "shared", number)
        assert sha256(data) == digest
        parse(data)
    with labs.store.read() as session:
        connection = session.connection()
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


@pytest.mark.postgresql
@pytest.mark.timeout(300)
def test_a_database_that_starts_later_than_the_service_is_waited_for(tmp_path):
    needs.insist("postgresql")
    server = Server(needs.postgresql_programs())
    server.start()
    url = server.new_database()
    server.halt()
    service = ServiceProcess(tmp_path / "data", free_port(), f"--Store.url={url}")
    starting = threading.Thread(target=service.start)
    starting.start()
    try:
        until(lambda: service.log.exists() and getattr(service, "process", None))
        with pytest.raises(subprocess.TimeoutExpired):
            service.process.wait(5)
        server.start_again()
        starting.join()
        assert service.answers()
    finally:
        starting.join()
        service.stop()
        server.stop()
