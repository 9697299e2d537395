"""A kept command comes back when it is killed, and goes when its hub goes."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from support.waiting import until

from mlabs_ext.up.processes import LINUX

WAIT = "import os, sys, time; print(os.getpid(), flush=True); time.sleep(60)"


def keep(code: str, hub: int | None = None) -> subprocess.Popen[str]:
    command = shlex.join([sys.executable, "-c", code])
    return subprocess.Popen(
        [sys.executable, "-m", "mlabs_ext.up.keeper", str(hub or os.getpid()), command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


HUB = """
import os, subprocess, sys
for prefixes in ([], ["AWS_"]):
    keeper = [sys.executable, "-m", "mlabs_ext.up.keeper", str(os.getpid()), sys.argv[1], *prefixes]
    subprocess.run(keeper, env={"AWS_OWN": "x"}, check=True)
"""


def test_only_the_hubs_variables_that_are_named_are_handed_on():
    ask = "import os; print(sorted(name for name in os.environ if name[:4] in ('AWS_', 'PWD_')))"
    command = [sys.executable, "-c", HUB, shlex.join([sys.executable, "-c", ask])]
    given = {"AWS_SECRET": "x", "PWD_SECRET": "x"}
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['AWS_OWN']", "['AWS_OWN', 'AWS_SECRET']"]


def said(keeper: subprocess.Popen[str]) -> str:
    assert keeper.stdout
    return keeper.stdout.readline().strip()


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not psutil.pid_exists(pid)


@pytest.mark.parametrize("status", [0, 3])
def test_end_of_its_own_is_passed_on(status):
    keeper = keep(f"raise SystemExit({status})")
    assert keeper.wait(10) == status
    keeper.communicate()


def test_killed_command_is_started_again():
    keeper = keep(WAIT)
    first = int(said(keeper))
    os.kill(first, signal.SIGKILL)
    assert "ended by signal 9" in said(keeper)
    second = int(said(keeper))
    assert second != first
    keeper.terminate()
    assert keeper.wait(10) == 0
    assert gone(second)
    keeper.communicate()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no file here is always full")
def test_killed_command_is_started_again_where_the_log_is_full(tmp_path: Path):
    pids = tmp_path / "pids"
    code = f"import os, time; print(os.getpid(), file=open({str(pids)!r}, 'a'), flush=True); time.sleep(60)"
    command = shlex.join([sys.executable, "-c", code])
    with Path("/dev/full").open("w") as full:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "mlabs_ext.up.keeper", str(os.getpid()), command], stdout=full, stderr=full
        )
    until(lambda: pids.exists() and pids.read_text().strip())
    os.kill(int(pids.read_text()), signal.SIGKILL)
    until(lambda: len(pids.read_text().split()) == 2)
    keeper.terminate()
    assert keeper.wait(30) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_signal_is_passed_on_and_ends_both(number):
    keeper = keep(WAIT)
    child = int(said(keeper))
    keeper.send_signal(number)
    assert keeper.wait(10) == 0
    assert gone(child)
    keeper.communicate()


@pytest.mark.skipif(not LINUX, reason="only Linux tells a process of its parent's death")
def test_killed_keeper_takes_its_command_along():
    keeper = keep(WAIT)
    child = int(said(keeper))
    keeper.kill()
    keeper.communicate()
    assert gone(child)


def test_hub_that_is_gone_already_gets_no_service(tmp_path: Path):
    keeper = keep(f"open({str(tmp_path / 'ran')!r}, 'w')", hub=1)
    assert keeper.wait(10) == 1
    keeper.communicate()
    assert not (tmp_path / "ran").exists()
