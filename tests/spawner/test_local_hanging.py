"""A server that hangs while it starts holds up neither its person nor those who wait for their turn."""

from __future__ import annotations

import asyncio
import sys
import time

import pytest
from jupyterhub import orm
from support.fake_cluster import spawner_of

from mlabs_spawner import overlay, processes
from mlabs_spawner.book import Entry
from mlabs_spawner.ledger import Ledger
from mlabs_spawner.local import LocalSpawner
from mlabs_spawner.options import Refused
from mlabs_spawner.turns import Turns

HANGS = "import time; print('I import something large', flush=True); time.sleep(600)"


@pytest.fixture
def turns(monkeypatch):
    """A line in which one starts at a time."""
    turns = Turns(at_once=1)
    monkeypatch.setattr(Turns, "_shared", turns)
    return turns


@pytest.fixture
async def hanging(tmp_path, monkeypatch):
    """A server that hangs, in an environment that is there."""
    monkeypatch.setattr(overlay, "make", lambda *_: None)
    session = orm.new_session_factory("sqlite:///:memory:")()
    where = {"homes": str(tmp_path / "users"), "cmd": [sys.executable, "-c", HANGS]}
    one = spawner_of(session, LocalSpawner, http_timeout=1, **where)

    async def provide():
        return tmp_path / "environments" / "pytorch"

    one.provide = provide
    one.ledger = Ledger(None, directory=str(tmp_path / "ledger"))
    one.session = Entry("01", "ada", "mnist", "ada/mnist", "pytorch", "none", time.time())
    one.ledger.book.path.mkdir()
    yield one
    await one.stop()
    session.close()


async def test_it_is_refused_with_its_last_words_and_the_next_has_its_turn(turns, hanging):
    with pytest.raises(Refused, match=r"(?s)no sign of it for 1 s.*I import something large") as refused:
        async with asyncio.timeout(30):
            await hanging.start()
    assert refused.value.status_code == 504
    assert (turns.starting, len(turns.line)) == (0, 0)


async def test_what_hangs_is_ended_as_whatever_fails(turns, hanging):
    with pytest.raises(Refused):
        await hanging.start()
    pid = hanging.pid
    assert processes.birth(pid)
    # As JupyterHub does then.
    await hanging.stop()
    assert not processes.birth(pid)
