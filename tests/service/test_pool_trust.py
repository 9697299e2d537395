"""What workers may lie about, and what becomes of them and of all that only they have said."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from service.pool_bench import bench as bench
from support.liars import built, chain, first_slice, parts
from support.pool import checkpoint, numbers, person, spec

from mlabs_ext.errors import Conflict, Forbidden, Unusable
from mlabs_ext.service.orm_pool import PoolLease


def nan(of) -> bytes:
    of.weights[3] = np.nan
    return built(of, claim=None)


def other_steps(of) -> bytes:
    of.kept[0] -= 1
    return built(of)


BROKEN = {
    "empty": (lambda of: b"", "block_broken"),
    "garbage": (lambda of: np.random.default_rng(1).bytes(5000), "block_broken"),
    "no JSON": (lambda of: b"\x08\0\0\0garbage!", "block_broken"),
    "a header alone": (lambda of: built(of)[:-200], "block_broken"),
    "a byte too many": (lambda of: built(of) + b"\0", "block_broken"),
    "a header that is too long": (lambda of: b"\xff\xff\xff\x7f" + built(of), "block_broken"),
    "rows": (lambda of: built(of).replace(b"mlabs-checkpoint/1", b"mlabs-rowsrowsr/1"), "block_broken"),
    "other shapes": (lambda of: built(of, weights=of.weights, optimizer=[[]]), "checkpoint_unfit"),
    "shapes of the same size": (
        lambda of: checkpoint(
            SimpleNamespace(weights=[(4, 3), (4,), (4, 2), (2,)], optimizer=of.made.optimizer),
            of.lease.to, of.weights, of.kept, 1.0,
        ),
        "checkpoint_unfit",
    ),
    "another epoch": (lambda of: built(of, epoch=of.lease.to - 1), "checkpoint_unfit"),
    "fewer steps": (other_steps, "checkpoint_unfit"),
}  # fmt: skip


@pytest.mark.parametrize(("lie", "code"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_a_result_is_refused_at_once_and_the_third_sends_away(bench, lie, code):
    case = first_slice(bench)
    before = chain(bench, case.asked)
    for attempt in range(3):
        lease = bench.claim(case.liar)
        assert (lease.from_, lease.to) == (3, 6)
        with pytest.raises(Unusable) as refused:
            bench.bring(case.liar, lease, lie(parts(bench, lease)))
        assert refused.value.code == code
        assert chain(bench, case.asked) == before
        assert (bench.row(case.liar).quarantined is not None) == (attempt == 2)
    with pytest.raises(Forbidden) as away:
        bench.claim(case.liar)
    assert away.value.code == "quarantined"
    assert bench.lend(case.honest).from_ == 3


LIES = {
    # Numbers that are none, where training comes to some.
    "NaN": nan,
    "too good": lambda of: built(of, claim=0.0),
    "too bad": lambda of: built(of, claim=100.0),
    "no loss": lambda of: built(of, claim=None),
    "chance": lambda of: built(of, np.random.default_rng(3).normal(size=of.weights.size) * 5),
    "zeros": lambda of: built(of, np.zeros_like(of.weights) + 20),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_lie_is_found_out_and_its_worker_sent_away(bench, lie):
    case = first_slice(bench)
    before = chain(bench, case.asked)
    lease = bench.claim(case.liar)
    try:
        bench.bring(case.liar, lease, lie(parts(bench, lease)))
    except Unusable as error:
        assert error.code == "not_finite"
    bench.judge()
    # What makes a job much worse is done once more by somebody else.
    if bench.row(case.liar).quarantined is None:
        assert bench.search(case.asked).jobs[0].status == "checking"
        check = bench.lend(case.honest)
        assert (check.from_, check.to, check.start) == (lease.from_, lease.to, lease.start)
    assert bench.row(case.liar).quarantined is not None
    assert bench.row(case.honest).quarantined is None
    assert [one for one in chain(bench, case.asked) if one[2] is not None] == before
    while bench.lend(case.honest):
        pass
    job = bench.search(case.asked).jobs[0]
    assert (job.status, [score.epoch for score in job.scores]) == ("succeeded", [3, 6, 9, 12])


def replayed(bench, case, lease) -> bytes:
    """The result of the slice before, made to look like the one after."""
    of = parts(bench, lease)
    with bench.store.read() as session:
        old = bench.blobs.get(session.get_one(PoolLease, case.lease.lease).blob)
    return built(of, numbers(old, of.made)[0])


def of_another_job(bench, case, lease) -> bytes:
    """The weights of another job, which has come as far."""
    other = bench.ask("eve", spec(seed=77))
    bench.lend(case.honest)
    of = parts(bench, lease)
    taken = bench.blobs.get(bench.pool.searches.checkpoint(person("eve"), other.jobs[0].id))
    return built(of, numbers(taken, of.made)[0])


@pytest.mark.parametrize("lie", [replayed, of_another_job], ids=["the start unchanged", "another job's"])
def test_weights_that_are_known_are_not_taken_again(bench, lie):
    case = first_slice(bench)
    before = chain(bench, case.asked)
    lease = bench.claim(case.liar)
    body = lie(bench, case, lease)
    with pytest.raises(Unusable) as refused:
        bench.bring(case.liar, lease, body)
    assert refused.value.code == "result_known"
    bench.judge()
    assert bench.row(case.liar).quarantined is not None
    assert chain(bench, case.asked)[:1] == before
    # The server has done the slice itself meanwhile.
    assert chain(bench, case.asked)[1:] == [(3, 6, None)]


def test_a_result_that_comes_too_late_is_refused_and_the_third_within_an_hour_sends_away(bench):
    case = first_slice(bench)
    for _ in range(3):
        lease = bench.claim(case.liar)
        body = bench.train(lease)
        bench.later(bench.pool.limits.lease_seconds + 1)
        assert bench.pool.leases.expire(bench.time) == 1
        with pytest.raises(Conflict) as late:
            bench.bring(case.liar, lease, body)
        assert late.value.code == "lease_expired"
    assert bench.row(case.liar).quarantined is not None
    assert bench.lend(case.honest).from_ == 3
    assert bench.row(case.liar).expired == 3


def test_strikes_are_forgotten_after_an_hour(bench):
    case = first_slice(bench)
    for _ in range(5):
        lease = bench.claim(case.liar)
        with pytest.raises(Unusable):
            bench.bring(case.liar, lease, b"")
        bench.later(1801)
    assert bench.row(case.liar).quarantined is None


def test_another_body_for_the_same_lease_is_refused_and_counted(bench):
    case = first_slice(bench)
    lease = bench.claim(case.liar)
    bench.bring(case.liar, lease, bench.train(lease))
    with pytest.raises(Conflict) as other:
        bench.bring(case.liar, lease, bench.train(lease, rounding=1e-6))
    assert other.value.code == "result_other"
    assert len(bench.row(case.liar).strikes) == 1
    bench.judge()
    assert chain(bench, case.asked)[-1][:2] == (3, 6)


def test_a_liars_slices_that_nobody_confirmed_are_undone_in_all_jobs(bench):
    asked = bench.ask("ada", *(spec(seed=seed) for seed in (1, 2, 3)))
    liar, honest = bench.worker("liar", trusted=True), bench.worker("honest", trusted=True)
    for _ in range(3):
        bench.lend(liar)
    bench.lend(honest)
    before = [job.epoch for job in bench.search(asked).jobs]
    assert sorted(before) == [3, 3, 6], before
    lease = bench.claim(liar)
    bench.bring(liar, lease, built(parts(bench, lease), claim=0.0))
    bench.judge()
    after = bench.search(asked).jobs
    assert [job.epoch for job in after] == [0, 0, 0]
    assert {one.reason for job in after for one in job.slices if one.status == "undone"} == {"quarantined"}
    while bench.lend(honest):
        pass
    assert bench.search(asked).status == "succeeded"


def test_what_was_confirmed_stays_when_its_worker_lies_later(bench):
    asked = bench.ask("ada")
    liar, honest = bench.worker("liar"), bench.worker("honest")
    for worker in (liar, honest, liar, honest):
        bench.lend(worker)
    assert bench.search(asked).jobs[0].epoch == 6
    lease = bench.claim(liar)
    bench.bring(liar, lease, built(parts(bench, lease), claim=0.0))
    bench.judge()
    assert bench.row(liar).quarantined is not None
    assert bench.search(asked).jobs[0].epoch == 6
