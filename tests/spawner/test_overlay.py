import json
import subprocess

import pytest

from mlabs_spawner import overlay


@pytest.fixture
async def environment_path(virtualenvs, environment, wheel, monkeypatch):
    folder = wheel()
    wheel(version="2.0", code="answer = 43\n")
    wheel(name="anotherpackage", code="import tinypackage\n")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return await virtualenvs.provide(environment(packages=["tinypackage==1.0"]))


def answer(python):
    code = "import tinypackage; print(tinypackage.answer)"
    return int(subprocess.check_output([python / "bin/python", "-c", code]))


def pip(layer, *arguments):
    line = [layer / "bin/pip", *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=True).stdout


async def test_what_a_person_installs_is_that_persons_alone(environment_path, tmp_path):
    ada, bob = tmp_path / "ada", tmp_path / "bob"
    for layer in (ada, bob):
        overlay.make(layer, environment_path)
        assert answer(layer) == 42

    pip(ada, "install", "-q", "anotherpackage")
    # What the environment has is not installed again.
    assert not list(ada.glob("lib/python*/site-packages/tinypackage.py"))
    pip(ada, "install", "-q", "tinypackage==2.0")
    assert (answer(ada), answer(bob), answer(environment_path)) == (43, 42, 42)

    # A later start keeps it, and taking it away brings back the environment's.
    overlay.make(ada, environment_path)
    assert answer(ada) == 43
    pip(ada, "uninstall", "-q", "-y", "tinypackage")
    assert answer(ada) == 42


async def test_the_kernel_is_the_layers(environment_path, tmp_path):
    layer = tmp_path / "layer"
    overlay.make(layer, environment_path)
    spec = json.loads((layer / "share/jupyter/kernels/python3/kernel.json").read_text())
    assert spec["argv"][0] == str(layer / "bin/python")
    assert spec["display_name"] == "Tiny"
    assert spec["env"]["PATH"] == f"{layer}/bin:{environment_path}/bin:${{PATH}}"
    assert subprocess.run([spec["argv"][0], "-c", "import ipykernel_launcher"], check=True)
