"""Copies in real Git repositories."""

from __future__ import annotations

import json
import subprocess

import pytest
from saving.conftest import FILES
from service.conftest import cells
from service.web.conftest import ok

from mlabs_ext.saving import git


def run(folder, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """An empty one, and no settings of whoever runs the tests."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    run(tmp_path, "init", "--quiet", "--bare", "--initial-branch", "main", "labs.git")
    return tmp_path / "labs.git"


def test_each_version_is_a_commit(lab, copy, repository, tmp_path):
    assert copy(lab, repository) == {"version": 2, "commits": 3, "left_out": []}
    log = run(repository, "log", "--reverse", "--format=%an|%s", "main").splitlines()
    assert log == ["ada|mnist 1: First", "ada|mnist 2: Second", "ada|mnist: files of its runs"]
    run(tmp_path, "clone", "--quiet", str(repository), "there")
    there = tmp_path / "there" / "mnist"
    assert "2 + 2" in (there / "mnist.ipynb").read_text()
    assert {path: (there / "files" / path).read_bytes() for path in FILES} == FILES
    about = json.loads((there / "lab.json").read_text())
    assert about["owner"] == "ada" and [version["number"] for version in about["versions"]] == [1, 2]
    assert "1 + 1" in run(repository, "show", "main~2:mnist/mnist.ipynb")


def test_again_brings_what_is_new(site, lab, copy, repository):
    copy(lab, f"git+{repository}")
    assert copy(lab, f"git+{repository}")["commits"] == 0
    ada = site.as_("ada")
    ok(ada.post("api/v1/labs/ada/mnist/versions", json={"notebook": cells("3 + 3"), "message": "Third"}))
    assert copy(lab, f"git+file://{repository}")["commits"] == 1
    assert "3 + 3" in run(repository, "show", "main:mnist/mnist.ipynb")
    assert run(repository, "log", "--format=%s", "main").splitlines()[0] == "mnist 3: Third"


def test_several_labs_share_a_repository(site, lab, copy, repository):
    site.publish("ada", name="iris")
    copy(lab, repository)
    copy("ada/iris", repository)
    assert run(repository, "ls-tree", "--name-only", "main").splitlines() == ["iris", "mnist"]


def test_what_is_too_large_is_named(lab, copy, repository, monkeypatch):
    monkeypatch.setattr(git, "LARGEST", 4)
    assert copy(lab, repository)["left_out"] == ["model/model.json"]


def test_another_labs_place_is_not_taken(site, lab, copy, repository):
    site.publish("bob", name="mnist")
    copy("bob/mnist", repository)
    before = run(repository, "rev-parse", "main")
    assert "copy of bob/mnist" in copy(lab, repository, status=1)
    assert run(repository, "rev-parse", "main") == before


def test_a_repository_cannot_lead_elsewhere(lab, copy, repository, tmp_path):
    (tmp_path / "outside").mkdir()
    run(tmp_path, "clone", "--quiet", str(repository), "work")
    (tmp_path / "work" / "mnist").symlink_to(tmp_path / "outside")
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for step in (("add", "."), ("commit", "-qm", "x"), ("push", "-q", "origin", "HEAD")):
        run(tmp_path / "work", *who, *step)
    assert "something else called mnist" in copy(lab, repository, status=1)
    assert not list((tmp_path / "outside").iterdir())


@pytest.mark.parametrize("url", ["git+--upload-pack=touch x", "git+ext::sh -c touch% x", "none/there.git"])
def test_what_is_no_repository_is_refused(lab, copy, repository, url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert copy(lab, url, status=1)
    assert not (tmp_path / "x").exists()
