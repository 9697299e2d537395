"""Real notebooks: published by one person, forked, opened and executed by another, and on record."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from support.person import Person

from mlabs_ext.names import name_from

RUNNABLE = (
    "handson-ml3__math_linear_algebra",
    "ipython-in-depth__Custom Display Logic",
    "jupyter-renderers__geojson-extension",
    "jupyterlab__css_js_injection",
    "jupyterlab__vega-extension",
    "learntools__tut_1",
    "nbclient__UnicodePy3",
    "nbclient__update-display-id",
    "nbformat__test4custom",
    "pytudes__Cheryl",
    "scipy-2018-sklearn__04.Training_and_Testing_Data",
)
TERMINAL = {"succeeded", "failed", "stopped", "lost"}


@pytest.fixture(scope="module")
def ada(mlabs_up) -> Iterator[Person]:
    person = Person(mlabs_up.url, "ada-corpus", mlabs_up.password)
    yield person
    person.close()


@pytest.fixture(scope="module")
def bob(mlabs_up) -> Iterator[Person]:
    person = Person(mlabs_up.url, "bob-corpus", mlabs_up.password)
    yield person
    person.close()


def publish(person: Person, name: str, notebook: str) -> dict[str, Any]:
    return person.ok("POST", "labs", json={"notebook": notebook, "name": name})


def run_of_fork(author: Person, reader: Person, name: str, notebook: str) -> dict[str, Any]:
    """Publish as `author`; fork, open, execute and stop as `reader`; return the run once it has ended."""
    publish(author, name, notebook)
    fork = reader.ok("POST", f"labs/{author.name}/{name}/fork", json={})
    assert fork["forked_from"] == {"lab": f"{author.name}/{name}", "version": 1}
    server = reader.start(fork["name"])
    try:
        path = reader.open(server, f"{reader.name}/{fork['name']}")
        reader.execute(server, path)
        return ended_run(reader, fork["name"])
    finally:
        reader.stop(fork["name"])


def ended_run(person: Person, lab: str, timeout: float = 30) -> dict[str, Any]:
    deadline = time.monotonic() + timeout
    while True:
        runs = person.ok("GET", f"labs/{person.name}/{lab}/runs")["items"]
        if runs and runs[0]["status"] in TERMINAL:
            assert len(runs) == 1, runs
            return runs[0]
        assert time.monotonic() < deadline, f"no ended run of {lab}: {runs}"
        time.sleep(0.2)


@pytest.mark.corpus
@pytest.mark.parametrize("stem", RUNNABLE)
def test_forked_notebook_succeeds_on_the_forkers_server(stem, corpus: Path, ada, bob):
    source = (corpus / f"{stem}.ipynb").read_text()
    run = run_of_fork(ada, bob, name_from(stem), source)
    cells = nbformat.reads(source, as_version=4).cells
    code_cells = [cell for cell in cells if cell.cell_type == "code" and cell.source.strip()]
    assert run["status"] == "succeeded", run
    assert run["environment"] == "python"
    assert run["cells"] == len(code_cells)
    assert run["error"] is None
    assert run["duration"] > 0


def test_raising_notebook_fails_with_its_error_and_cell(ada, bob):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("x = 1"), nbformat.v4.new_code_cell("raise ValueError('not today')")]
    )
    run = run_of_fork(ada, bob, "raises", nbformat.writes(notebook))
    assert run["status"] == "failed"
    assert run["error"]["ename"] == "ValueError"
    assert run["error"]["evalue"] == "not today"
    assert run["error"]["cell"] == notebook.cells[1].id
