import asyncio
import os
import signal
import subprocess
import sys
import time
from datetime import datetime

import msgspec
import pytest
from support.runtime_service import TOKEN, StandIn
from support.waiting import eventually
from ulid import ULID

from mlabs_spawner import ledger as module
from mlabs_spawner import processes
from mlabs_spawner.book import Entry
from mlabs_spawner.ledger import ABANDONED, Ledger
from mlabs_spawner.options import Refused
from mlabs_spawner.service import Service


@pytest.fixture
def stand_in():
    with StandIn() as service:
        yield service


@pytest.fixture
def book(tmp_path, stand_in, monkeypatch):
    """A ledger as a hub finds it when it starts."""
    monkeypatch.setattr(module, "RETRIES", (0.05,))

    def open_book(**traits):
        service = Service(traits.pop("url", stand_in.url), TOKEN, 2, Ledger(None).log)
        return Ledger(service, directory=str(tmp_path / "ledger"), interval=0.1, **traits)

    return open_book


def entry(user="ada", server="mnist"):
    about = {"lab": f"{user}/{server}", "environment": "python", "accelerator": "none"}
    return Entry(str(ULID()), user, server, requested=time.time(), **about)


def end(ledger):
    """The hub dies: nothing of it goes on."""
    ledger.task.cancel()


def seconds(text):
    return datetime.fromisoformat(text).timestamp()


async def test_a_session_from_its_place_to_its_end(book, stand_in):
    ledger, one = book(), entry()
    grant = await ledger.grant(one, True, ["pro"])
    told = stand_in.servers[one.id]
    assert (grant.id, grant.plan) == (one.id, "free")
    assert (told["user"], told["lab"], told["admin"], told["groups"]) == ("ada", "ada/mnist", True, ["pro"])
    began, ended = time.time() - 20.000001, time.time() - 10
    ledger.began(one, began, "python-py311-0123")
    await eventually(lambda: told.get("started"))
    assert told["image"] == "python-py311-0123"
    ledger.end(one, ended, "it was time")
    await eventually(lambda: not list(ledger.book.path.iterdir()))
    assert seconds(told["started"]) == pytest.approx(began, abs=1e-6)
    assert seconds(told["ended"]) == pytest.approx(ended, abs=1e-6)
    assert told["reason"] == "it was time"
    assert not ledger.entries


async def test_those_that_go_on_are_named_again_and_again(book, stand_in):
    ledger, one, two = book(), entry(), entry("bob")
    await ledger.grant(one, False, [])
    await ledger.grant(two, False, [])
    ledger.began(one, time.time())
    stand_in.alive.clear()
    await eventually(lambda: len(stand_in.alive) > 2)
    assert all(sorted(ids) == sorted([one.id, two.id]) for ids in stand_in.alive)
    ledger.end(two)
    await eventually(lambda: stand_in.alive[-1] == [one.id])


async def test_only_the_first_word_counts(book):
    ledger, one = book(), entry()
    await ledger.grant(one, False, [])
    ledger.began(one, 1000.0)
    ledger.began(one, 2000.0)
    ledger.end(one, 3000.0)
    ledger.end(one, 4000.0)
    ledger.began(one, 5000.0)
    assert (one.started, one.ended) == (1000.0, 3000.0)
    ledger.end(None)


async def test_an_end_is_never_before_its_beginning(book):
    ledger, one = book(), entry()
    await ledger.grant(one, False, [])
    ledger.began(one, 2000.0)
    ledger.end(one, 1000.0)
    assert one.ended == 2000.0


@pytest.mark.parametrize(
    ("status", "code"),
    [
        pytest.param(403, "plan_forbids", id="not in the plan"),
        pytest.param(429, "too_many_servers", id="no place"),
        pytest.param(507, "storage_full", id="no room"),
    ],
)
async def test_a_refusal_leaves_nothing_behind(book, stand_in, status, code):
    ledger, one = book(), entry()
    stand_in.refuse(status, code, "One at a time: stop the other.", **{"Retry-After": "60"})
    with pytest.raises(Refused, match="One at a time: stop the other") as raised:
        await ledger.grant(one, False, [])
    assert (raised.value.status_code, raised.value.headers) == (status, {"Retry-After": "60"})
    await eventually(lambda: not list(ledger.book.path.iterdir()))
    ledger.end(one)
    assert not ledger.entries


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param((500, "{}", {}), id="broken"),
        pytest.param((403, '{"error": {"code": "scope_missing", "message": "No."}}', {}), id="not allowed"),
        pytest.param((404, "<html>", {}), id="something else"),
        pytest.param((201, "{}", {}), id="another shape"),
        pytest.param((429, "[]", {}), id="another refusal"),
    ],
)
async def test_what_nobody_understands_is_no_place_and_the_fault_of_no_person(book, stand_in, answer):
    ledger, one = book(), entry()
    stand_in.refusal = answer
    with pytest.raises(Refused, match="The hub's log says why") as raised:
        await ledger.grant(one, False, [])
    assert raised.value.status_code == 503
    # It may have been kept for us: it is given back.
    stand_in.servers[one.id] = {}
    await eventually(lambda: not ledger.entries)


