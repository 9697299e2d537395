"""Several processes that answer at one address: one that is killed is started again, and all end together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from prometheus_client.multiprocess import mark_process_dead

from mlabs_ext.service.metrics import SHARED

# How a process learns which of them it is, where it is to listen, and when the first one is gone.
VARIABLE = "MLABS_WORKER"


class Place(NamedTuple):
    """One of several processes. `watch` is readable once the process that started them has ended."""

    number: int
    sockets: list[socket.socket]
    watch: int

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Place | None:
        """The place that this process was given; None for the only one, and for the one that starts them."""
        if VARIABLE not in environ:
            return None
        number, watch, *descriptors = map(int, environ[VARIABLE].split(","))
        sockets = [socket.socket(fileno=one) for one in descriptors]
        for one in sockets:
            one.setblocking(False)
        return cls(number, sockets, watch)


class Workers:
    """Processes like this one that share sockets which listen already."""

    def __init__(self, count: int, sockets: Sequence[socket.socket]):
        self.command = [sys.executable, *sys.orig_argv[1:]]
        self.count, self.sockets = count, sockets
        # Nobody writes: it ends with this process, and those who read it see that, however it ends.
        self.watch, self._held = os.pipe()
        self.running: dict[int, int] = {}
        self.stopping = False

    def run(self) -> int:
        """Keep them running until told to stop, or until one ends by itself; the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        with tempfile.TemporaryDirectory(prefix="mlabs-metrics-") as self.shared:
            return self._run()

    def _run(self) -> int:
        for number in range(self.count):
            self._start(number)
        worst = 0
        while self.running:
            pid, status = os.wait()
            number, code = self.running.pop(pid), os.waitstatus_to_exitcode(status)
            mark_process_dead(pid, self.shared)  # type: ignore[no-untyped-call]  # it has no types
            if code < 0 and not self.stopping:
                print(f"Service process {number} was ended by signal {-code}; starting it again.", flush=True)
                self._start(number)
            elif not self.stopping:
                worst = code
                self.stop()
        return worst

    def stop(self, *_: object) -> None:
        """Have all of them end; each lets its open requests finish."""
        self.stopping = True
        for pid in list(self.running):
            os.kill(pid, signal.SIGTERM)

    def _start(self, number: int) -> None:
        descriptors = [one.fileno() for one in self.sockets]
        place = ",".join(map(str, (number, self.watch, *descriptors)))
        environ = {**os.environ, VARIABLE: place, SHARED: self.shared}
        child = subprocess.Popen(self.command, env=environ, pass_fds=[self.watch, *descriptors])
        self.running[child.pid] = number
        # `run` waits for it.
        child.returncode = 0
        if self.stopping:
            self.stop()
