"""Sessions from their places to their ends, and what of it the service is told."""

import asyncio
import time

import pytest
from support.sessions import entry, seconds
from support.waiting import eventually

from mlabs_spawner.options import Refused


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
