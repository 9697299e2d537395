"""What `mlabs up` says: that it is ready and how to sign in, or why it is not."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress

from mlabs_ext.up.hub import Hub
from mlabs_ext.up.manager import READY, tell_manager
from mlabs_ext.up.settings import Settings

# What the service writes where a setting cannot be used.
REASON = "MLabs cannot start:"
# How the hub's log begins each time, and in how many lines that is looked for.
BEGINS = "Running JupyterHub version"
MANY = 400
TRUST = """\
All servers run as the one operating-system user who started MLabs: this is for one person, or for people
who trust each other. With --spawner docker each lab runs apart from all others."""
ELSEWHERE = """\
Other machines reach it too, at http://{name}:{port}, without encryption: put a TLS proxy in front, or use a
network that you trust."""


def announce(hub: Hub, settings: Settings, seconds: float) -> None:
    """The one line on standard output; advice goes to standard error."""
    stop = "" if os.environ.get("NOTIFY_SOCKET") else " Stop with Ctrl-C."
    tell(f"Ready in {seconds:.1f} s. Data: {hub.data.path}. Log: {hub.log}.{stop}")
    if hub.environ["MLABS_SPAWNER"] == "local":
        tell(TRUST)
    if not hub.address.loopback:
        tell(ELSEWHERE.format(name=socket.gethostname(), port=hub.address.port))
    print(f"MLabs is ready at {ready_at(hub, settings)}", flush=True)
    tell_manager(READY, f"STATUS=Ready at {settings.public_url or hub.address.local_url}")


def ready_at(hub: Hub, settings: Settings) -> str:
    """Where and how a person can sign in."""
    if settings.one_password:
        password = settings.password or hub.data.password(os.environ)
        if os.environ.get("NOTIFY_SOCKET"):
            # What a service says is kept in a log.
            password = f"in {hub.data / 'secrets' / 'password'}"
        return f"{hub.address.local_url} (any user name, password {password})"
    return settings.public_url or hub.address.local_url


def log_of(hub: Hub) -> str:
    """Why it did not start where the log says so in words, else how the log ends; and where it is."""
    # Pages and volunteers that ask meanwhile fill the log; what an earlier start said is no reason.
    _, _, since = hub.last_lines(MANY).rpartition(BEGINS)
    reasons = [line for line in since.splitlines() if line.startswith(REASON)]
    if reasons:
        return f"{reasons[-1]}\nThe log is {hub.log}."
    return f"The log is {hub.log}; it ends:\n\n{hub.last_lines()}"


def tell(message: str, status: int = 1) -> int:
    """Say something that is not a result; the exit status for where it is the last word."""
    # Where it goes may be on a disk that is full: what runs goes on without words.
    with suppress(OSError):
        print(message, file=sys.stderr, flush=True)
    return status
