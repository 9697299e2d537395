"""Whose processor time it is: what a run's processes took before it is not its own, what it started is."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import psutil
import pytest

from mlabs_ext.lab.resource_usage import ResourceUsage, older

# Starts a child that works for each line that it is told, and says its process; they end with it.
ROOT = """
import subprocess, sys
children = []
for line in sys.stdin:
    children.append(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
    print(children[-1].pid, flush=True)
for child in children:
    child.kill()
    child.wait()
"""


class Record:
    """A recorder that keeps nothing."""

    def add(self, *step):
        """Take it."""


class Root:
    """A process with no children but those that it is told to have, as a kernel's is."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", ROOT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def busy(self):
        """Start a child that works until the end."""
        print(file=self.process.stdin, flush=True)
        return psutil.Process(int(self.process.stdout.readline()))

    def end(self):
        """End it and all that it started."""
        self.process.communicate()


@pytest.fixture
def root():
    root = Root()
    yield root
    root.end()


def used(child):
    return sum(child.cpu_times()[:2])


async def until_used(child, seconds):
    while used(child) < seconds:
        await asyncio.sleep(0.02)


async def test_children_count_from_when_the_run_began(root):
    usage = ResourceUsage(record=Record(), pid_of=lambda kernel: root.process.pid)
    earlier = root.busy()
    await until_used(earlier, 0.5)
    usage.asked("k")
    usage.began("r", "k")
    use = usage._uses["r"]
    before = use.before
    own = root.busy()
    await until_used(own, 0.3)
    low = used(earlier)
    await usage._look("r", use)
    # Times of processes come in hundredths of a second.
    assert low - 0.01 <= use.before - before <= used(earlier) + 0.01
    await until_used(own, 0.8)
    use.measure()
    assert use.cpu >= 0.8


async def test_older(root):
    child = root.busy()
    await asyncio.sleep(0.5)
    assert older(child, 0.2)
    assert not older(child, 30.0)
