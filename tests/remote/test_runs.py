"""`mlabs login`, `mlabs run` and `mlabs runs` against a real service."""

from __future__ import annotations

import json
import stat
import subprocess
import threading
import time
from datetime import UTC, datetime

import pytest

# The harness of the service's own tests.
from service.conftest import cells, migrated, site, start_site
from support.up import COMMAND, environment

__all__ = ["migrated", "site", "start_site"]


class Terminal:
    """A person at a terminal, signed in as ada once they have asked for it."""

    def __init__(self, site, folder):
        self.site, self.folder, self.login = site, folder, folder / "settings" / "login.json"
        self.url = site.url.removesuffix("/services/mlabs/")

    def mlabs(self, *arguments, said=""):
        return subprocess.run(
            [COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=60, input=said,
            cwd=self.folder, env=environment(MLABS_LOGIN=str(self.login)),
        )  # fmt: skip

    def ok(self, *arguments, status=0):
        done = self.mlabs(*arguments)
        assert done.returncode == status, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout


@pytest.fixture
def terminal(site, tmp_path):
    return Terminal(site, tmp_path)


@pytest.fixture
def ada(terminal):
    done = terminal.mlabs("login", terminal.url, said="ada-token\n")
    assert done.returncode == 0, done.stderr
    return terminal


def test_signed_in(terminal):
    done = terminal.mlabs("login", f"{terminal.url}/services/mlabs/@ada/x", said="ada-token\n")
    assert "as ada" in done.stdout and "ada-token" not in done.stdout
    assert stat.S_IMODE(terminal.login.stat().st_mode) == 0o600
    assert json.loads(terminal.login.read_text()) == {"url": terminal.url, "token": "ada-token"}


@pytest.mark.parametrize(
    ("url", "token", "words"),
    [
        (None, "wrong\n", "mlabs login"),
        (None, "\n", "No token"),
        ("http://127.0.0.1:9", "ada-token\n", "does not answer"),
        ("file:///etc/passwd", "ada-token\n", "not the address"),
    ],
    ids=["wrong", "none", "nobody there", "no address"],
)
def test_not_signed_in(terminal, url, token, words):
    done = terminal.mlabs("login", url or terminal.url, said=token)
    assert done.returncode == 1
    assert words in done.stderr
    assert not terminal.login.exists()


def test_first_of_all_sign_in(terminal):
    for command in (("runs",), ("run", "mnist")):
        done = terminal.mlabs(*command)
        assert (done.returncode, done.stderr) == (1, "Sign in first: mlabs login URL\n")


def test_a_lab_runs(ada):
    ada.site.publish("ada", name="mnist")
    out = ada.ok("run", "mnist", "--param", "rate=0.5", "--param", "name=adam", "--timeout", "60", "--json")
    run = json.loads(out)
    assert (run["lab"], run["status"], run["timeout"]) == ("ada/mnist", "queued", 60)
    assert run["parameters"] == {"rate": 0.5, "name": "adam"}
    listed = ada.ok("runs", "mnist")
    assert listed.startswith(f"{run['id']} queued ada/mnist {ada.url}/services/mlabs/@ada/mnist/runs/")
    assert [each["id"] for each in json.loads(ada.ok("runs", "--json"))] == [run["id"]]


def test_a_file_runs_as_it_is(ada):
    (ada.folder / "my idea.ipynb").write_text(json.dumps(cells("# My idea", "print(1)")))
    first, second = (json.loads(ada.ok("run", "my idea.ipynb", "--json")) for _ in range(2))
    assert first["lab"] == second["lab"] == "ada/my-idea"
    assert (first["version"], first["id"] != second["id"]) == (None, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("absent",), "There is no lab ada/absent"),
        (("absent.ipynb",), "cannot be read"),
        (("mnist", "--param", "rate"), "NAME=VALUE"),
        (("mnist", "--param", "a-b=1"), "no name"),
        (("mnist", "--environment", "cobol"), "cobol"),
        (("bob/mnist",), "There is no lab bob/mnist"),
    ],
    ids=["no lab", "no file", "no value", "no name", "no environment", "not mine"],
)
def test_what_cannot_run(ada, arguments, words):
    ada.site.publish("ada", name="mnist")
    ada.site.publish("bob", name="mnist")
    done = ada.mlabs("run", *arguments)
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("status", "code"), [("succeeded", 0), ("failed", 1)])
def test_a_run_that_is_waited_for(ada, status, code):
    ada.site.publish("ada", name="mnist")
    server = threading.Thread(target=as_its_server_would, args=(ada.site, status))
    server.start()
    lines = ada.ok("run", "mnist", "--wait", status=code).splitlines()
    server.join()
    assert f" {status} ada/mnist" in lines[-1]
    assert lines[0].split()[0] == lines[-1].split()[0]


def as_its_server_would(site, status):
    api = site.as_("ada")
    deadline = time.monotonic() + 30
    while not (places := site.service.batch_queue.claim()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    run, now = places[0].run, datetime.now(UTC).isoformat()
    body = {"id": run, "lab": "ada/mnist", "started": now, "environment": "python", "kind": "batch"}
    assert api.post("api/v1/runs", json=body).is_success
    end = {"seq": 1, "type": "end", "time": now, "data": {"status": status}}
    assert api.post(f"api/v1/runs/{run}/events", json={"events": [end]}).is_success
