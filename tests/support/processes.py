"""Finding and killing the processes of a running suite, as a crash would."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil


def service_process(data: Path) -> psutil.Process:
    """The service process whose data directory is `data`."""
    return _only(lambda process: "mlabs_ext.service" in process.cmdline(), "MLABS_DATA", str(data))


def hub_process(up: psutil.Process) -> psutil.Process:
    """The hub that this `mlabs up` keeps running."""
    return next(child for child in up.children(recursive=True) if "jupyterhub" in child.cmdline())


def server_process(user: str, server: str, data: Path) -> psutil.Process:
    """The process of one named server of `user` below the data directory `data`."""
    return _only(
        lambda process: (
            process.environ().get("JUPYTERHUB_USER") == user
            and str(data) in process.environ().get("HOME", "")
            and any("singleuser" in part for part in process.cmdline())
        ),
        "JUPYTERHUB_SERVER_NAME",
        server,
    )


def kill(process: psutil.Process) -> None:
    """SIGKILL, and wait until it is gone."""
    process.send_signal(signal.SIGKILL)
    psutil.wait_procs([process], timeout=10)


def _only(matches, variable: str, value: str) -> psutil.Process:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(variable) == value and matches(process):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    parents = [process for process in found if process.ppid() not in {other.pid for other in found}]
    assert len(parents) == 1, f"{variable}={value}: {parents}"
    return parents[0]
