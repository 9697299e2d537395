"""Who is right where results differ, and who checks whose: honest workers come to no harm."""

from __future__ import annotations

from math import nan

import pytest
from service.pool_bench import bench as bench
from service.pool_bench import stored_bench as stored_bench
from support.liars import built, chain, parts
from support.pool import person, spec

from mlabs_ext.errors import Unusable


@pytest.mark.parametrize("liar_first", [True, False])
def test_of_two_that_differ_the_server_says_who_lied(bench, liar_first):
    asked = bench.ask("ada")
    workers = {name: bench.worker(name) for name in ("liar", "honest")}
    for name in ("liar", "honest") if liar_first else ("honest", "liar"):
        lease = bench.claim(workers[name])
        assert (lease.from_, lease.to) == (0, 3)
        of = parts(bench, lease)
        lazy = built(of, of.weights * 0.5)
        bench.bring(workers[name], lease, lazy if name == "liar" else bench.train(lease))
        bench.judge()
    assert bench.row(workers["liar"]).quarantined is not None
    assert bench.row(workers["honest"]).quarantined is None
    assert bench.row(workers["honest"]).confirmed == 1
    assert chain(bench, asked)[0][:2] == (0, 3)


def test_two_that_lie_differently_are_both_sent_away(bench):
    asked = bench.ask("ada")
    workers = [bench.worker(name) for name in ("one", "two")]
    for factor, worker in zip((0.5, 0.6), workers, strict=True):
        lease = bench.claim(worker)
        of = parts(bench, lease)
        bench.bring(worker, lease, built(of, of.weights * factor))
        bench.judge()
    assert all(bench.row(worker).quarantined for worker in workers)
    # What the server came to stands.
    assert chain(bench, asked) == [(0, 3, None)]


def test_a_training_that_diverges_fails_and_nobody_is_blamed(bench):
    asked = bench.ask("ada", spec(seed=13))
    worker = bench.worker("bob", trusted=True)
    lease = bench.claim(worker)
    with pytest.raises(Unusable):
        bench.bring(worker, lease, bench.train(lease, epoch=2))
    bench.judge()
    job = bench.search(asked).jobs[0]
    assert (job.status, job.error["code"]) == ("failed", "diverged")
    assert bench.row(worker).quarantined is None
    assert bench.row(worker).strikes == []


@pytest.mark.parametrize("rounding", [0, 1e-7, 1e-4])
def test_backends_that_round_differently_agree(bench, rounding):
    asked = bench.ask("ada")
    one, other = bench.worker("one", "webgl"), bench.worker("other", "wasm")
    for _ in range(3):
        bench.lend(one, rounding=rounding)
        bench.lend(other)
    assert not bench.row(one).quarantined
    assert not bench.row(other).quarantined
    assert bench.row(one).confirmed >= 2
    assert bench.search(asked).jobs[0].epoch >= 6


@pytest.mark.parametrize(
    ("backend", "lies"), [("cpu", False), ("cpu", True), ("webgl", False), ("webgl", True)]
)
def test_where_rounding_leads_far_each_is_held_to_their_own_backend(bench, backend, lies):
    asked = bench.ask("ada")
    one, other = bench.worker("one", "wasm"), bench.worker("other", backend)
    bench.referee.roundings = {"cpu": 0.3}
    bench.lend(one)
    bench.lend(other, rounding=-0.9 if lies else 0.3)
    assert not bench.row(one).quarantined
    assert bool(bench.row(other).quarantined) is lies
    assert chain(bench, asked)[0][:2] == (0, 3)