async def test_without_the_service_there_is_no_place(book):
    with pytest.raises(Refused, match="does not answer right now") as raised:
        await book(url="http://127.0.0.1:1/").grant(entry(), False, [])
    assert (raised.value.status_code, raised.value.headers) == (503, {"Retry-After": "60"})


async def test_who_gives_up_while_a_place_is_asked_for_gives_it_back(book, stand_in, monkeypatch):
    ledger, one = book(), entry()
    asked, go = asyncio.Event(), asyncio.Event()
    grant = ledger.service.grant

    async def slow(body):
        asked.set()
        await go.wait()
        return await grant(body)

    monkeypatch.setattr(ledger.service, "grant", slow)
    task = asyncio.ensure_future(ledger.grant(one, False, []))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    ledger.end(one)
    await asyncio.sleep(0.1)
    # Told before the answer, it would be no end of anything.
    assert one.id in ledger.entries
    go.set()
    await eventually(lambda: not ledger.entries)
    assert stand_in.servers[one.id]["ended"]


async def test_a_place_that_was_given_back_a_moment_ago_is_free(book, stand_in):
    ledger, one, two = book(), entry(), entry(server="other")
    await ledger.grant(one, False, [])
    ledger.began(one, time.time())
    stand_in.refuse(429, "too_many_servers", "One at a time.")
    grant = stand_in.grant

    def only_one(body):
        stand_in.refusal = stand_in.refusal if not stand_in.servers[one.id].get("ended") else None
        return grant(body)

    stand_in.grant = only_one
    ledger.end(one)
    # The background has not had a turn since.
    assert (await ledger.grant(two, False, [])).id == two.id


async def test_a_service_that_is_away_is_told_later(book, stand_in):
    ledger, one = book(), entry()
    await ledger.grant(one, False, [])
    url, ledger.service.url = ledger.service.url, "http://127.0.0.1:1/"
    ledger.began(one, 1000.0)
    ledger.end(one, 2000.0)
    await asyncio.sleep(0.3)
    assert one.id in ledger.entries
    ledger.service.url = url
    await eventually(lambda: not ledger.entries)
    assert seconds(stand_in.servers[one.id]["ended"]) == 2000.0


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param((404, "<html>No such page of the hub", {}), id="no route yet"),
        pytest.param((404, '{"status": 404, "message": "Not Found"}', {}), id="another's words"),
        pytest.param((200 + 102, "", {}), id="moved"),
        pytest.param((401, '{"error": {"code": "x", "message": "y"}}', {}), id="a token not known yet"),
        pytest.param((507, '{"error": {"code": "full", "message": "y"}}', {}), id="a full disk"),
    ],
)
async def test_what_stands_in_the_services_place_settles_nothing(book, stand_in, monkeypatch, answer):
    ledger, one = book(), entry()
    await ledger.grant(one, False, [])
    ledger.began(one, 1000.0)
    ledger.end(one, 2000.0)
    with monkeypatch.context() as patch:
        patch.setattr(stand_in, "answer", lambda *asked: answer)
        await asyncio.sleep(0.4)
        assert one.id in ledger.entries
    await eventually(lambda: not ledger.entries)
    assert seconds(stand_in.servers[one.id]["ended"]) == 2000.0


async def test_what_the_service_will_never_take_is_not_told_for_ever(book, stand_in):
    ledger, one = book(), entry()
    await ledger.grant(one, False, [])
    ledger.began(one, 1000.0)
    stand_in.servers.clear()
    ledger.end(one, 2000.0)
    await eventually(lambda: not ledger.entries)


# another life of the hub


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


async def test_the_end_of_a_process_is_witnessed(tmp_path):
    file = tmp_path / "ended"
    with processes.witnessed(file) as life:
        process = subprocess.Popen(
            [sys.executable, "-c", "import subprocess; subprocess.run(['sleep', '60'])"], pass_fds=[life]
        )
    await asyncio.sleep(0.3)
    assert not file.exists()
    children = subprocess.check_output(["pgrep", "-P", str(process.pid)], text=True).split()
    killed = time.time()
    process.send_signal(signal.SIGKILL)
    process.wait()
    await eventually(file.exists)
    assert file.stat().st_mtime == pytest.approx(killed, abs=0.5)
    for child in children:
        os.kill(int(child), signal.SIGKILL)
