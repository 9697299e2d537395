"""Faults of the database: PostgreSQL is killed, or the network to it goes dead without a word."""

from __future__ import annotations

import ctypes
import os
import random
import subprocess
import time

import psutil
from support.postgresql import Server

from campaign.recovery import Probe

CLONE_NEWNET = 0x40000000
# Seconds that it takes somebody to start PostgreSQL again, and that a network is dead.
AWAY = (0.0, 3.0)
DEAD = (2.0, 45.0)


class KillDatabase:
    """kill -9 of PostgreSQL's first process, or of one that serves a connection, which ends all of them."""

    kind = "database"

    def __init__(self, server: Server, probe: Probe):
        self.server, self.probe = server, probe
        self.wrong: list[str] = []

    def strike(self, chance: random.Random) -> float:
        first = psutil.Process(self.server.pid)
        serving = [child for child in first.children() if "idle" in child.name() + " ".join(child.cmdline())]
        struck = time.monotonic()
        if serving and chance.random() < 0.5:
            chance.choice(serving).kill()
            return struck
        first.kill()
        psutil.wait_procs([first], timeout=10)
        time.sleep(chance.uniform(*AWAY))
        self.server.start_again()
        return struck


class CutNetwork:
    """Nothing arrives at the database or comes from it, and nobody is told; then the network is back."""

    kind = "network"

    def __init__(self, server: Server, probe: Probe):
        self.server, self.probe = server, probe
        self.wrong: list[str] = []

    def strike(self, chance: random.Random) -> float:
        rules = [
            ["INPUT", "-p", "tcp", side, str(self.server.port), "-j", "DROP"]
            for side in ("--dport", "--sport")
        ]
        for rule in rules:
            subprocess.run(["iptables", "-I", *rule], check=True)
        try:
            time.sleep(chance.uniform(*DEAD))
        finally:
            for rule in rules:
                subprocess.run(["iptables", "-D", *rule], check=True)
        return time.monotonic()


def own_network() -> None:
    """Give this process a network of its own, which it can cut; threads that run already keep theirs."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "no network of its own")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def may_cut() -> bool:
    """Whether this process can have one."""
    return os.geteuid() == 0
