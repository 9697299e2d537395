"""Batch runs in a whole MLabs: each ends in its own state, with what it had produced, whatever is killed."""

from __future__ import annotations

import re
import sqlite3
import time
from pathlib import Path
from typing import Any

import httpx
import nbformat
import pytest
from playwright.sync_api import Browser, Page, expect
from support.person import Person
from support.processes import kill, server_process, service_process

from mlabs_ext.names import run_server

READY_AGAIN = "MLabs is ready again"
CORPUS = "handson-ml3__math_linear_algebra"
# Long enough for three processes to be killed meanwhile, and for two of them to come back.
SLOW = """import pathlib, time
for step in range(steps):
    print('step', step, flush=True)
    time.sleep(0.5)
    if pathlib.Path(go_on).exists():
        break
pathlib.Path('outputs', 'made').write_text('x')"""
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
    found: Any = None
    while time.monotonic() < deadline:
        try:
            answer = person.api("GET", f"runs/{run}")
            found = answer.json() if answer.status_code == 200 else answer.text[:300]
            if answer.status_code == 200 and wanted(found):
                return found
        except httpx.TransportError as error:
            found = error
        time.sleep(0.3)
    raise TimeoutError(found)


def ended(person: Person, run: str) -> dict[str, Any]:
    return until(person, run, lambda found: found["ended"])


def events(person: Person, run: str) -> list[dict[str, Any]]:
    asked = {"headers": {"Accept": "application/json"}}
    return person.ok("GET", f"runs/{run}/events", params={"limit": 1000}, **asked)["items"]


def printed(person: Person, run: str) -> str:
    outputs = [event["data"]["output"] for event in events(person, run) if event["type"] == "output"]
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


def sign_in(page: Page, name: str, password: str) -> None:
    page.get_by_label(re.compile("user ?name", re.I)).fill(name)
    page.get_by_label(re.compile("password", re.I)).first.fill(password)
    page.get_by_role("button", name=re.compile("sign in", re.I)).click()


def long_notebook(source: Path, go_on: Path) -> str:
    """A notebook with parameters, and amid it a cell that goes on until there is a file `go_on`."""
    notebook = nbformat.read(source, as_version=4)
    defaults = f"steps = 1\ngo_on = {str(go_on)!r}"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(defaults, metadata={"tags": ["parameters"]}))
    notebook.cells.insert(len(notebook.cells) // 2, nbformat.v4.new_code_cell(SLOW))
    notebook.nbformat_minor = 5
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    return nbformat.writes(notebook)


@pytest.mark.browser
@pytest.mark.corpus
def test_it_goes_on_while_all_else_is_killed(mlabs_up, ada, browser: Browser, corpus, tmp_path):
    """Browser, service and hub. At the end every cell, output and duration is there."""
    go_on = tmp_path / "go-on"
    notebook = long_notebook(corpus / f"{CORPUS}.ipynb", go_on)
    cells = nbformat.reads(notebook, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code" and cell.source.strip()]
    ada.ok("POST", "labs", json={"name": "algebra", "notebook": notebook})

    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{mlabs_up.url}/services/mlabs/login?next=/services/mlabs/@{ada.name}/algebra")
    sign_in(page, ada.name, mlabs_up.password)
    page.get_by_role("link", name="Run in background").click()
    page.get_by_label("steps").fill("600")
    page.get_by_role("button", name="Run in background").click()
    expect(page).to_have_url(re.compile(r"/runs/[0-9A-Z]{26}$"))
    run = page.url.rpartition("/")[2]
    until_printed(ada, run, "step 1\n")
    context.close()

    again = mlabs_up.said().count(READY_AGAIN)
    kill(service_process(mlabs_up.data))
    mlabs_up.kill_hub()
    until(ada, run, lambda found: mlabs_up.said().count(READY_AGAIN) > again)
    seen = until(ada, run, lambda found: found["status"] == "running" and found["busy"])
    steps = printed(ada, run).count("step ")
    until_printed(ada, run, f"step {steps + 2}\n")
    kill(service_process(mlabs_up.data))
    go_on.touch()

    found = ended(ada, run)
    assert (found["status"], found["reason"], found["error"]) == ("succeeded", None, None)
    assert (found["parameters"], found["version"]) == ({"steps": 600}, 1)
    assert found["started"] == seen["started"]
    # One more than the notebook has: the cell that sets the parameters.
    assert found["cells"] == len(code) + 1
    everything = events(ada, run)
    assert [event["seq"] for event in everything] == list(range(1, len(everything) + 1))
    done = [event for event in everything if event["type"] == "done"]
    assert [event["data"]["status"] for event in done] == ["ok"] * (len(code) + 1)
    assert all(event["data"]["duration"] >= 0 for event in done)
    executed = [event["cell"] for event in everything if event["type"] == "execute"]
    assert [cell for cell in executed if cell != "injected-parameters"] == [cell.id for cell in code]
    lines = [line for line in printed(ada, run).splitlines() if line.startswith("step ")]
    assert lines == [f"step {n}" for n in range(len(lines))]
    outputs = {event["cell"] for event in everything if event["type"] == "output"}
    assert outputs >= {cell.id for cell in code if cell.outputs}
    executed_notebook = nbformat.reads(ada.api("GET", f"runs/{run}/notebook").text, as_version=4)
    assert len(executed_notebook.cells) == len(code) + 1
    no_server_left(ada, [run])


def badge(person: Person, name: str) -> str:
    answer = person.http.get(f"/services/mlabs/@{person.name}/{name}/reproduced.svg")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_schedule_that_is_due_runs_and_shows_that_it_was_reproduced(mlabs_up, ada):
    first = ended(ada, begin(ada, "scheduled", "print(6 * 7)"))
    assert first["image"], "nothing that it could be reproduced in"
    assert "not reproduced yet" in badge(ada, "scheduled")
    ada.ok("PUT", f"labs/{ada.name}/scheduled/schedule", json={"cron": "@monthly"})
    with sqlite3.connect(mlabs_up.data / "mlabs.sqlite", timeout=60) as database:
        due = "UPDATE schedule SET next = '2026-01-01 00:00:00.000000'"
        assert database.execute(due).rowcount == 1
    database.close()
    path = f"labs/{ada.name}/scheduled/runs"
    deadline = time.monotonic() + 60
    while len(runs := ada.ok("GET", path)["items"]) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.3)
    again = ended(ada, runs[0]["id"])
    assert (again["status"], again["scheduled"], again["rerun_of"]) == ("succeeded", True, first["id"])
    assert again["image"] == first["image"]
    assert printed(ada, again["id"]) == "42\n"
    assert "reproduced today" in badge(ada, "scheduled")
    assert ada.ok("GET", f"labs/{ada.name}/scheduled")["reproduced"]["run"] == again["id"]
