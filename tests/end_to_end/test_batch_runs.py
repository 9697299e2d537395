"""Batch runs in a whole MLabs: each ends in its own state, with what it had produced, whatever is killed."""

from __future__ import annotations

import time
from typing import Any

import nbformat
import pytest
from support.person import Person
from support.processes import kill, server_process

from mlabs_ext.names import run_server

SLEEPS = "import time\nprint('begun', flush=True)\ntime.sleep(600)"


@pytest.fixture(scope="module")
def ada(mlabs_up):
    person = Person(mlabs_up.url, "ada-batch", mlabs_up.password)
    yield person
    person.close()


def publish(person: Person, name: str, *cells: str) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    person.ok("POST", "labs", json={"name": name, "notebook": nbformat.writes(notebook)})


def begin(person: Person, name: str, *cells: str, **fields: Any) -> str:
    """Publish a lab and have it run in the background; the run's id."""
    publish(person, name, *cells)
    answer = person.api("POST", f"labs/{person.name}/{name}/runs", json=fields)
    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] == "queued"
    return answer.json()["id"]


def until(person: Person, run: str, wanted, timeout: float = 180) -> dict[str, Any]:
    """The run, once it is as wanted."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        found = person.ok("GET", f"runs/{run}")
        if wanted(found):
            return found
        time.sleep(0.3)
    raise TimeoutError(found)


def ended(person: Person, run: str) -> dict[str, Any]:
    return until(person, run, lambda found: found["ended"])


def printed(person: Person, run: str) -> str:
    events = person.ok("GET", f"runs/{run}/events", headers={"Accept": "application/json"})["items"]
    outputs = [event["data"]["output"] for event in events if event["type"] == "output"]
    return "".join(output["text"] for output in outputs if output["output_type"] == "stream")


def until_printed(person: Person, run: str, text: str) -> None:
    until(person, run, lambda found: text in printed(person, run))


def no_server_left(person: Person, runs: list[str], timeout: float = 60) -> None:
    """The hub knows no server of these runs any more, not even a stopped one."""
    names = {run_server(run) for run in runs}
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        answer = person.http.get(f"/hub/api/users/{person.name}", params={"include_stopped_servers": "1"})
        left = names & set(answer.json()["servers"])
        if not left:
            return
        time.sleep(0.5)
    raise TimeoutError(left)


def test_each_ends_in_its_own_state(mlabs_up, ada):
    kept = "print('kept')"
    runs = {
        "succeeded": begin(ada, "succeeded", kept),
        "raised": begin(ada, "raised", kept, "1 / 0"),
        "out_of_memory": begin(ada, "memory", kept, "x = bytearray(10**13)"),
        "crashed": begin(ada, "crashed", kept, "import os\nos.abort()"),
        "timeout": begin(ada, "timeout", kept, SLEEPS, timeout=4),
        "stopped": begin(ada, "stopped", kept, SLEEPS),
        "lost": begin(ada, "lost", kept, SLEEPS),
    }
    until_printed(ada, runs["stopped"], "begun")
    assert ada.ok("POST", f"runs/{runs['stopped']}/stop")["stopping"]
    until_printed(ada, runs["lost"], "begun")
    kill(server_process(ada.name, run_server(runs["lost"]), mlabs_up.data))
    found = {name: ended(ada, run) for name, run in runs.items()}
    assert {name: (run["status"], run["reason"]) for name, run in found.items()} == {
        "succeeded": ("succeeded", None),
        "raised": ("failed", "raised"),
        "out_of_memory": ("failed", "out_of_memory"),
        "crashed": ("failed", "crashed"),
        "timeout": ("failed", "timeout"),
        "stopped": ("stopped", "stopped"),
        "lost": ("lost", "lost"),
    }
    assert {name: printed(ada, run).splitlines()[0] for name, run in runs.items()} == dict.fromkeys(
        runs, "kept"
    )
    no_server_left(ada, [run for name, run in runs.items() if name != "lost"])
