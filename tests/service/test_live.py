"""What a run costs that many watch: one read of the database for all of them, and little else."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest
from service.watched_runs import begin, connect, printed, tell
from support.sse import watch
from support.waiting import until

from mlabs_ext.service.live import READERS
from mlabs_ext.service.live_topic import Topic
from mlabs_ext.service.viewers import Viewer

BENCH = Path(__file__).parents[2] / "bench" / "live.py"
WATCHERS = 30


def load_bench() -> ModuleType:
    """The benchmark, from its file; it imports its neighbours by name."""
    if str(BENCH.parent) not in sys.path:
        sys.path.append(str(BENCH.parent))
    spec = importlib.util.spec_from_file_location("bench_live", BENCH)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def count_reads(site, monkeypatch) -> list[int]:
    """The steps after which the database was read for watchers, as it happens."""
    reads, read = [], site.service.live.feed.read

    def counted(run_id: str, after: int, upto: int | None = None):
        reads.append(after)
        return read(run_id, after, upto)

    monkeypatch.setattr(site.service.live.feed, "read", counted)
    return reads


def test_what_is_new_is_read_once_however_many_watch(site, monkeypatch):
    site.publish(name="x")
    run = begin(site)
    with contextlib.ExitStack() as stack:
        for _ in range(WATCHERS):
            stack.enter_context(connect(site, run))
        stream = stack.enter_context(watch(site.as_(None), run))
        stream.next("run")
        until(lambda: len(site.service.live.topics[run].live) == WATCHERS + 1)
        asyncio.run_coroutine_threadsafe(site.service.live.topics[run].idle(), site.loop).result(10)
        reads = count_reads(site, monkeypatch)
        for seq in range(1, 11):
            tell(site, run, printed(seq))
            stream.step(seq)
        # Now and then one more for safety.
        assert len(reads) <= 13


def test_who_comes_late_shares_what_was_read_for_others(site, monkeypatch):
    site.publish(name="x")
    run = begin(site)
    tell(site, run, *(printed(seq, "x" * 1000) for seq in range(1, 801)))
    with watch(site.as_(None), run) as stream:
        stream.step(800)
    reads = count_reads(site, monkeypatch)
    for _ in range(5):
        with watch(site.as_(None), run) as stream:
            assert [one.data["seq"] for one in stream.step(800) if one.event == "step"] == [*range(1, 801)]
    # The last, unfilled page, and the look for news of each.
    assert all(after == 800 or after > 600 for after in reads)


def test_many_who_come_late_at_once_share_the_last_page_too(site, monkeypatch):
    site.publish(name="x")
    run = begin(site)
    tell(site, run, *(printed(seq) for seq in range(1, 601)))
    reads = count_reads(site, monkeypatch)
    with contextlib.ExitStack() as stack:
        for _ in range(WATCHERS):
            stack.enter_context(connect(site, run))
        until(lambda: len(site.service.live.topics[run].live) == WATCHERS)
    # Each looks for news when it comes; 600 steps are two pages.
    assert len([after for after in reads if after < 600]) < WATCHERS / 2


def test_news_are_not_held_up_by_who_comes_late(site):
    site.publish(name="x")
    run = begin(site)
    go_on = threading.Event()
    with watch(site.as_(None), run) as stream:
        stream.next("run")
        # As a thousand do who all want old pages at once.
        late = [site.service.live._pool.submit(go_on.wait, 60) for _ in range(READERS)]
        tell(site, run, printed(1))
        stream.step(1)
        assert not any(one.done() for one in late)
        go_on.set()


def test_news_that_nobody_waits_for_any_more_is_let_be(site):
    site.publish(name="x")
    run = begin(site)
    row = site.service.live.feed.find(Viewer.anonymous(), run)

    async def left() -> None:
        topic = Topic(site.service.live, row, lambda topic: None)
        topic.wake()
        await asyncio.wait_for(topic.idle(), 5)

    asyncio.run_coroutine_threadsafe(left(), site.loop).result(10)


@pytest.mark.timeout(120)
def test_a_hundred_watchers_receive_all_and_none_is_cut_off():
    bench = load_bench()
    ours, _ = bench.measured(100, 3, 1)
    assert sum(one.closed for one in ours.watched) == 0
    before, after = ours.watched[0].memory
    assert after - before < 20e6


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("count", [1000, 5000])
def test_goals_beside_a_minimal_server(count):
    bench = load_bench()
    us, peer = bench.measured(count, 10, 3)
    ours, alone, peers = us.watched, us.alone, peer.watched
    lag = [bench.p95(bench.joined(one.lags for one in rounds)) for rounds in (ours, peers)]
    cpu = [min(one.cpu for one in rounds) for rounds in (ours, peers)]
    slowed = sum(one.elapsed for one in ours) / sum(one.elapsed for one in alone)
    assert lag[0] <= 2 * lag[1] + 0.02
    assert cpu[0] <= 1.2 * cpu[1]
    assert slowed <= 1.03
    # After the first round, everything has been needed once.
    assert ours[-1].memory[1] - ours[0].memory[1] < 20e6
    assert sum(one.closed for one in ours) == 0
