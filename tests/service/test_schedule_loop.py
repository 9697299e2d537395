"""What is due begins by itself, once, in one process or two, also after a restart."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from support.waiting import until
from traitlets.config import Config

from mlabs_ext.errors import Unavailable
from mlabs_ext.service.orm_schedule import Schedule
from mlabs_ext.service.viewers import Viewer


@pytest.fixture
def start(start_site, hub):
    """A service whose loop runs; each call is another process on the same database."""
    watching, hub.down = [], False

    def start(url=None):
        config = Config({"ScheduleQueue": {"interval": 0.05}})
        if url:
            config.Store.url = url
        site = start_site(config)
        watching.append(site)
        watch(site)
        return site

    yield start
    for site in watching:
        stop(site)


def watch(site):
    async def begin():
        site.watching = asyncio.create_task(site.service.schedule_loop.watch())

    asyncio.run_coroutine_threadsafe(begin(), site.loop).result(10)


def stop(site):
    async def end():
        site.watching.cancel()
        await asyncio.gather(site.watching, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(end(), site.loop).result(10)


def put(site, lab):
    site.publish("ada", name=lab)
    answer = site.as_("ada").put(f"api/v1/labs/ada/{lab}/schedule", json={"cron": "@monthly"})
    assert answer.status_code == 200, answer.text


def make_due(site):
    """As if the time had come, for all of them."""
    with site.service.store.write() as session:
        past = datetime.now(UTC) - timedelta(minutes=1)
        session.execute(update(Schedule).values(next=past))


def runs(site, lab):
    return site.as_("ada").get(f"api/v1/labs/ada/{lab}/runs").json()["items"]


def looked_again(site):
    """Two more rounds have begun, so one was made as a whole."""
    queue, rounds = site.service.schedule_loop.queue, []
    settle = queue.settle
    queue.settle = lambda: (rounds.append(1), settle())
    until(lambda: len(rounds) > 1)
    queue.settle = settle


def test_what_is_due_begins_once(start):
    site = start()
    put(site, "mnist")
    looked_again(site)
    assert runs(site, "mnist") == []
    make_due(site)
    until(lambda: runs(site, "mnist"))
    looked_again(site)
    (run,) = runs(site, "mnist")
    assert (run["status"], run["scheduled"]) == ("queued", True)


def test_what_came_due_while_there_was_no_loop_begins_with_the_next(start):
    site = start()
    put(site, "mnist")
    stop(site)
    make_due(site)
    assert runs(site, "mnist") == []
    watch(site)
    until(lambda: runs(site, "mnist"))
    looked_again(site)
    assert len(runs(site, "mnist")) == 1


@pytest.mark.postgresql
def test_two_processes_begin_it_once(start, postgresql_emptied):
    first, second = start(postgresql_emptied), start(postgresql_emptied)
    labs = [f"lab-{n}" for n in range(5)]
    for lab in labs:
        put(first, lab)
    make_due(second)
    until(lambda: all(runs(first, lab) for lab in labs))
    looked_again(first)
    looked_again(second)
    assert [len(runs(first, lab)) for lab in labs] == [1] * 5


def test_one_that_cannot_be_queued_now_keeps_no_other_back(start):
    site = start()
    put(site, "first")
    put(site, "second")
    queue = site.service.schedule_loop.queue
    broken = site.service.labs.get(Viewer.anonymous(), "ada", "first").id
    real = queue.begin

    def begin_or_not(lab_id, at):
        if lab_id == broken:
            raise Unavailable("The database does not answer.")
        return real(lab_id, at)

    queue.begin = begin_or_not
    make_due(site)
    until(lambda: runs(site, "second"))
    assert runs(site, "first") == []
    queue.begin = real
    until(lambda: runs(site, "first"))
