"""A service that is at work may take its time; one that is dead, or a hub that hangs, may not."""

from __future__ import annotations

import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest
from support.waiting import until

from mlabs_ext.up import command, patience, processes
from mlabs_ext.up.command import Refused
from mlabs_ext.up.spawners import kept

WAIT = "import time; time.sleep(60)"
SERVICE = ["-m", "mlabs_ext.quick", "mlabs_ext.service", "--Catalogue.local=True"]


@pytest.mark.parametrize(
    ("words", "lives"),
    [
        pytest.param(SERVICE, True, id="the service"),
        pytest.param(kept(sys.executable, *SERVICE)[1:], False, id="who keeps it"),
        pytest.param(["-m", "mlabs_ext.quick", "jupyterhub"], False, id="the hub"),
    ],
)
def test_the_service_is_known_by_its_command(monkeypatch, words, lives):
    with subprocess.Popen([sys.executable, "-c", WAIT, *words]) as process:
        monkeypatch.setattr(processes, "descendants", lambda: [process.pid])
        try:
            until(lambda: processes.command_line(process.pid))
            assert patience.service_lives() is lives
        finally:
            process.kill()


class Hanging:
    """A hub that runs and is never ready; its service answers from a moment on."""

    status = None
    log = "hub.log"

    def __init__(self, clock, answers_at):
        self.clock, self.answers_at = clock, answers_at

    def ready(self):
        return False

    def serves(self):
        return self.clock.now >= self.answers_at

    def last_lines(self, *_):
        return "its last words"


NEVER = float("inf")


@pytest.mark.parametrize(
    ("lives", "answers_at", "expected"),
    [(False, NEVER, 120), (True, 0, 120), (True, 130, 240), (True, NEVER, 600)],
    ids=["the service is dead", "only the hub hangs", "the hub hangs after it", "at work for ever"],
)
def test_up_waits_while_the_service_is_at_work(monkeypatch, lives, answers_at, expected):
    clock = SimpleNamespace(now=0.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(patience, "time", clock)
    monkeypatch.setattr(patience, "service_lives", lambda: lives)
    stop = threading.Event()

    def wait(seconds):
        clock.now += seconds
        return False

    monkeypatch.setattr(stop, "wait", wait)
    with pytest.raises(Refused, match=r"(?s)not ready after .*its last words"):
        command.wait_ready(Hanging(clock, answers_at), stop)
    assert expected <= clock.now < expected + 2
