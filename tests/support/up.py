"""A real `mlabs up` as a child process, as a person would run it at a terminal."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import psutil

from support.processes import hub_process, kill

READY = re.compile(r"MLabs is ready at (http://\S+) \(any user name, password (.+)\)")
COMMAND = Path(sys.executable).with_name("mlabs")


class Up:
    """One `mlabs up --port 0` on the data directory `data`; `arguments` are added to the command line."""

    def __init__(self, data: Path, *arguments: str, **environ: str):
        self.data = data
        self.url = self.password = ""
        self.errors = data.with_name(f"{data.name}.stderr")
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [COMMAND, "up", "--port", "0", "--data", data, *arguments],
                env=environment(**environ),
                cwd=data.parent,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    @property
    def output(self) -> IO[str]:
        assert self.process.stdout
        return self.process.stdout

    def wait_ready(self) -> Up:
        """Return once the ready line is out; fail with all that was said where it ends before."""
        line = self.output.readline()
        match = READY.fullmatch(line.strip())
        assert match, f"not ready: {line!r}\n{self.said()}"
        self.url, self.password = match[1], match[2]
        return self

    def wait_said(self, words: str, timeout: float = 60) -> None:
        """Return once `words` are on standard error."""
        deadline = time.monotonic() + timeout
        while words not in self.said():
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def said(self) -> str:
        """Standard error so far."""
        return self.errors.read_text()

    def kill_hub(self) -> None:
        """Kill the hub, as a crash would; it is started again, and `MLabs is ready again` is said then."""
        kill(hub_process(psutil.Process(self.process.pid)))

    def stop(self, number: int = signal.SIGINT, timeout: float = 60) -> int:
        """Send a signal, wait, and return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(timeout)
        finally:
            self.output.close()


def environment(**changes: str) -> dict[str, str]:
    """This process's environment with `changes`; of MLABS_ variables, only MLABS_IMAGE_PREFIX is kept."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MLABS_") or name == "MLABS_IMAGE_PREFIX"
    }
    shared = os.environ.get("MLABS_TEST_ENVIRONMENTS")
    return {**kept, **({"MLABS_ENVIRONMENTS_DIR": shared} if shared else {}), **changes}
