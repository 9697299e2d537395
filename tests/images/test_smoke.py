"""In the image of each environment, its framework says its version and really trains or classifies."""

from __future__ import annotations

from pathlib import Path

import docker
import pytest
from support import images

from mlabs_ext.catalogue import Catalogue
from mlabs_ext.service.beginnings import Beginnings
from mlabs_images import engine

NOTEBOOKS = Path(__file__).parent / "smoke"
IN_EVERY_RUN = ("python", "theano", "caffe")
# As hardened as a lab's server is, without any network.
HARDENED = {"cap_drop": ["ALL"], "security_opt": ["no-new-privileges"], "network_mode": "none"}
EXECUTE = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, kernel_name=notebook.metadata.kernelspec.name, timeout=600).execute(cwd="/home/lab")
for cell in notebook.cells:
    printed = (output.text for output in cell.outputs if output.get("name") == "stdout")
    print("".join(printed), end="")
"""


def execute(client: docker.DockerClient, image: str, name: str, folder: Path = NOTEBOOKS) -> list[str]:
    """What the notebook printed, line by line, run in a new container by the environment's kernel."""
    mounts = {str(folder): {"bind": "/data/smoke", "mode": "ro"}}
    line = ["/opt/mlabs/bin/python", "-c", EXECUTE, f"/data/smoke/{name}.ipynb"]
    said = client.containers.run(image, line, remove=True, volumes=mounts, stderr=False, **HARDENED)
    return said.decode().splitlines()


@pytest.mark.docker
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(spec.name, marks=[] if spec.name in IN_EVERY_RUN else [pytest.mark.slow])
        for spec in Catalogue().all()
    ],
)
def test_the_framework_of_each_image_says_its_version_and_computes(name):
    client = engine.connect()
    *versions, last = execute(client, images.image(name), name)
    client.close()
    said = {name: version.partition("+")[0] for name, version in (line.split() for line in versions)}
    expected = Catalogue().get(name).frameworks
    assert said.keys() & expected.keys()
    assert {name: expected[name] for name in said if name in expected}.items() <= said.items()
    assert last == ("classified" if name == "caffe" else "trained")


@pytest.mark.docker
@pytest.mark.slow
def test_what_a_lab_in_r_begins_with_runs_in_its_image(tmp_path):
    [begun] = [one for one in Beginnings().all if one.environment == "r"]
    tmp_path.chmod(0o755)
    (tmp_path / "r.ipynb").write_bytes(begun.notebook())
    client = engine.connect()
    # The container ends badly where a cell raises.
    execute(client, images.image("r"), "r", tmp_path)
    client.close()
