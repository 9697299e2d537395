"""Processes are told from later ones of their numbers, signalled, and their ends witnessed."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from support.waiting import eventually

from mlabs_spawner import processes


def test_a_process_is_told_from_a_later_one_of_its_number():
    mine = processes.birth(os.getpid())
    assert mine
    assert processes.birth(os.getpid()) == mine
    assert processes.birth(1) != mine


def test_one_that_ended_has_no_birth():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        # A zombie, until it is waited for.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert processes.birth(process.pid) == ""
        process.wait()
    assert processes.birth(process.pid) == ""


async def test_listens():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        assert not await processes.listens("127.0.0.1", port)
        server.listen()
        assert await processes.listens("127.0.0.1", port)


def test_a_group_is_signalled_if_there_is_one():
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        processes.signal_group(process.pid, signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL
    processes.signal_group(process.pid, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this score")
def test_who_goes_first_when_memory_runs_out():
    score = subprocess.check_output(["cat", "/proc/self/oom_score_adj"], preexec_fn=processes.end_me_first)
    assert score == b"500\n"


def test_a_process_is_ended_by_its_name_and_no_later_one_of_its_number():
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        assert not processes.end(f"{process.pid} another boot 123")
        assert not processes.end(f"{process.pid} ")
        assert process.poll() is None
        name = processes.name(process.pid)
        assert processes.end(name)
        assert process.wait(10) == -signal.SIGKILL
    assert not processes.end(name)


async def test_the_end_of_a_process_is_witnessed(tmp_path):
    file = tmp_path / "ended"
    with processes.witnessed(file) as life:
        process = subprocess.Popen(
            [sys.executable, "-c", "import subprocess; subprocess.run(['sleep', '60'])"], pass_fds=[life]
        )
    await asyncio.sleep(0.3)
    assert not file.exists()
    children = subprocess.check_output(["pgrep", "-P", str(process.pid)], text=True).split()
    killed = time.time()
    process.send_signal(signal.SIGKILL)
    process.wait()
    await eventually(file.exists)
    assert file.stat().st_mtime == pytest.approx(killed, abs=0.5)
    for child in children:
        os.kill(int(child), signal.SIGKILL)
