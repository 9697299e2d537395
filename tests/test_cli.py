"""The `mlabs` command as a person at a terminal meets it."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from support.up import COMMAND, environment

import mlabs_ext


def mlabs(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=60, env=environment()
    )


@pytest.mark.parametrize(
    "arguments",
    [
        *(
            (),
            ("up",),
            ("login",),
            ("run",),
            ("runs",),
            ("export",),
            ("copy",),
            ("images",),
            ("images", "list"),
        ),
        *(("backup",), ("restore",), ("check",), ("move",)),
    ],
    ids=" ".join,
)
def test_every_command_has_help(arguments):
    done = mlabs(*arguments, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: mlabs")


def test_version():
    assert mlabs("--version").stdout.strip() == f"mlabs {mlabs_ext.__version__}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "COMMAND"),
        (("upp",), "upp"),
        (("images",), "COMMAND"),
        (("up", "--port", "x"), "port"),
        (("up", "--port", "65536"), "port"),
        (("up", "--spawner", "cloud"), "cloud"),
        (("up", "--environments", "python,cobol"), "cobol"),
    ],
    ids=["nothing", "unknown", "half", "port-text", "port-range", "spawner", "environment"],
)
def test_what_is_asked_wrongly_exits_with_2_and_a_reason(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = mlabs(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_images_list_is_for_people():
    done = mlabs("images", "list")
    assert done.returncode == 0, done.stderr
    first = done.stdout.splitlines()
    assert any(line.startswith("python ") and line.endswith("(default)") for line in first)


def test_images_list_is_for_programs():
    environments = json.loads(mlabs("images", "list", "--json").stdout)
    assert {"python", "tensorflow", "pytorch", "jax", "theano", "caffe"} <= {e["name"] for e in environments}
    assert [e["name"] for e in environments if e["default"]] == ["python"]


@pytest.mark.parametrize("arguments", [("images", "list"), ("doctor",)], ids=" ".join)
def test_who_reads_no_further_gets_no_traceback(arguments, tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    command = [COMMAND, *arguments]
    with os.fdopen(writing, "wb") as pipe:
        done = subprocess.run(
            command, stdout=pipe, stderr=subprocess.PIPE, check=False, env=environment(), cwd=tmp_path
        )
    assert (done.returncode, done.stderr) == (1, b"")
