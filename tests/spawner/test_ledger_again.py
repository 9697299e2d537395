"""What a hub wrote down before it ended is what the next one goes on with."""

import asyncio
import os
import subprocess
import sys
import time

import msgspec
import pytest
from support.sessions import entry, seconds
from support.waiting import eventually

from mlabs_spawner.ledger import ABANDONED
from mlabs_spawner.options import Refused


def end(ledger):
    """The hub dies: nothing of it goes on."""
    ledger.task.cancel()


async def test_a_server_that_is_found_again_goes_on(book, stand_in):
    before, one = book(), entry()
    await before.grant(one, False, [])
    before.began(one, 1000.0, "image")
    end(before)
    after = book()
    found = after.claim(one.id)
    assert found == one
    assert found.started == 1000.0
    stand_in.alive.clear()
    await eventually(lambda: stand_in.alive)
    assert one.id in stand_in.alive[0]
    assert stand_in.servers[one.id].get("ended") is None
    after.end(found, 2000.0)
    await eventually(lambda: not after.entries)
    assert seconds(stand_in.servers[one.id]["started"]) == 1000.0
    assert seconds(stand_in.servers[one.id]["ended"]) == 2000.0


@pytest.mark.parametrize("began", [True, False])
async def test_a_server_that_is_not_found_again_ended_when_it_was_last_seen(book, stand_in, began):
    before, one = book(), entry()
    await before.grant(one, False, [])
    seen = time.time() - 100
    if began:
        before.began(one, seen - 100)
    end(before)
    os.utime(before.book.file(one), (seen, seen))
    after = book()
    after.wake()
    await eventually(lambda: not after.entries)
    told = stand_in.servers[one.id]
    assert told["reason"] == ABANDONED
    assert seconds(told["ended"]) == pytest.approx(seen if began else time.time(), abs=5)
    assert bool(told.get("started")) == began


async def test_one_that_is_found_dead_ended_when_it_was_last_seen(book, stand_in):
    before, one = book(), entry()
    await before.grant(one, False, [])
    seen = time.time() - 100
    before.began(one, seen - 100)
    end(before)
    os.utime(before.book.file(one), (seen, seen))
    after = book()
    found = after.claim(one.id)
    # Naming it to the service is no proof that it is there.
    await eventually(lambda: stand_in.alive and one.id in stand_in.alive[-1])
    after.end(found)
    assert found.ended == pytest.approx(seen, abs=0.01)


async def test_the_witness_knows_better(book):
    before, one = book(), entry()
    await before.grant(one, False, [])
    before.began(one, time.time() - 100)
    end(before)
    ended = time.time() - 50
    before.book.witness(one).touch()
    os.utime(before.book.witness(one), (ended, ended))
    after = book()
    after.end(after.claim(one.id))
    await eventually(lambda: not list(after.book.path.iterdir()))


async def test_an_end_that_was_not_told_is_told_by_the_next_hub(book, stand_in):
    before, one = book(), entry()
    await before.grant(one, False, [])
    before.service.url = "http://127.0.0.1:1/"
    before.began(one, 1000.0)
    before.end(one, 2000.0, "so it is")
    end(before)
    after = book()
    assert after.claim(one.id) is None
    await eventually(lambda: not after.entries)
    told = stand_in.servers[one.id]
    assert (seconds(told["ended"]), told["reason"]) == (2000.0, "so it is")


async def test_what_is_no_line_of_a_ledger_is_set_aside(book):
    ledger = book()
    ledger.book.path.mkdir()
    (ledger.book.path / "x.json").write_text("{")
    (ledger.book.path / "y.partial").write_text("{")
    (ledger.book.path / "z.end").touch()
    ledger.wake()
    assert sorted(file.name for file in ledger.book.path.iterdir()) == ["x.unreadable", "y.partial"]


async def test_nothing_starts_that_cannot_be_written_down(book, monkeypatch):
    ledger = book()
    ledger.book.path.write_text("a file in its place")
    with pytest.raises(Refused, match="cannot write down") as raised:
        await ledger.grant(entry(), False, [])
    assert raised.value.status_code == 507


async def test_a_hub_that_is_killed_at_any_moment_loses_nothing(book, tmp_path):
    """A program opens, begins and ends sessions as fast as it can, saying so after each; it is killed."""
    program = """
import sys, time
from mlabs_spawner.book import Entry
from mlabs_spawner.ledger import Ledger
ledger = Ledger(None, directory=sys.argv[1])
for number in range(100000):
    one = Entry(f"{number:026}", "ada", "s", "ada/s", "python", "none", 1.0)
    for act in (ledger.open, lambda e: ledger.began(e, 2.0), lambda e: ledger.end(e, 3.0)):
        act(one)
        print(one.id, one.started, one.ended, flush=True)
"""
    for pause in (0.3, 0.5):
        with subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "ledger")], stdout=subprocess.PIPE, text=True
        ) as process:
            first = process.stdout.readline()
            await asyncio.sleep(pause)
            process.kill()
            said = [first.split(), *(line.split() for line in process.stdout if line.endswith("\n"))]
        ledger = book(url="http://127.0.0.1:1/")
        ledger.load()
        assert len(said) > 3
        for session, started, ended in said[:-1]:
            kept = msgspec.to_builtins(ledger.entries[session])
            assert kept["started"] in (2.0, None) if started == "None" else kept["started"] == 2.0
            assert kept["ended"] in (3.0, None) if ended == "None" else kept["ended"] == 3.0
