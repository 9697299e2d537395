"""What new labs begin with: whole notebooks, that run in their environments as they are."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nbformat
import pytest
from jupytext import reads
from nbclient import NotebookClient

import mlabs_ext
from mlabs_ext.catalogue import Catalogue
from mlabs_ext.errors import NotFound
from mlabs_ext.service.beginnings import Beginning, Beginnings, parts
from mlabs_ext.service.library import FOLDER as LIBRARY
from mlabs_ext.service.library import Library
from mlabs_ext.service.viewers import Viewer
from mlabs_spawner.virtualenvs import Virtualenvs

KERNEL = Path(mlabs_ext.__file__).parent / "kernel"
ALL = Beginnings().all
slow = pytest.mark.slow
# That of R is run where R is: in its image, by tests/images/test_smoke.py.
RUN = [pytest.param(one, id=one.name, marks=() if one.environment == "python" else slow) for one in ALL[:-1]]


def read(one: Beginning) -> nbformat.NotebookNode:
    return nbformat.reads(one.notebook().decode(), as_version=4)


def test_there_is_one_for_each_environment():
    assert {one.environment for one in ALL} == {spec.name for spec in Catalogue().all()}
    assert ALL[0].name == "welcome"
    assert ALL[-1].environment == "r"


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_the_texts_are_read_as_jupytext_reads_them(one):
    theirs = reads(one.text, fmt="md").cells
    assert [(cell.cell_type, cell.source) for cell in theirs] == [
        ("markdown" if language is None else "code", source) for language, source in parts(one.text)
    ]


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_they_are_valid_and_say_what_they_need(one):
    notebook = read(one)
    nbformat.validate(notebook)
    assert notebook.metadata.mlabs.environment == one.environment
    assert notebook.cells[0].source.startswith("# ")
    assert notebook.metadata.kernelspec.language == ("R" if one.name == "r" else "python")


@pytest.mark.parametrize("one", RUN)
async def test_they_run(one, tmp_path, tmp_path_factory, monkeypatch):
    directory = os.environ.get("MLABS_TEST_ENVIRONMENTS") or str(tmp_path_factory.mktemp("environments"))
    path = await Virtualenvs(directory=directory).provide(Catalogue().get(one.environment))
    for name in one.data:
        shutil.copytree(LIBRARY / name.partition("/")[2], tmp_path / "data" / name)
    monkeypatch.setenv("JUPYTER_PATH", str(path / "share" / "jupyter"))
    monkeypatch.setenv("PYTHONPATH", str(KERNEL))
    notebook = read(one)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=240,
        resources={"metadata": {"path": str(tmp_path)}},
        extra_arguments=["--IPKernelApp.extensions=mlabs_kernel"],
    )
    await client.async_execute()
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in shown)
    assert not [output for output in shown if output.get("name") == "stderr"], shown


def test_what_is_offered_has_its_data_here(rules):
    shared = {name: getattr(rules, name) for name in ("store", "blobs", "catalogue", "addresses", "plans")}
    here = Beginnings(**shared)
    ada = Viewer(name="ada", can_read=True, can_write=True)
    names = [one.name for one in here.offered(ada, {"python", "jax"})]
    assert names == ["jax"]
    with pytest.raises(NotFound) as raised:
        here.get(ada, "welcome")
    assert raised.value.code == "template_unknown"
    Library(**shared).stock()
    assert [one.name for one in here.offered(ada, {"jax"})] == ["welcome", "jax"]
    assert here.get(ada, "python").data == ("library/penguins",)


def test_the_owner_of_the_library_may_have_another_name():
    one = Beginnings(library="own").all[0]
    assert one.data == ("own/penguins",)
    assert "data/own/penguins/penguins.csv" in one.text