@pytest.mark.parametrize("first", ["wasm", "webgl"])
@pytest.mark.parametrize(
    ("chaos", "blamed", "times"),
    [((0.0, 0.0), True, 3), ((1e-6, 1e-3), True, 3), ((0.0, 0.5), False, 3), ((-0.5, 0.0), False, 2)],
)
def test_a_graphics_card_is_not_blamed_for_what_rounding_does_to_the_server_too(
    bench, first, chaos, blamed, times
):
    asked = bench.ask("ada")
    workers = {name: bench.worker(name, name) for name in ("wasm", "webgl")}
    bench.referee.chaos = chaos
    for name in sorted(workers, key=lambda name: name != first):
        bench.lend(workers[name], rounding=0.9 if name == "webgl" else 0.0)
    card, plain = (bench.row(workers[name]) for name in ("webgl", "wasm"))
    assert (bool(card.quarantined), card.confirmed, card.strikes) == (blamed, 0, [])
    assert (plain.quarantined, plain.confirmed) == (None, 1)
    assert bench.referee.epochs == 3 * times
    # What others came to as well stands.
    assert [one[:2] for one in chain(bench, asked)] == [(0, 3)]
    while bench.lend(workers["wasm"]) or (bench.later(120), bench.judge())[1]:
        pass
    assert bench.search(asked).status == "succeeded"


def test_two_graphics_cards_that_rounding_leads_apart_are_both_not_blamed(bench):
    asked = bench.ask("ada")
    workers = [bench.worker(name, "webgl") for name in ("one", "other")]
    bench.referee.chaos = (0.5, 0.0)
    for worker, rounding in zip(workers, (0.9, -0.9), strict=True):
        bench.lend(worker, rounding=rounding)
    assert not any(bench.row(worker).quarantined or bench.row(worker).confirmed for worker in workers)
    # What the server came to stands.
    assert chain(bench, asked) == [(0, 3, None)]


@pytest.mark.parametrize(
    ("backend", "chaos", "blamed", "times"),
    [
        ("webgl", (nan, 0.0), False, 2),
        ("webgl", (0.0, nan), False, 3),
        ("webgl", (0.5, 0.0), False, 2),
        ("webgl", (0.0, 1e-6), True, 3),
        ("cpu", (nan, nan), True, 1),
    ],
)
def test_a_graphics_card_is_not_blamed_for_no_numbers_where_rounding_leads_far(
    bench, backend, chaos, blamed, times
):
    asked = bench.ask("ada")
    worker = bench.worker("bob", backend)
    bench.referee.chaos = chaos
    lease = bench.claim(worker)
    with pytest.raises(Unusable):
        bench.bring(worker, lease, bench.train(lease, rounding=nan))
    bench.judge()
    row = bench.row(worker)
    assert (bool(row.quarantined), row.confirmed, row.strikes) == (blamed, 0, [])
    assert bench.referee.epochs == 3 * times
    # What the server came to stands.
    assert chain(bench, asked) == [(0, 3, None)]


@pytest.mark.parametrize(("backend", "blamed"), [("webgl", False), ("cpu", True)])
def test_a_graphics_card_is_not_blamed_for_numbers_where_the_server_has_none(bench, backend, blamed):
    asked = bench.ask("ada")
    worker = bench.worker("bob", backend)
    bench.referee.roundings = {"": nan, "cpu": nan}
    bench.lend(worker)
    row = bench.row(worker)
    assert (bool(row.quarantined), row.confirmed, row.strikes) == (blamed, 0, [])
    job = bench.search(asked).jobs[0]
    assert (job.status, job.error["code"]) == ("failed", "diverged")


def test_nobody_checks_what_the_same_person_did(bench):
    bench.ask("ada")
    one, same, other = bench.worker("bob"), bench.worker("bob"), bench.worker("carol")
    first = bench.claim(one)
    bench.bring(one, first, bench.train(first))
    # Somebody else is there who may check it: the server need not.
    bench.judge()
    assert bench.claim(same).from_ == 3
    check = bench.claim(other)
    assert (check.from_, check.to) == (0, 3)


def test_a_job_is_done_only_when_no_check_is_open(bench):
    asked = bench.ask("ada", spec(epochs=3))
    bob, carol = bench.worker("bob"), bench.worker("carol")
    bench.lend(bob)
    job = bench.search(asked).jobs[0]
    assert (job.status, job.epoch) == ("checking", 3)
    check = bench.lend(carol)
    assert (check.from_, check.to) == (0, 3)
    assert bench.search(asked).jobs[0].status == "succeeded"
    assert bench.referee.epochs == 0


