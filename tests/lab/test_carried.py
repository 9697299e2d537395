"""A server's files on a machine that has no homes: real processes, and the real server of files."""

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest
from support.file_server import serving
from support.waiting import until

# A server that reads, writes and removes, and then waits to be told to end.
WORKS = """
import os, pathlib, signal, sys, time
lab = pathlib.Path.home() / "mnist"
print(sorted(one.name for one in lab.iterdir()), "MLABS_FILES_TOKEN" in os.environ, flush=True)
(lab / "deep").mkdir()
(lab / "deep" / "new.txt").write_text("new")
(lab / "changed.txt").write_text("changed here")
(lab / "gone.txt").unlink()
(lab / "link").symlink_to("/etc/passwd")
def end(*_):
    (lab / "last.txt").write_text("last")
    sys.exit(7)
signal.signal(signal.SIGTERM, end)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("files")) as made:
        yield made


@pytest.fixture
def home(files, request):
    """The home of somebody new, with a lab and with something that is nobody else's business."""
    home = files.home(request.node.name.replace("_", "-")[:40])
    (home / "mnist").mkdir(parents=True)
    for name in ("mnist.ipynb", "changed.txt", "gone.txt"):
        (home / "mnist" / name).write_text(name)
    os.utime(home / "mnist" / "mnist.ipynb", ns=(1_000_000_007, 1_000_000_007))
    (home / "private.txt").write_text("private")
    return home


class Machine:
    """A lent machine with a folder for the lab's server."""

    def __init__(self, files, user, folder):
        self.files, self.user, self.root = files, user, folder
        self.root.mkdir()

    def start(self, code, token=None, interval="0.2"):
        own = {
            "HOME": str(self.root),
            "MLABS_FILES_URL": self.files.url,
            "MLABS_FILES_TOKEN": token or self.files.lease(self.user, "mnist"),
            "MLABS_FILES_FOLDERS": json.dumps(["mnist", ".mlabs/outbox"]),
            "MLABS_FILES_INTERVAL": interval,
            "MLABS_FILES_GRACE": "20",
        }
        command = [sys.executable, "-m", "mlabs_ext.lab.carried", sys.executable, "-c", code]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, env={**os.environ, **own}, **pipes)


@pytest.fixture
def machine(files, home, tmp_path):
    return Machine(files, home.name, tmp_path / "machine")


def writes(name):
    """Code of a server that writes one file and goes on."""
    return (
        "import pathlib, time; lab = pathlib.Path.home() / 'mnist';"
        f"(lab / '{name}').write_text('here'); print(1, flush=True); time.sleep(60)"
    )


def texts(folder):
    return {
        str(one.relative_to(folder)): one.read_text()
        for one in folder.rglob("*")
        if one.is_file() and not one.is_symlink()
    }


def ended(process):
    out, errors = process.communicate(timeout=30)
    return process.returncode, out, errors


def test_files_come_and_go_with_the_server(home, machine):
    server = machine.start(WORKS)
    assert server.stdout.readline() == "['changed.txt', 'gone.txt', 'mnist.ipynb'] False\n"
    assert (machine.root / "mnist" / "mnist.ipynb").stat().st_mtime_ns == 1_000_000_007
    assert not (machine.root / "private.txt").exists()
    new = {"mnist.ipynb": "mnist.ipynb", "changed.txt": "changed here", "deep/new.txt": "new"}
    until(lambda: texts(home / "mnist") == new, 20, lambda: texts(home / "mnist"))
    server.send_signal(signal.SIGTERM)
    assert ended(server)[0] == 7
    assert texts(home / "mnist") == new | {"last.txt": "last"}
    assert list(machine.root.iterdir()) == [], "nothing of it stays on the machine"


def test_records_of_runs_go_home_at_the_end(home, machine):
    code = (
        "import pathlib, time; box = pathlib.Path.home() / '.mlabs/outbox/mnist'; box.mkdir(parents=True);"
        "(box / 'run').write_text('events'); (box.parent.parent.parent / 'mnist/a').write_text('a');"
        "print('there', flush=True); time.sleep(60)"
    )
    server = machine.start(code)
    until(lambda: (home / "mnist" / "a").exists())
    assert not (home / ".mlabs").exists()
    server.send_signal(signal.SIGTERM)
    ended(server)
    assert (home / ".mlabs" / "outbox" / "mnist" / "run").read_text() == "events"


def test_what_a_dead_machine_kept_is_sent_when_the_lab_comes_back_and_nothing_is_written_over(home, machine):
    server = machine.start(writes("changed.txt"), interval="60")
    server.stdout.readline()
    # The plug is pulled.
    for one in (*psutil.Process(server.pid).children(), server):
        one.kill()
    ended(server)
    assert texts(home / "mnist")["changed.txt"] == "changed.txt"
    # Meanwhile the lab was opened elsewhere.
    (home / "mnist" / "changed.txt").write_text("elsewhere")
    (home / "mnist" / "more.txt").write_text("more")
    (home / "mnist" / "gone.txt").unlink()
    code = "import pathlib; print(sorted(one.name for one in (pathlib.Path.home() / 'mnist').iterdir()))"
    status, out, _ = ended(machine.start(code))
    assert status == 0
    found = texts(home / "mnist")
    [kept] = [name for name in found if name.startswith("changed (kept")]
    assert (found["changed.txt"], found[kept]) == ("here", "elsewhere")
    assert out == f"{sorted(['changed.txt', kept, 'mnist.ipynb', 'more.txt'])}\n"


def test_what_cannot_be_sent_stays(files, home, machine):
    lasts = (
        "import pathlib; (pathlib.Path.home() / 'mnist' / 'a.txt').write_text('here'); print(1, flush=True);"
    )
    server = machine.start(f"{lasts} import time; time.sleep(60)", interval="60")
    server.stdout.readline()
    files.leases.end(f"mlabs-{home.name}-mnist")
    server.send_signal(signal.SIGTERM)
    _, _, errors = ended(server)
    assert "lease_over" in errors
    assert (machine.root / "mnist" / "a.txt").read_text() == "here"
    assert "a.txt" not in texts(home / "mnist")


def test_a_server_whose_files_cannot_be_had_does_not_start(home, machine):
    status, out, errors = ended(machine.start("print('started')", token="mlabs-nobody.x"))
    assert (status, out) == (1, "")
    assert "cannot be fetched" in errors
