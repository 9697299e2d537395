"""A token of JupyterHub's that lends and does nothing else, from the hub that makes it to `mlabs login`."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

from remote.test_runs import Terminal
from support.person import Person
from support.up import Up

SCOPES = ["access:services!service=mlabs", "custom:mlabs:lend"]
MACHINE = {"kind": "machine", "backend": "wasm", "speed": 1.0}


def test_it_is_made_kept_and_enough_to_lend(mlabs_up: Up, tmp_path: Path) -> None:
    terminal = Terminal(mlabs_up, tmp_path)
    with closing(Person(mlabs_up.url, "lena", mlabs_up.password)) as lena:
        made = lena.http.post("/hub/api/users/lena/tokens", json={"scopes": SCOPES})
        token = made.json()["token"]
        said = terminal.mlabs("login", mlabs_up.url, said=f"{token}\n")
        assert f"Signed in at {mlabs_up.url} with a token that opens nothing of yours" in said.stdout
        assert json.loads(terminal.login.read_text())["token"] == token
        by_it = {"Authorization": f"token {token}"}
        assert lena.api("POST", "workers", json=MACHINE, headers=by_it).status_code == 201
        assert lena.api("POST", "labs", json={"name": "no"}, headers=by_it).status_code == 403
        assert lena.http.post("/hub/api/users/lena/servers/no", headers=by_it).status_code in (403, 404)


def test_one_that_nobody_knows_is_not_kept(mlabs_up: Up, tmp_path: Path) -> None:
    terminal = Terminal(mlabs_up, tmp_path)
    assert terminal.mlabs("login", mlabs_up.url, said="wrong\n").returncode == 1
    assert not terminal.login.exists()
