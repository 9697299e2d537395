"""Whose processor time it is: what a run's processes took before it is not its own, what it started is."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import psutil
import pytest

from mlabs_ext.lab.resource_usage import ResourceUsage, older

BUSY = "while True: pass"


class Record:
    """A recorder that keeps nothing."""

    def add(self, *step):
        """Take it."""


@pytest.fixture
def busy():
    """Starts children that work for as long as the test does."""
    started = []

    def start():
        started.append(subprocess.Popen([sys.executable, "-c", BUSY]))
        return psutil.Process(started[-1].pid)

    yield start
    for child in started:
        child.kill()
        child.wait()


def used(child):
    return sum(child.cpu_times()[:2])


async def until_used(child, seconds):
    while used(child) < seconds:
        await asyncio.sleep(0.02)


async def test_children_count_from_when_the_run_began(busy):
    usage = ResourceUsage(record=Record(), pid_of=lambda kernel: os.getpid())
    earlier = busy()
    await until_used(earlier, 0.5)
    usage.asked("k")
    usage.began("r", "k")
    use = usage._uses["r"]
    before = use.before
    own = busy()
    await until_used(own, 0.3)
    low = used(earlier)
    await usage._look("r", use)
    # Times of processes come in hundredths of a second.
    assert low - 0.01 <= use.before - before <= used(earlier) + 0.01
    await until_used(own, 0.8)
    use.measure()
    assert use.cpu >= 0.8


async def test_older(busy):
    child = busy()
    await asyncio.sleep(0.5)
    assert older(child, 0.2)
    assert not older(child, 30.0)
