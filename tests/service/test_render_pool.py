"""Processes that render are ended, and nobody else's."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE

import pytest

from mlabs_ext.service.render_pool import Worker


async def started(code: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdin=PIPE, stdout=PIPE, start_new_session=True
    )


@pytest.fixture
def killed(monkeypatch):
    """The groups that were sent signals."""
    sent, real = [], os.killpg

    def noted(group, number):
        sent.append(group)
        real(group, number)

    monkeypatch.setattr(os, "killpg", noted)
    return sent


async def test_a_worker_is_ended(killed):
    process = await started("import time; time.sleep(600)")
    await Worker(process).kill()
    assert (killed, process.returncode) == ([process.pid], -signal.SIGKILL)


async def test_the_number_of_one_that_has_ended_may_be_somebody_elses(killed):
    process = await started("raise SystemExit(3)")
    await process.wait()
    await Worker(process).kill()
    assert (killed, process.returncode) == ([], 3)