def test_a_check_that_nobody_makes_is_made_by_the_server_after_a_while(bench):
    asked = bench.ask("ada", spec(epochs=3))
    bench.worker("carol")
    bench.lend(bench.worker("bob"))
    assert bench.search(asked).jobs[0].status == "checking"
    assert bench.referee.epochs == 0
    bench.later(bench.pool.limits.check_patience + 1)
    bench.judge()
    assert bench.search(asked).jobs[0].status == "succeeded"
    assert bench.referee.epochs == 3


def test_what_the_referee_cannot_judge_counts_for_nothing_and_blames_nobody(bench):
    asked = bench.ask("ada")
    worker = bench.worker("bob")
    bench.referee.refuses = lambda asked: True
    bench.lend(worker)
    job = bench.search(asked).jobs[0]
    assert [(one.status, one.reason) for one in job.slices] == [("refused", "not_judged")]
    assert (job.status, job.epoch) == ("queued", 0)
    assert bench.row(worker).strikes == []


def test_a_job_that_never_comes_to_a_result_is_given_up(bench):
    asked = bench.ask("ada", spec(epochs=3))
    bench.pool.limits.max_tries = 3
    bench.referee.refuses = lambda asked: True
    worker = bench.worker("bob", trusted=True)
    for _ in range(3):
        assert bench.lend(worker) is not None
    assert bench.claim(worker) is None
    job = bench.search(asked).jobs[0]
    assert (job.status, job.error["code"]) == ("failed", "refused_too_often")
    assert bench.search(asked).status == "failed"


@pytest.mark.parametrize(("chance", "checked"), [(0.04, True), (0.06, False)])
def test_a_share_of_what_trusted_workers_do_is_checked_too(bench, chance, checked):
    bench.ask("ada")
    one, other = (bench.worker(name, trusted=True) for name in ("one", "other"))
    bench.pool.limits.chance = lambda: chance
    bench.lend(one)
    assert bench.claim(other).from_ == (0 if checked else 3)


def test_who_is_new_checks_nobody_while_somebody_is_there_who_was_confirmed(bench):
    bench.ask("ada")
    new, maker = bench.worker("new"), bench.worker("maker")
    trusted = bench.worker("trusted", trusted=True)
    bench.lend(maker)
    assert bench.claim(new).from_ == 3
    assert bench.claim(trusted).from_ == 0


def test_who_is_new_waits_once_enough_of_theirs_is_to_be_confirmed(bench):
    bench.ask("ada", *(spec(seed=seed) for seed in range(1, 6)))
    bench.worker("trusted", trusted=True)
    new = bench.worker("new")
    assert bench.lend(new)
    assert bench.lend(new)
    assert bench.claim(new) is None


def test_either_database_keeps_a_pool(stored_bench):
    """Claims, checks, a lie that two results show, all that follows from it, expiry, and the end."""
    bench = stored_bench
    asked = bench.ask("ada", *(spec(seed=seed) for seed in (1, 2)))
    liar, honest, other = (bench.worker(name) for name in ("liar", "honest", "other"))
    lease = bench.claim(liar)
    bench.bring(liar, lease, built(parts(bench, lease), parts(bench, lease).weights * 0.5))
    bench.judge()
    lost = bench.claim(other)
    assert lost.to == 3
    bench.later(bench.pool.limits.lease_seconds + 1)
    assert bench.pool.leases.expire(bench.time) == 1
    for _ in range(30):
        for worker in (honest, other):
            bench.lend(worker)
    bench.later(bench.pool.limits.check_patience + 1)
    bench.judge()
    assert bench.row(liar).quarantined is not None
    assert bench.search(asked).status == "succeeded"
    numbers_now = bench.pool.numbers.measure()
    assert numbers_now["slices_expired"] == 1
    assert numbers_now["slices_done"] >= 8
    bench.later(bench.pool.limits.keep_days * 86400 + 90000)
    bench.pool.sweep(bench.time)
    assert bench.pool.searches.mine(person("ada")) == ([], None)
