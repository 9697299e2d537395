"""What a hub that crashes leaves in the engine, by a real hub that is killed and started again."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from docker import APIClient
from support import images
from support.person import Person
from support.up import Up
from support.volumes import forget
from support.waiting import until

from mlabs_ext.names import server_name
from mlabs_ext.up.data import DataDir
from mlabs_spawner import engine, objects
from mlabs_spawner.clear import LABEL
from mlabs_spawner.docker import DockerLabSpawner
from mlabs_spawner.ledger import ABANDONED

pytestmark = pytest.mark.docker

SETTINGS = """\
c.Leftovers.interval = 1
c.Spawner.poll_interval = 2
"""


class Suite:
    """A real `mlabs up` with Docker, Ada in it, and the engine."""

    def __init__(self, up: Up, client: APIClient):
        self.up, self.client = up, client
        self.prefix = DataDir(up.data).prefix()
        self.ada = Person(up.url, "ada", up.password)

    def container(self, server: str) -> str:
        """The name of a server's container."""
        return objects.server_object("ada", server).replace("mlabs", self.prefix, 1)

    def there(self, name: str) -> str | None:
        """The id of the container of that name; None where there is none."""
        try:
            return self.client.inspect_container(name)["Id"]
        except engine.NotFound:
            return None

    def make(self, name: str, instance: str, start: bool = False) -> str:
        """A container that no hub asked for; its id."""
        labels = {LABEL: instance}
        image = images.image("python")
        made = self.client.create_container(image, ["sleep", "600"], name=name, labels=labels)["Id"]
        if start:
            self.client.start(made)
        return made

    def running(self, name: str) -> bool:
        try:
            return self.client.inspect_container(name)["State"]["Running"]
        except engine.NotFound:
            return False

    def server(self, lab: str) -> dict:
        """What the hub says of a server; nothing where there is none."""
        return self.ada.http.get("/hub/api/users/ada").json()["servers"].get(server_name(lab), {})

    def sessions(self, server: str) -> list[tuple]:
        """What the service has of a server's sessions: begin and end in microseconds since 1970, and why."""
        query = "SELECT started, ended, reason FROM server WHERE name = ? ORDER BY id"
        with contextlib.closing(sqlite3.connect(self.up.data / "mlabs.sqlite", timeout=30)) as database:
            return database.execute(query, [server]).fetchall()


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    images.image("python")
    data = tmp_path_factory.mktemp("leftovers") / "data"
    data.mkdir()
    (data / "mlabs_config.py").write_text(SETTINGS)
    up = Up(data, "--spawner", "docker", "--environments", "python")
    try:
        with contextlib.closing(engine.connect()) as client:
            made = Suite(up.wait_ready(), client)
            yield made
            made.ada.close()
    finally:
        up.stop()
        forget(up.data)


def test_a_start_that_a_crash_cuts_short_leaves_nothing(suite):
    for lab in ("kept", "cut"):
        suite.ada.ok("POST", "labs", json={"name": lab, "environment": "python"})
    suite.ada.start("kept")
    kept = suite.there(suite.container("kept"))

    name = suite.container("cut")
    with ThreadPoolExecutor(1) as asking:
        body = {"user_options": {"lab": "ada/cut"}}
        asked = asking.submit(suite.ada.http.post, "/hub/api/users/ada/servers/cut", json=body)
        until(lambda: suite.running(name))
        left = suite.there(name)
        # It cannot become ready before the hub is gone.
        suite.client.pause(left)
        until(lambda: any(began for began, _, _ in suite.sessions("cut")))
        assert suite.server("cut")["pending"] == "spawn"
        suite.up.kill_hub()
        again = time.time()
        suite.client.unpause(left)
        asked.exception()
    suite.up.wait_said("MLabs is ready again")
    until(lambda: suite.there(left) is None and not suite.server("cut").get("pending"))
    # It ended when the hub last saw it; the ledger says so once the service is up again, too.
    until(lambda: suite.sessions("cut")[0][1], 60, lambda: suite.sessions("cut"))
    [(_, ended, reason)] = suite.sessions("cut")
    assert ended / 1e6 < again
    assert reason == ABANDONED
    suite.ada.start("cut")
    assert suite.there(name) not in (None, left)
    # What ran before runs on, under the hub's eyes.
    assert suite.there(suite.container("kept")) == kept
    assert suite.server("kept")["ready"]
    for lab in ("kept", "cut"):
        suite.ada.stop(lab)


def test_what_belongs_to_no_server_is_removed_and_nothing_else(suite):
    suite.ada.ok("POST", "labs", json={"name": "mine", "environment": "python"})
    suite.ada.start("mine")
    mine = suite.there(suite.container("mine"))
    # As an engine leaves it that is slower than a start may take.
    late = suite.make(suite.container("late"), suite.prefix)
    waiting = suite.make(f"{suite.prefix}-warm.0123", suite.prefix)
    foreign = suite.make(f"{suite.prefix}x-ada-late", f"{suite.prefix}x")
    try:
        until(lambda: suite.there(late) is None)
        assert suite.there(waiting) and suite.there(foreign)
        assert suite.there(suite.container("mine")) == mine
        assert suite.server("mine")["ready"]
    finally:
        for one in (waiting, foreign):
            suite.client.remove_container(one, force=True)
    suite.ada.stop("mine")


def test_one_that_is_removed_already_is_waited_for(suite):
    """By another hub's sweep, or `mlabs up` at its end: a start must find the name free."""
    name = suite.container("twice")
    spawner = DockerLabSpawner(prefix=suite.prefix)
    for _ in range(5):
        one = suite.make(name, suite.prefix, start=True)
        with ThreadPoolExecutor(3) as removing:
            for done in [removing.submit(asyncio.run, spawner.remove_found(one)) for _ in range(3)]:
                done.result()
        assert suite.there(name) is None
