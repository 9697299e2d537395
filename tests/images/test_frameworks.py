import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from mlabs_ext.catalogue import Catalogue
from mlabs_spawner.virtualenvs import Virtualenvs

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
# What is run in the kernel of each: something tiny that only the real framework can do.
SMOKE = Path(__file__).parent / "smoke"
slow = pytest.mark.slow


@pytest.fixture(scope="session")
def virtualenvs(tmp_path_factory):
    directory = os.environ.get("MLABS_TEST_ENVIRONMENTS") or str(tmp_path_factory.mktemp("environments"))
    return Virtualenvs(directory=directory)


async def execute(notebook, virtualenvs, name, folder, monkeypatch):
    path = await virtualenvs.provide(Catalogue().get(name))
    monkeypatch.setenv("JUPYTER_PATH", str(path / "share" / "jupyter"))
    where = {"metadata": {"path": str(folder)}}
    await NotebookClient(notebook, kernel_name="python3", timeout=240, resources=where).async_execute()


LARGE = ["tensorflow", "pytorch", "jax", "theano", "caffe"]


@pytest.mark.parametrize("name", ["python", *(pytest.param(name, marks=slow) for name in LARGE)])
async def test_the_kernel_of_each_environment_really_computes(virtualenvs, tmp_path, monkeypatch, name):
    notebook = nbformat.read(SMOKE / f"{name}.ipynb", as_version=4)
    await execute(notebook, virtualenvs, name, tmp_path, monkeypatch)
    printed = [output["text"] for output in notebook.cells[-1].outputs if output.get("name") == "stdout"]
    assert printed in (["trained\n"], ["classified\n"])


def runnable():
    lines = (CORPUS / "runnable.txt").read_text().split("## B.")[0].splitlines() if CORPUS.is_dir() else []
    return [line.split("\t")[0] for line in lines if ".ipynb\t" in line]


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the notebook corpus is not beside the checkout")
@pytest.mark.parametrize("name", runnable())
async def test_runnable_notebooks_run_in_the_python_environment(virtualenvs, tmp_path, monkeypatch, name):
    notebook = nbformat.read(CORPUS / name, as_version=4)
    await execute(notebook, virtualenvs, "python", tmp_path, monkeypatch)
