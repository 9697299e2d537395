"""Searches that halve: the worse jobs stop at each rung, once all are there, and equals are treated alike."""

from __future__ import annotations

import pytest
from service.pool_bench import bench as bench
from support.pool import Bench, network, numbers, person, spec

from mlabs_ext.service.pool_verdicts import Judged
from mlabs_ext.wire.community import Halving


def scored(bench: Bench, losses: list[float | None]) -> None:
    """Have the referee find these held-out losses, by the jobs' seeds, whatever their weights are."""

    async def judge(asked):
        weights, _ = numbers(bench.blobs.get(asked.blob), network(asked.spec))
        claim = float(((weights - _goal(asked)) ** 2).mean())
        return Judged(losses[asked.spec.seed - 1], 0.5, claim)

    bench.referee.judge = judge


def _goal(asked):
    from support.pool import goal

    return goal(asked.spec, network(asked.spec))


def asked(bench: Bench, count: int, rungs: list[int], keep: float = 0.5, **fields):
    jobs = [spec(seed=number + 1, epochs=8) for number in range(count)]
    return bench.ask("ada", *jobs, every=2, halving=Halving(rungs, keep), **fields)


def statuses(bench: Bench, search) -> list[tuple]:
    return [(job.status, job.reason, job.epoch) for job in bench.search(search).jobs]


DONE, STOPPED = ("succeeded", None, 8), ("stopped", "halving")
# Held-out losses, rungs, the share that goes on, and what becomes of the jobs.
CUTS = {
    "the worse half": ([4, 1, 3, 2], [4], 0.5, [(*STOPPED, 4), DONE, (*STOPPED, 4), DONE]),
    "of three two go on": ([1, 2, 3], [4], 0.5, [DONE, DONE, (*STOPPED, 4)]),
    "equals go on together": ([1, 2, 2, 2], [4], 0.5, [DONE, DONE, DONE, DONE]),
    "equals stop together": ([1, 1, 2, 2], [4], 0.5, [DONE, DONE, (*STOPPED, 4), (*STOPPED, 4)]),
    "all alike": ([1, 1, 1, 1], [4], 0.5, [DONE] * 4),
    "twice": ([1, 2, 3, 4], [2, 4], 0.5, [DONE, (*STOPPED, 4), (*STOPPED, 2), (*STOPPED, 2)]),
    "one alone": ([1], [4], 0.5, [DONE]),
    "a quarter": ([4, 1, 3, 2], [6], 0.25, [(*STOPPED, 6), DONE, (*STOPPED, 6), (*STOPPED, 6)]),
    "a rung at the end cuts nothing": ([1, 2], [8], 0.5, [DONE, DONE]),
    "a rung between slices ends one": ([1, 2], [3], 0.5, [DONE, (*STOPPED, 3)]),
}


@pytest.mark.parametrize(("losses", "rungs", "keep", "outcome"), CUTS.values(), ids=CUTS)
def test_the_worse_share_stops_at_a_rung(bench, losses, rungs, keep, outcome):
    scored(bench, losses)
    search = asked(bench, len(losses), rungs, keep)
    lender = bench.worker("lender", trusted=True)
    while bench.lend(lender):
        pass
    assert statuses(bench, search) == outcome
    assert bench.search(search).status == "succeeded"


def test_a_rung_waits_for_all(bench):
    scored(bench, [1, 2])
    search = asked(bench, 2, [4])
    slow, quick = (bench.worker(name, trusted=True) for name in ("slow", "quick"))
    held = bench.claim(slow)
    assert [bench.lend(quick).to for _ in range(2)] == [2, 4]
    assert bench.claim(quick) is None
    waiting = bench.search(search).jobs[1]
    assert (waiting.status, waiting.reason, waiting.waiting_since) == ("queued", "rung", None)
    bench.bring(slow, held, bench.train(held))
    bench.judge()
    bench.lend(slow)
    assert statuses(bench, search) == [("queued", None, 4), (*STOPPED, 4)]


def test_a_rung_waits_for_no_job_that_is_over(bench):
    scored(bench, [1, 2, 3])
    search = asked(bench, 3, [4])
    lender = bench.worker("lender", trusted=True)
    for _ in range(4):
        bench.lend(lender)
    # Two have two slices at most now: the third is stopped by its owner, and the others are cut.
    behind = next(job for job in bench.search(search).jobs if job.epoch < 4)
    bench.pool.searches.stop_job(person("ada"), behind.id)
    while bench.lend(lender):
        pass
    found = [job.status for job in bench.search(search).jobs]
    assert sorted(found) == ["stopped", "stopped", "succeeded"]


def test_a_rung_waits_for_checks(bench):
    scored(bench, [1, 2])
    search = asked(bench, 2, [2])
    bench.pool.limits.chance = lambda: 0.0
    one, other = (bench.worker(name, trusted=True) for name in ("one", "other"))
    bench.lend(one)
    first = bench.claim(one)
    bench.bring(one, first, bench.train(first))
    bench.judge()
    assert [status for status, *_ in statuses(bench, search)] == ["queued", "queued"]
    assert {reason for _, reason, _ in statuses(bench, search)} == {"rung"}
    bench.lend(other)
    assert {reason for _, reason, _ in statuses(bench, search)} == {"rung"}
    bench.lend(other)
    assert statuses(bench, search) == [("queued", None, 2), (*STOPPED, 2)]


def test_a_search_whose_jobs_are_stopped_has_stopped(bench):
    search = asked(bench, 2, [4])
    lease = bench.claim(bench.worker("lender", trusted=True))
    stopped = bench.pool.searches.stop(person("ada"), search.id)
    assert (stopped.status, stopped.ended is not None) == ("stopped", True)
    assert {(job.status, job.reason) for job in stopped.jobs} == {("stopped", "person")}
    assert [one.status for job in stopped.jobs for one in job.slices] == ["cancelled"]
    # Once more changes nothing.
    assert bench.pool.searches.stop(person("ada"), search.id) == stopped
    assert lease is not None
