"""Processes are killed at random moments; everything that was acknowledged is still there afterwards."""

from __future__ import annotations

import random
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import nbformat
import pytest
from support.person import Person
from support.processes import kill, server_process, service_process

from mlabs_ext.names import server_name

PUBLISHES = 50


@pytest.fixture(scope="module")
def ada(mlabs_up):
    person = Person(mlabs_up.url, "ada-faults", mlabs_up.password)
    yield person
    person.close()


def a_notebook(number: int) -> str:
    cells = [nbformat.v4.new_code_cell(f"print({number})\n" + "# padding\n" * random.randrange(2000))]
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells))


def publish_until_acknowledged(person: Person, number: int, notebook: str) -> dict[str, Any]:
    """What a careful client does: the same key until there is an answer that is not a fault."""
    key = uuid.uuid4().hex
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            answer = person.api(
                "POST",
                "labs",
                json={"notebook": notebook, "name": f"fault-{number}"},
                headers={"Idempotency-Key": key},
            )
        except httpx.TransportError:
            time.sleep(0.2)
            continue
        if answer.status_code == 201:
            return answer.json()
        assert answer.status_code in (502, 503), f"{answer.status_code} {answer.text[:300]}"
        time.sleep(0.2)
    raise TimeoutError(f"publish {number} was never acknowledged")


def test_service_killed_amid_publishes(mlabs_up, ada):
    """kill -9 of the service amid 50 publishes: none that was acknowledged is missing, torn or doubled."""
    notebooks = [a_notebook(number) for number in range(PUBLISHES)]
    finished = threading.Event()
    kills = []

    def killer() -> None:
        while not finished.is_set():
            time.sleep(random.uniform(0.05, 0.4) if not kills else random.uniform(1, 4))
            kill(service_process(mlabs_up.data))
            kills.append(time.monotonic())
            if len(kills) == 3:
                return
            wait_for_service(ada)

    thread = threading.Thread(target=killer)
    thread.start()
    with ThreadPoolExecutor(4) as pool:
        labs = list(pool.map(lambda n: publish_until_acknowledged(ada, n, notebooks[n]), range(PUBLISHES)))
    finished.set()
    thread.join()
    wait_for_service(ada)
    assert kills, "the service was never killed"
    for number, lab in enumerate(labs):
        assert lab["version"] == 1
        kept = ada.api("GET", f"labs/{ada.name}/{lab['name']}/versions/1/notebook")
        assert nbformat.reads(kept.text, as_version=4).cells[0].source == (
            nbformat.reads(notebooks[number], as_version=4).cells[0].source
        )
    found = ada.ok("GET", "labs", params={"owner": ada.name, "limit": 100})["items"]
    assert sorted(lab["name"] for lab in found) == sorted(f"fault-{n}" for n in range(PUBLISHES))


def wait_for_service(person: Person, timeout: float = 60) -> None:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        try:
            if person.http.get("/services/mlabs/healthz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise TimeoutError("the service did not come back")


def test_user_server_killed_amid_a_run(mlabs_up, ada):
    """kill -9 of a user's server during a run: the outbox is delivered after the restart, in order."""
    cell = nbformat.v4.new_code_cell(
        "import time\nfor i in range(10_000):\n    print('step', i, flush=True)\n    time.sleep(0.02)"
    )
    notebook = nbformat.writes(nbformat.v4.new_notebook(cells=[cell]))
    ada.ok("POST", "labs", json={"notebook": notebook, "name": "killed"})
    server = ada.start("killed")
    path = ada.open(server, f"{ada.name}/killed")
    runner = threading.Thread(target=execute_until_cut_off, args=(ada, server, path))
    runner.start()
    run = wait_for_run(ada, "killed", lambda run: run["status"] == "running" and run["busy"])
    time.sleep(random.uniform(1, 3))
    kill(server_process(ada.name, server_name("killed"), mlabs_up.data))
    runner.join(timeout=60)
    assert not runner.is_alive()
    before = events(ada, run["id"])
    ada.stop("killed")
    ada.start("killed")
    ended = wait_for_run(ada, "killed", lambda run: run["status"] == "lost")
    after = events(ada, run["id"])
    ada.stop("killed")
    assert ended["id"] == run["id"]
    assert [event["seq"] for event in after] == list(range(1, len(after) + 1))
    assert after[: len(before)] == before
    assert after[-1]["type"] == "end"
    text = "".join(event["data"]["output"]["text"] for event in after if event["type"] == "output")
    steps = [line for line in text.splitlines() if line.startswith("step ")]
    assert steps[:-1] == [f"step {i}" for i in range(len(steps) - 1)]
    assert len(steps) > 10


def execute_until_cut_off(person: Person, server: str, path: str) -> None:
    """The proxy may keep the front end's connection open after the server is gone: hence the time limit."""
    with pytest.raises((AssertionError, TimeoutError, httpx.HTTPError)):
        person.execute(server, path, timeout=20)


def wait_for_run(person: Person, lab: str, wanted, timeout: float = 60) -> dict[str, Any]:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        runs = person.ok("GET", f"labs/{person.name}/{lab}/runs")["items"]
        if runs and wanted(runs[0]):
            return runs[0]
        time.sleep(0.2)
    raise TimeoutError(f"{lab}: {runs}")


def events(person: Person, run: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        after = found[-1]["seq"] if found else 0
        page = person.ok(
            "GET", f"runs/{run}/events", params={"after": after}, headers={"Accept": "application/json"}
        )["items"]
        if not page:
            return found
        found.extend(page)
