"""The locks say what the requirements ask for, all of it, with hashes."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from mlabs_images import locks

FILES = [(stage, folder) for stage, folder in locks.files()]
IDS = [f"{folder.name}/{stage.file}" for stage, folder in FILES]
PIN = re.compile(r"^([\w.-]+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)


def asked(file: Path) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in file.read_text().splitlines())
    return [Requirement(line) for line in lines if line]


def locked(file: Path) -> dict[str, Version]:
    return {canonicalize_name(name): Version(version) for name, version, _ in PIN.findall(file.read_text())}


@pytest.mark.parametrize(("stage", "folder"), FILES, ids=IDS)
def test_every_requirement_is_locked_as_it_asks(stage, folder):
    pins = locked(folder / stage.lock)
    for requirement in asked(folder / stage.file):
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement


@pytest.mark.parametrize(("stage", "folder"), FILES, ids=IDS)
def test_every_line_of_a_lock_has_hashes(stage, folder):
    text = (folder / stage.lock).read_text()
    assert text.startswith(locks.HEADER.format(stage.file))
    assert len(locked(folder / stage.lock)) == len(re.findall(r"^[^\s#]", text, re.MULTILINE))


def test_every_requirements_file_is_of_a_step():
    known = {folder / stage.file for stage, folder in FILES}
    assert {file for _, folder in FILES for file in folder.glob("*.txt")} == known


def test_every_environment_with_a_gpu_brings_cuda_for_it_and_not_without():
    with_cuda = {folder.name for stage, folder in FILES if "\nnvidia-" in (folder / stage.lock).read_text()}
    gpu = [(stage.file, folder) for stage, folder in FILES if folder.name in with_cuda]
    assert with_cuda == {"tensorflow", "pytorch", "jax"}
    for file, folder in gpu:
        text = (folder / file).with_suffix(".lock").read_text()
        assert ("\nnvidia-" in text) == (file == "requirements-gpu.txt")


def test_the_server_in_the_base_is_what_mlabs_needs():
    setup = configparser.ConfigParser()
    setup.read(Path(__file__).parents[2] / "setup.cfg")
    pins = locked(locks.BASE / "requirements.lock")
    for line in setup["options"]["install_requires"].split():
        requirement = Requirement(line)
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement
    hub = dict(line.split("==") for line in setup["options.extras_require"]["hub"].split() if "==" in line)
    assert {name: str(pins[name]) for name in ("jupyterhub", "jupyterlab")}.items() <= hub.items()


def test_what_cannot_be_had_is_said_in_uvs_words():
    with pytest.raises(locks.LockFailed, match="numpy"):
        locks.compiled("numpy==2.4.6\nnumpy==2.4.5\n")
