"""Which environments there are, which of them are offered here, and with which accelerators."""

from __future__ import annotations

import re
import sys

import pytest
from support.tiny_environment import environment

from mlabs_ext import catalogue
from mlabs_ext.catalogue import Catalogue, InvalidEnvironment
from mlabs_ext.errors import Unusable

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
BUNDLED = ["python", "caffe", "jax", "pytorch", "r", "tensorflow", "theano"]


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(catalogue, "has_gpu", lambda: False)


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.setattr(catalogue, "has_gpu", lambda: True)


def test_the_bundled_environments_are_there_with_the_default_one_first():
    assert [spec.name for spec in Catalogue().all()] == BUNDLED
    assert Catalogue().default == "python"


@pytest.mark.parametrize("name", [name for name in BUNDLED if name != "r"])
def test_what_is_said_of_versions_is_what_is_installed(name):
    spec = Catalogue().get(name)
    lines = [line for stage in spec.stages for line in (spec.folder / stage.file).read_text().lower().split()]
    pins = dict(re.fullmatch(r"([\w.-]+)==([\w.+-]+)", line).groups() for line in lines)
    packages = {name: spec.distributions.get(name, name) for name in spec.frameworks}
    assert spec.frameworks == {name: pins[package] for name, package in packages.items()}
    assert pins["ipykernel"]
    assert pins["pip"]


@pytest.mark.parametrize(
    ("settings", "accelerators"),
    [
        ({"local": False}, ["none", "gpu"]),
        ({"local": False, "community": True}, ["none", "gpu", "community"]),
        ({"local": True, "community": True}, ["none"]),
    ],
    ids=["as it is", "machines are lent", "there are no machines to be lent"],
)
def test_lent_machines_are_an_accelerator_of_every_environment(monkeypatch, settings, accelerators):
    monkeypatch.setattr("mlabs_ext.catalogue.has_gpu", lambda: False)
    catalogue = Catalogue(enabled=["pytorch"], **settings)
    assert [entry.accelerators for entry in catalogue.public()] == [accelerators]
    if "community" not in accelerators:
        with pytest.raises(Unusable, match="has no accelerator 'community'"):
            catalogue.check("pytorch", "community")


def test_adding_an_environment_takes_one_folder(tmp_path):
    environment(tmp_path / "tiny")
    added = Catalogue(extra=str(tmp_path)).get("tiny")
    assert (added.title, added.accelerators, added.resources.memory_bytes) == ("Tiny", ["none"], 2 << 30)
    assert not added.bundled


def test_or_one_file(tmp_path):
    (tmp_path / "environment.toml").write_text(
        'name = "one"\ntitle = "One"\n[[install]]\npackages = ["six==1.17.0"]'
    )
    assert Catalogue(extra=str(tmp_path)).get("one").title == "One"


def test_one_of_your_own_replaces_a_bundled_one(tmp_path):
    environment(tmp_path / "python", 'title = "Our Python"')
    assert Catalogue(extra=str(tmp_path)).get("python").title == "Our Python"


def test_a_directory_of_extras_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(InvalidEnvironment, match=r"Catalogue.extra: there is no such directory"):
        Catalogue(extra=str(tmp_path / "no")).all()


@pytest.mark.parametrize(
    ("enabled", "default"),
    [
        pytest.param([], "python", id="all"),
        pytest.param(["jax", "python"], "python", id="python among them"),
        pytest.param(["jax", "theano"], "jax", id="the first one without python"),
    ],
)
def test_enabled_limits_the_catalogue(enabled, default):
    chosen = Catalogue(enabled=enabled)
    assert chosen.default == default
    assert {spec.name for spec in chosen.all()} == set(enabled or BUNDLED)


def test_enabling_what_is_not_there_says_what_is():
    with pytest.raises(Unusable, match=r"'pytroch', but there are only: .*pytorch"):
        Catalogue(enabled=["pytroch"]).all()


@pytest.mark.parametrize(
    ("name", "accelerator", "code"),
    [
        pytest.param("python", "none", None, id="fits"),
        pytest.param("pytorch", "gpu", None, id="gpu in the catalogue"),
        pytest.param("fortran", "none", "environment_unknown", id="unknown"),
        pytest.param("", "none", "environment_unknown", id="empty"),
        pytest.param("python", "gpu", "accelerator_unknown", id="no gpu in this one"),
        pytest.param("pytorch", "tpu", "accelerator_unknown", id="no such accelerator"),
    ],
)
def test_check(name, accelerator, code):
    if code is None:
        assert Catalogue().check(name, accelerator).name == name
        return
    with pytest.raises(Unusable) as raised:
        Catalogue().check(name, accelerator)
    assert raised.value.code == code


def test_without_a_gpu_none_is_offered_here(no_gpu):
    assert [e.accelerators for e in Catalogue(enabled=["pytorch"]).public()] == [["none"]]


def test_with_one_it_is(gpu):
    assert [e.accelerators for e in Catalogue(enabled=["pytorch"]).public()] == [["none", "gpu"]]


def test_containers_may_run_elsewhere(no_gpu):
    assert [e.accelerators for e in Catalogue(enabled=["pytorch"], local=False).public()] == [["none", "gpu"]]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", None, id="needs nothing"),
        pytest.param(f'python = ["{HERE}"]', None, id="this Python"),
        pytest.param(
            'python = ["3.4"]', f"It is made for Python 3.4; this is Python {HERE}.", id="another Python"
        ),
        pytest.param(
            '[[needs]]\ncommand = "no-such-program"\nwhy = "It compiles."\ninstall = "`apt-get install it`"',
            "It needs no-such-program: It compiles. To get it: `apt-get install it`.",
            id="a program",
        ),
    ],
)
def test_what_is_missing_here_is_said(tmp_path, text, reason):
    environment(tmp_path / "tiny", f'title = "Tiny"\n{text}')
    [told] = Catalogue(extra=str(tmp_path), enabled=["tiny"]).public()
    assert (told.available, told.reason) == (reason is None, reason)
    [told] = Catalogue(extra=str(tmp_path), enabled=["tiny"], local=False).public()
    assert told.available


@pytest.mark.parametrize(
    ("script", "found"),
    [
        pytest.param(None, False, id="no tool"),
        pytest.param("echo 'GPU 0: NVIDIA H200'", True, id="one"),
        pytest.param("echo 'No devices were found'", False, id="none"),
        pytest.param("echo 'GPU 0: broken'; exit 9", False, id="driver trouble"),
    ],
)
def test_has_gpu(tmp_path, monkeypatch, script, found):
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    if script:
        (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "nvidia-smi").chmod(0o755)
    elif (tool := catalogue.shutil.which("nvidia-smi")) is not None:
        pytest.skip(f"this machine has {tool}")
    assert catalogue.has_gpu.__wrapped__() == found
