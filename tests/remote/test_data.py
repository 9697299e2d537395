"""`mlabs data add` against a real service, over connections that break."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import zipfile
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from remote.test_runs import ada, terminal

# The harness of the service's own tests.
from service.conftest import migrated, site, start_site
from support.up import COMMAND, environment
from support.waiting import until

from mlabs_ext.service.blobs_writer import is_held
from mlabs_ext.service.web import silence

__all__ = ["ada", "migrated", "site", "start_site", "terminal"]

MIB = 1 << 20


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def files(site, name="birds", number="latest"):
    ada = site.as_("ada")
    found = ada.get(f"api/v1/datasets/ada/{name}/versions/{number}").json()["items"]
    return {file["path"]: ada.get(f"data/ada/{name}/{number}/{file['path']}").content for file in found}


def put(folder, **texts):
    for name, text in texts.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_folder_becomes_a_dataset_and_then_its_next_version(ada, site, tmp_path):
    put(tmp_path / "Rare Birds", all_csv="a,b", in__more_csv="c", _hidden="no", _git__config="no")
    said = ada.ok(
        *("data", "add", "Rare Birds", "--license", "CC0-1.0", "--description", "Seen in May."),
        *("--visibility", "public", "--tag", "birds", "--tag", "may"),
    )
    assert said == f"ada/rare-birds@1: 2 files, 4 bytes, {site.url}@ada/datasets/rare-birds\n"
    assert files(site, "rare-birds") == {"all.csv": b"a,b", "in/more.csv": b"c"}
    made = site.client().get("api/v1/datasets/ada/rare-birds").json()
    assert (made["title"], made["tags"], made["license"]) == ("Rare Birds", ["birds", "may"], "CC0-1.0")
    put(tmp_path, new_csv="d")
    done = json.loads(
        ada.ok("data", "add", "new.csv", "--to", "rare-birds", "--keep", "--message", "June", "--json")
    )
    assert (done["number"], done["message"], done["files"]) == (2, "June", 3)


def test_archives_are_unpacked_or_left_and_very_many_files_are_sent_as_one(ada, site, tmp_path):
    with zipfile.ZipFile(tmp_path / "birds.zip", "w") as archive:
        archive.writestr("all.csv", "a,b")
    ada.ok("data", "add", "birds.zip")
    assert files(site) == {"all.csv": b"a,b"}
    ada.ok("data", "add", "birds.zip", "--name", "packed", "--packed")
    assert list(files(site, "packed")) == ["birds.zip"]
    put(tmp_path / "many", **{f"in__{number}_txt": f"{number}" for number in range(201)})
    ada.ok("data", "add", "many")
    assert site.as_("ada").get("api/v1/datasets/ada/many").json()["files"] == 201
    assert site.as_("ada").get("data/ada/many/1/in/200.txt").text == "200"
    put(tmp_path, a__x_txt="1", b__x_txt="2")
    ada.ok("data", "add", "a", "b", "--name", "both")
    assert files(site, "both") == {"a/x.txt": b"1", "b/x.txt": b"2"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nothing.csv",), "nothing.csv is not there"),
        (("empty",), "There is no file in it"),
        (("a/x.csv", "b/x.csv"), "would both be x.csv"),
        (("a", "--visibility", "public"), "license"),
        (("a", "--name", "Not A Name"), "Not A Name"),
        (("a", "--to", "bob/his"), "There is no dataset bob/his"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_cannot_be_is_said_in_words(ada, tmp_path, arguments, words):
    put(tmp_path, a__x_csv="1", b__x_csv="2")
    (tmp_path / "empty").mkdir()
    done = ada.mlabs("data", "add", *arguments)
    assert done.returncode == 1
    assert words in done.stderr and "Traceback" not in done.stderr


class Line:
    """A way to the service that breaks at each of these bytes, and after the last is gone until it heals."""

    def __init__(self, site, *breaks):
        self.port, self.breaks, self.passed, self.healed = urlsplit(site.url).port, list(breaks), 0, False
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def is_gone(self):
        return not self.breaks and not self.healed

    def serve(self):
        with suppress(OSError):
            while True:
                one, _ = self.server.accept()
                if self.is_gone:
                    one.close()
                else:
                    threading.Thread(target=self.carry, args=(one,), daemon=True).start()

    def carry(self, one):
        with one, socket.create_connection(("127.0.0.1", self.port)) as other, suppress(OSError):
            threading.Thread(target=self.back, args=(other, one), daemon=True).start()
            while data := one.recv(65536):
                self.passed += len(data)
                if not self.healed and self.breaks and self.passed > self.breaks[0]:
                    self.breaks.pop(0)
                    return
                other.sendall(data)

    def back(self, other, one):
        with suppress(OSError):
            while data := other.recv(65536):
                one.sendall(data)


def test_a_broken_connection_costs_what_it_broke_and_so_does_a_killed_command(
    ada, site, tmp_path, monkeypatch
):
    # The line breaks without a word to the service, as a network that changes does.
    monkeypatch.setattr(silence, "SECONDS", 1.0)
    big = tmp_path / "big.bin"
    big.write_bytes(os.urandom(30 * MIB))
    line = Line(site, 4 * MIB, 25 * MIB)
    with closing(line.server):
        login = json.loads(ada.login.read_text()) | {"url": line.url}
        ada.login.write_text(json.dumps(login))
        process = subprocess.Popen(
            [COMMAND, "data", "add", "big.bin"], cwd=tmp_path, env=environment(MLABS_LOGIN=str(ada.login))
        )
        until(lambda: line.is_gone)
        process.kill()
        process.wait()
        [staged] = [path for path in Path(site.service.staging.directory).iterdir() if path.is_file()]
        until(lambda: staged.stat().st_size >= 16 * MIB)
        # What is sent while the service still waits for more of the first request is refused, and sent again.
        until(lambda: not is_held(staged))
        assert line.passed < 26 * MIB
        line.healed, line.passed = True, 0
        ada.ok("data", "add", "big.bin", "--name", "big")
        assert line.passed < 16 * MIB
    assert files(site, "big") == {"big.bin": big.read_bytes()}
    assert json.loads((tmp_path / "cache" / "mlabs" / "uploads.json").read_text()) == {}
