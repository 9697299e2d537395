"""A world outside the machine: a network namespace with addresses of all kinds, where something listens.

Run in the namespace, `python outside.py` answers every connection to port 80, and DNS questions.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

from support.waiting import until

# Addresses for documentation stand for the internet; the others are kinds of which no lab may see any.
PUBLIC = "203.0.113.9"
LINK_LOCAL = "169.254.77.77"
PRIVATE = ("10.213.7.7", "172.31.213.7", "192.168.213.7", "100.64.213.7")
RESOLVER = "10.213.7.53"
NEAR, FAR = "198.51.100.1", "198.51.100.2"
ANSWER = "203.0.113.77"


class Outside:
    """The namespace, while it is entered; only root can make one."""

    name = f"mlabs-test-{os.getpid()}"

    def __enter__(self) -> Outside:
        near, far = f"mlt{os.getpid()}n"[-15:], f"mlt{os.getpid()}f"[-15:]
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", self.name)
        run("ip", "address", "add", f"{NEAR}/30", "dev", near)
        run("ip", "link", "set", near, "up")
        self.inside("ip", "link", "set", "lo", "up")
        self.inside("ip", "address", "add", f"{FAR}/30", "dev", far)
        self.inside("ip", "link", "set", far, "up")
        self.inside("ip", "route", "add", "default", "via", NEAR)
        for address in (PUBLIC, LINK_LOCAL, *PRIVATE, RESOLVER):
            self.inside("ip", "address", "add", f"{address}/32", "dev", "lo")
            run("ip", "route", "add", f"{address}/32", "via", FAR)
        command = ["ip", "netns", "exec", self.name, sys.executable, "-m", "support.outside"]
        self.process = subprocess.Popen(command, cwd=Path(__file__).parents[1])
        until(lambda: connects(PUBLIC, 80))
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        # Its end of the pair goes with it, and so do the routes.
        run("ip", "netns", "delete", self.name)

    def inside(self, *command: str) -> None:
        """Run a command in the namespace."""
        run("ip", "netns", "exec", self.name, *command)


def run(*command: str) -> str:
    """The output of a command that may not fail."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout


def connects(host: str, port: int) -> bool:
    """Whether a connection can be made from here."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def serve() -> None:
    """Take connections at port 80; answer every DNS question for an address with `ANSWER`."""
    questions = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    questions.bind((RESOLVER, 53))
    threading.Thread(target=answer, args=[questions], daemon=True).start()
    with socket.create_server(("0.0.0.0", 80)) as server:
        while True:
            server.accept()[0].close()


def answer(questions: socket.socket) -> None:
    while True:
        question, asker = questions.recvfrom(512)
        end = question.index(0, 12) + 5
        wants_ipv4 = question[end - 4 : end - 2] == b"\0\1"
        head = question[:2] + b"\x81\x80\0\1" + (b"\0\1" if wants_ipv4 else b"\0\0") + b"\0\0\0\0"
        record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(ANSWER) if wants_ipv4 else b""
        questions.sendto(head + question[12:end] + record, asker)


if __name__ == "__main__":
    serve()
