"""Notebooks that the trainer writes: what they read, divide and scale is what the browser did."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.node import node

from mlabs_ext import notebook as notebooks
from mlabs_ext.service.library import FOLDER

ROOT = Path(__file__).parent.parent
PROJECTS = (
    "iris",
    "penguins",
    "moons",
    "digits",
    "wine",
    "own",
    "drawn",
    "pictures",
    "reviews",
    "messages",
    "marks",
)
# What needs Keras, or draws.
LATER = ("network", "training", "curves", "result", "own")


@pytest.fixture(scope="module")
def written() -> dict[str, dict]:
    """The notebooks, and the numbers of the browser."""
    done = node(ROOT / "ui/web/tests/write_notebooks.ts", FOLDER, *PROJECTS)
    assert done.returncode == 0, done.stderr
    return {each["name"]: each for each in json.loads(done.stdout)}


def there(project: dict, folder: Path) -> None:
    """Lay a project's dataset where a lab has it."""
    data = project["notebook"]["metadata"]["mlabs"].get("data")
    if data:
        name = data[0].partition("/")[2].partition("@")[0]
        place = folder / "data" / "library" / name / f"{name}.csv"
        place.parent.mkdir(parents=True)
        if project.get("text"):
            place.write_text(project["text"], encoding="utf-8")
        else:
            shutil.copy(FOLDER / name / place.name, place)


def run(project: dict, *without: str) -> tuple[dict, str]:
    """What the names of the notebook's cells stand for after running them, and what they printed."""
    names: dict = {}
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        for cell in project["notebook"]["cells"]:
            if cell["cell_type"] == "code" and cell["id"] not in without:
                exec(compile(cell["source"], cell["id"], "exec"), names)
    return names, said.getvalue()


@pytest.mark.parametrize("name", PROJECTS)
def test_a_notebook_has_the_numbers_of_the_browser(written, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    project = written[name]
    there(project, tmp_path)
    found, said = run(project, *LATER)
    for part in ("train", "validation", "test"):
        browser = project[part]
        assert found[part] == browser["rows"]
        x = np.array(browser["x"], dtype="float32").reshape(-1, *project["shape"])
        y = np.array(browser["y"], dtype="float32")
        np.testing.assert_allclose(found["x"][found[part]], x, rtol=0, atol=2e-6)
        np.testing.assert_allclose(found["y"][found[part]].ravel(), y, rtol=0, atol=2e-6)
    assert f"{len(project['train']['rows'])} rows to learn from" in said


@pytest.mark.parametrize("name", PROJECTS)
def test_a_notebook_is_one_as_it_is_and_each_cell_compiles(written, name):
    given = written[name]["notebook"]
    read = notebooks.parse(json.dumps(given).encode())
    assert [(cell.id, cell.source) for cell in read.cells] == [
        (cell["id"], cell["source"]) for cell in given["cells"]
    ]
    for cell in given["cells"]:
        if cell["cell_type"] == "code":
            compile(cell["source"], cell["id"], "exec")
    assert notebooks.runtime_of(read).environment == "tensorflow"
    assert notebooks.title_of(read) == name


@pytest.mark.parametrize("name", PROJECTS)
def test_a_notebook_begins_with_what_came_of_it(written, name):
    first, second = written[name]["notebook"]["cells"][:2]
    assert (first["id"], second["id"], second["cell_type"]) == ("title", "summary", "markdown")
    said, rows = second["source"], len(written[name]["test"]["rows"])
    # Numbers that are right are so within what rounding leaves.
    right = rf"\*\*100\.0 %\*\* of the {rows} test rows"
    off = rf"Off by \*\*(0|\S+e-\d)\*\* on average in the {rows} test rows"
    assert re.search(f"{right}|{off}", said)
    assert re.search(r"\*\*Network:\*\* .+ → Output, \w+ \(\d+\); [\d,]+ parameters", said)
    assert re.search(r"\*\*Seed:\*\* \d+", said)
    assert ("| Class | Precision | Recall | F1 | Rows |" in said) == ("Off by" not in said)


@pytest.mark.parametrize(("name", "rows", "least"), [("iris", 30, 92), ("reviews", 240, 70)])
def test_the_whole_notebook_ends_as_the_browser_did(written, name, rows, least, tmp_path, monkeypatch):
    pytest.importorskip("keras", reason="Keras is no part of the tests: a lab's environment has it")
    pytest.importorskip("tensorflow", reason="Keras computes with TensorFlow there")
    monkeypatch.chdir(tmp_path)
    there(written[name], tmp_path)
    _, said = run(written[name], "curves")
    right = re.search(rf"([\d.]+)% of the {rows} test rows are right", said)
    assert right and float(right[1]) >= least
