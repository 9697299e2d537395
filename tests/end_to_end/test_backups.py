"""A backup while people work, a machine that is gone, and everything back on another."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from typing import Any

import pytest
from support.person import Person
from support.up import COMMAND, Up, environment

from mlabs_ext.backups.places import Place

NOTEBOOK = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
    {"id": "a", "cell_type": "code", "metadata": {}, "source": "print('zebra')", "outputs": [],
     "execution_count": None},
]}  # fmt: skip


def mlabs(*arguments: Any) -> dict[str, Any]:
    command = [COMMAND, *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment())
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_everything_is_back_on_another_machine(mlabs_up, tmp_path):
    ada = Person(mlabs_up.url, "ada", mlabs_up.password)
    lab = ada.ok("POST", "labs", json={"name": "kept", "title": "Kept", "notebook": NOTEBOOK})
    ada.ok("PUT", "labs/ada/kept/assets/model.bin", content=b"weights")
    server = ada.start("kept")
    path = ada.open(server, "ada/kept")
    assert [reply["status"] for reply in ada.execute(server, path)] == ["ok"]
    # All that a start and a run leave is known, and in the backup or made again.
    assert Place.of(str(mlabs_up.data)).strangers() == []
    said = mlabs("backup", tmp_path / "b.tar", "--data", mlabs_up.data)
    assert (said["left_out"], said["missing"], said["damaged"]) == ([], [], [])
    assert said["homes"]["count"] > 0
    ada.stop("kept")
    ada.close()
    new = tmp_path / "new"
    assert mlabs("restore", tmp_path / "b.tar", "--data", new)["check"]["problems"] == []
    assert list((new / "users").rglob("*.ipynb"))
    with closing(sqlite3.connect(new / "hub.sqlite")) as hub:
        assert hub.execute("SELECT count(*) FROM spawners WHERE server_id IS NOT NULL").fetchone() == (0,)
    up = Up(new)
    try:
        up.wait_ready()
        assert up.password == mlabs_up.password
        there = Person(up.url, "ada", up.password)
        assert there.ok("GET", "labs/ada/kept")["created"] == lab["created"]
        assert there.ok("GET", "labs/ada/kept/versions/latest/notebook")["cells"][0]["id"] == "a"
        file = there.http.get("/services/mlabs/assets/ada/kept/latest/model.bin")
        assert file.content == b"weights"
        assert [one["name"] for one in there.ok("GET", "labs", params={"q": "zebra"})["items"]] == ["kept"]
        assert there.ok("POST", "labs", json={"name": "after", "notebook": NOTEBOOK})["version"] == 1
        there.close()
    finally:
        assert up.stop() == 0, up.said()
    assert mlabs("check", "--data", new)["ok"]
