"""Who waits for an accelerator when the hub is restarted has their place again."""

import asyncio

import pytest
from support.fake_gpus import FakeGpus, Person, ids, person

from mlabs_spawner import gpu_line, gpu_news, gpu_queue


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """Gives the line of one hub after the other; each has written what it had to when the next begins."""
    monkeypatch.setattr(gpu_news, "SOON", 0)

    async def begun(*holding):
        await asyncio.sleep(0.05)
        line = FakeGpus(1, record=str(tmp_path / "gpu-times.json"))
        for name in holding:
            line.claim(name, person(name), ids(1)[0])
        return line

    return begun


async def end(*people):
    """What the end of a hub does to those who wait."""
    for one in people:
        one.task.cancel()
    await asyncio.gather(*(one.task for one in people), return_exceptions=True)


async def waiting(line, *names):
    people = [Person(line, name, name) for name in names]
    assert [await one.turn() for one in people] == [None] * len(people)
    return people


async def test_a_place_is_as_it_was_whoever_comes_first_after_a_restart(hub):
    first = await hub("held")
    people = await waiting(first, "ada", "bob")
    second = await hub("held")
    await end(*people)
    eve, bob, ada = await waiting(second, "eve", "bob", "ada")
    # ada, who is not here again yet.
    assert "1 person before you" in bob.heard[-1]
    second.release("held")
    assert (await ada.turn(), await bob.turn(), await eve.turn()) == (ids(1)[0], None, None)
    second.release("ada")
    assert (await bob.turn(), await eve.turn()) == (ids(1)[0], None)


async def test_one_that_became_free_meanwhile_is_kept_for_them_for_a_while(hub, monkeypatch):
    first = await hub("held")
    people = await waiting(first, "ada")
    second = await hub()
    await end(*people)
    [eve] = await waiting(second, "eve")
    assert [each.user for each in second.report().queue] == ["ada", "eve"]
    second.queue.missing.until = 0.0
    await asyncio.wait_for(eve.task, 10)
    assert eve.task.result() == ids(1)[0]


async def test_who_comes_again_gets_it_at_once(hub):
    first = await hub("held")
    since = first.join("ada", person("ada")).since
    second = await hub()
    [eve] = await waiting(second, "eve")
    ada = second.join("ada", person("ada"))
    assert (ada.turn.done(), ada.since) == (True, since)
    assert await eve.turn() is None


async def test_who_left_has_no_place(hub):
    first = await hub("held")
    people = await waiting(first, "ada", "bob")
    first.release("ada")
    second = await hub("held")
    await end(*people)
    assert list(second.queue.missing.places) == ["bob"]


async def test_whose_time_was_over_meanwhile_waits_anew(hub):
    first = await hub("held")
    people = await waiting(first, "ada")
    first.queue.waiting["ada"].since -= first.queue_timeout + 1
    first.news.said()
    second = await hub("held")
    await end(*people)
    assert second.queue.missing.awaited() == []
    assert await (await waiting(second, "ada"))[0].turn() is None


async def test_fairness_among_people_goes_on(hub):
    first = await hub()
    await first.acquire("hog", person("hog"), print)
    people = await waiting(first, "ada")
    first.queue.waiting["ada"].passed = gpu_queue.PATIENCE
    first.news.said()
    second = await hub("hog")
    await end(*people)
    assert (second.queue.served, second.queue.arrivals) == (first.queue.served, first.queue.arrivals)
    assert second.queue.missing.places["ada"].passed == gpu_queue.PATIENCE


async def test_where_nobody_ever_waited_or_held_one_there_is_no_file(hub, tmp_path):
    line = await hub()
    line.news.said()
    await asyncio.sleep(0.1)
    assert not (tmp_path / "gpu-line.json").exists()
    await line.acquire("ada", person("ada"), print)
    await asyncio.sleep(0.1)
    assert (tmp_path / "gpu-line.json").exists()


async def test_a_file_that_is_no_line_is_none(hub, tmp_path, caplog):
    (tmp_path / "gpu-line.json").write_text('{"places": 1}')
    line = await hub()
    assert line.queue.missing.awaited() == []
    assert "Who waits for accelerators is not known" in caplog.text
    assert await line.acquire("ada", person("ada"), print) == ids(1)[0]


def test_who_does_not_come_is_not_waited_for_long():
    place = gpu_line.Place(key="ada", who=person("ada"), number=1, since=0.0)
    missing = gpu_line.Missing([place])
    assert missing.awaited() == [place]
    missing.until = 0.0
    assert (missing.back("ada"), missing.awaited()) == (None, [])
