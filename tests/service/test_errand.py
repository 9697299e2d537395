"""A process has its time and its memory, and what it started ends with it."""

from __future__ import annotations

import asyncio
import os
import sys

import psutil
import pytest
from support.waiting import eventually

from mlabs_ext.service.errand import answered

ENV = {"PATH": os.environ["PATH"]}


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


async def test_it_is_asked_and_answers():
    echo = python("import os, sys; print(sys.stdin.read()[::-1], dict(os.environ).get('SECRET'), end='')")
    assert await answered(echo, b"abc", 30, ENV) == b"cba None"


async def test_one_that_fails_answers_nothing():
    assert await answered(python("raise SystemExit(3)"), b"", 30, ENV) == b""
    assert await answered(python("raise ValueError"), b"x" * (1 << 20), 30, ENV, quiet=True) == b""


async def test_what_takes_too_long_is_ended():
    assert await answered(python("import time; time.sleep(600)"), b"", 0.5, ENV) is None
    assert not [it for it in psutil.Process().children() if "time.sleep(600)" in it.cmdline()]


async def test_who_gives_up_ends_it_with_what_it_started(tmp_path):
    place = tmp_path / "pid"
    code = f"""
import pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path({str(place)!r}).write_text(f"{{child.pid}}.")
child.wait()
"""
    task = asyncio.create_task(answered(python(code), b"", 600, ENV))
    await eventually(lambda: place.exists() and place.read_text().endswith("."))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    child = int(place.read_text()[:-1])
    await eventually(
        lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE
    )


async def test_memory_is_limited():
    large = python("import sys; sys.stdin.read(); x = bytearray(400 << 20); print(len(x))")
    assert await answered(large, b"", 30, ENV, memory=2 << 30) == b"419430400\n"
    assert await answered(large, b"", 30, ENV, memory=200 << 20, quiet=True) == b""
