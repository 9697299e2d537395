"""A pool of many workers, some of whom lie, over the real rules: who gets away with what, at what cost.

Trainings and the referee are the stand-in of `support/pool.py`. Time is simulated: each worker is busy for as
long as a slice takes, so that what is done at once in the pool is at once here too.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import numpy as np
from sqlalchemy import select
from support.pool import Bench, checkpoint, judge_all, loss, network, numbers, spec, trained

from mlabs_ext.errors import MLabsError
from mlabs_ext.service.orm_pool import PoolJob, PoolLease
from mlabs_ext.wire import community as wire

# Epochs of a slice, and of a job.
EVERY, EPOCHS = 5, 40
# What the referee does to judge a result, in slices: it looks once at the held-out rows and at those that
# were trained on, at most 256, and a look costs a third of training. Costs are those of 2,000 rows and 400
# held out, whatever the stand-in has; where there are fewer than 256, looks are up to a twelfth of a slice.
LOOK = (400 + 256) / 2000 / 3 / EVERY
Body = Callable[["Simulation", "Lender", wire.Lease], bytes]


def apart(lease: wire.Lease, body: bytes) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of a result, to be changed."""
    weights, kept = numbers(body, network(lease.spec))
    return weights.copy(), kept.copy()


def put(
    lease: wire.Lease, weights: np.ndarray, kept: np.ndarray, claim: float | str | None = "true"
) -> bytes:
    """A result of these numbers, with the loss that they have."""
    made = network(lease.spec)
    said = loss(lease.spec, made, weights.astype(np.float32)) if claim == "true" else claim
    return checkpoint(made, lease.to, weights, kept, said)


def honest(sim: Simulation, lender: Lender, lease: wire.Lease) -> bytes:
    return sim.bench.train(lease, rounding=sim.chance.choice([0.0, 1e-7, 1e-5]))


def garbage(sim: Simulation, lender: Lender, lease: wire.Lease) -> bytes:
    return sim.chance.randbytes(600)


def nan(sim: Simulation, lender: Lender, lease: wire.Lease) -> bytes:
    weights, kept = apart(lease, sim.bench.train(lease))
    weights[sim.chance.randrange(len(weights))] = np.nan
    return put(lease, weights, kept)


def wrong_shapes(sim: Simulation, lender: Lender, lease: wire.Lease) -> bytes:
    weights, kept = apart(lease, sim.bench.train(lease))
    return checkpoint(network(lease.spec), lease.to, weights[:-1], kept, 1.0)


def too_good(sim: Simulation, lender: Lender, lease: wire.Lease) -> bytes:
    weights, kept = apart(lease, sim.bench.train(lease))
    return put(lease, weights * 0.9, kept, 0.0)


def replay(sim: Simulation, lender: Lender, lease: wire.Lease) -> bytes:
    """What it brought before, with a new header."""
    _, kept = apart(lease, sim.bench.train(lease))
    return put(lease, lender.old if lender.old is not None else kept[: len(kept) // 2] * 0, kept)


def unchanged(sim: Simulation, lender: Lender, lease: wire.Lease) -> bytes:
    weights, kept = apart(lease, sim.bench.train(lease))
    if lease.start:
        weights, _ = numbers(sim.bench.blobs.get(lease.start), network(lease.spec))
    else:
        weights = weights * 0
    return put(lease, weights, kept)


def chance_weights(sim: Simulation, lender: Lender, lease: wire.Lease) -> bytes:
    """Numbers by chance, and their true loss: much worse than where it began."""
    weights, kept = apart(lease, sim.bench.train(lease))
    return put(
        lease, np.random.default_rng(sim.chance.randrange(1 << 30)).normal(size=len(weights)) * 4, kept
    )


def other_job(sim: Simulation, lender: Lender, lease: wire.Lease) -> bytes:
    """What training another seed comes to, honest in all but that."""
    weights, kept = apart(lease, sim.bench.train(lease))
    return put(lease, -weights, kept)


def late(sim: Simulation, lender: Lender, lease: wire.Lease) -> bytes:
    """The right result, long after it was due."""
    return sim.bench.train(lease)


# Of these the stated checks catch each before it counts.
CAUGHT: dict[str, Body] = {
    "garbage bytes": garbage,
    "NaN": nan,
    "wrong shapes": wrong_shapes,
    "too good a claim": too_good,
    "replay": replay,
    "unchanged start": unchanged,
    "chance weights": chance_weights,
    "another job's weights": other_job,
    "stale": late,
}


def lazy(sim: Simulation, lender: Lender, lease: wire.Lease) -> bytes:
    """Trains all epochs but one, and says so of none."""
    start = sim.bench.blobs.get(lease.start) if lease.start else None
    weights, _ = apart(lease, trained(lease.spec, start, lease.from_, lease.to - 1))
    _, kept = apart(lease, sim.bench.train(lease))
    return put(lease, weights, kept)


def subtle(sim: Simulation, lender: Lender, lease: wire.Lease) -> bytes:
    """The right result, a little off."""
    weights, kept = apart(lease, sim.bench.train(lease))
    return put(lease, weights + 0.05 * sim.normal(len(weights)), kept)


# These can be caught by a check only, which most slices of trusted workers do not get.
SOMETIMES: dict[str, Body] = {"lazy": lazy, "subtle": subtle}


@dataclass
class Lender:
    """A worker: what it brings once it has lied low for `patience` slices."""

    id: str
    kind: str
    body: Body
    speed: float
    patience: int
    done: int = 0
    old: np.ndarray | None = None

    @property
    def lies(self) -> bool:
        return self.kind != "honest" and self.done >= self.patience


@dataclass
class Simulation:
    """So many workers, of whom a share lies in all of these ways, until nothing is left to do."""

    bench: Bench
    workers: int
    jobs: int
    seed: int = 1
    liars: float = 0.2
    # The share of the honest that were confirmed before, as in a pool that has been going for a while.
    known: float = 0.0
    ways: dict[str, Body] = field(default_factory=lambda: CAUGHT)
    lied: dict[str, str] = field(default_factory=dict)
    turn: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.bench.pool.limits.chance = self.chance.random
        self.bench.pool.limits.max_jobs = self.jobs
        self.lenders = [self._lender(number) for number in range(self.workers)]

    def _lender(self, number: int) -> Lender:
        ways = list(self.ways)
        lies = number < self.liars * self.workers
        kind = ways[number % len(ways)] if lies else "honest"
        body = self.ways[kind] if lies else honest
        # Half of those who lie are honest until they are trusted.
        patience = self.chance.choice([0, 3]) if lies else 0
        known = not lies and self.chance.random() < self.known
        worker = self.bench.worker(f"person-{number}", trusted=known)
        return Lender(worker, kind, body, self.chance.uniform(0.5, 2), patience)

    def normal(self, size: int) -> np.ndarray:
        """Numbers by chance."""
        return np.random.default_rng(self.chance.randrange(1 << 30)).normal(size=size)

    def run(self) -> None:
        """Ask for all, and let everybody work until nothing is left to do."""
        for number in range(self.jobs // 8):
            jobs = [spec(seed=100 + number * 8 + one, epochs=EPOCHS) for one in range(8)]
            self.bench.ask(f"asker-{number % 5}", *jobs, every=EVERY)
        began, at = self.bench.time, 0.0
        idle = list(self.lenders)
        busy: list[tuple[float, int, Lender, wire.Lease]] = []
        while True:
            # All who have nothing to do ask now and then: here, whenever something has changed.
            idle = self._claims(idle, at, busy)
            if not busy and not self._waited(began, at):
                return
            if not busy:
                at += self.bench.pool.limits.check_patience
                continue
            at, _, lender, lease = heapq.heappop(busy)
            self.bench.time = began + timedelta(seconds=at)
            self._bring(lender, lease)
            idle.append(lender)

    def _claims(self, idle: list[Lender], at: float, busy: list) -> list[Lender]:
        """Give work to those who have none, in any order, until two get none; who is left without."""
        self.chance.shuffle(idle)
        left: list[Lender] = []
        while idle and len(left) < 2:
            lender = idle.pop()
            try:
                lease = self.bench.claim(lender.id)
            except MLabsError:
                # It was sent away.
                continue
            if lease is None:
                left.append(lender)
                continue
            took = 10 / lender.speed
            if lender.lies and lender.kind == "stale":
                took += self.bench.pool.limits.lease_seconds
            heapq.heappush(busy, (at + took, next(self.turn), lender, lease))
        return idle + left

    def _waited(self, began: datetime, at: float) -> bool:
        """Whether something is left to do once time passes, as a check that nobody makes."""
        self.bench.time = began + timedelta(seconds=at + self.bench.pool.limits.check_patience + 1)
        return judge_all(self.bench.pool, self.bench.referee) > 0

    def _bring(self, lender: Lender, lease: wire.Lease) -> None:
        """A slice is done."""
        lies = lender.lies
        if lies:
            self.lied[lease.lease] = lender.kind
        body = (lender.body if lies else honest)(self, lender, lease)
        if self.bench.time >= lease.expires:
            self.bench.pool.leases.expire(self.bench.time)
        try:
            self.bench.bring(lender.id, lease, body)
            lender.done += 1
            lender.old = apart(lease, body)[0]
        except MLabsError:
            """It is told why, and goes on if it may."""
        judge_all(self.bench.pool, self.bench.referee)

    def found(self) -> Found:
        """What came of it."""
        with self.bench.store.read() as session:
            leases = session.scalars(select(PoolLease)).all()
            jobs = session.scalars(select(PoolJob)).all()
        chain = [one for one in leases if one.status == "accepted" and one.checks is None]
        checks = [one for one in leases if one.checks is not None and one.digest is not None]
        passed = Counter(self.lied[one.id] for one in chain if one.id in self.lied)
        looked = self.bench.referee.judged * LOOK
        again = self.bench.referee.epochs / EVERY
        away = Counter(
            "liars" if lender.kind != "honest" else "honest"
            for lender in self.lenders
            if self.bench.row(lender.id).quarantined
        )
        return Found(
            statuses=Counter(job.status for job in jobs),
            accepted=len(chain),
            rechecked=len(checks),
            judged=looked,
            again=again,
            passed=passed,
            lied=Counter(self.lied.values()),
            away=away,
        )


@dataclass
class Found:
    """What came of a simulation; costs are in slices."""

    statuses: Counter
    accepted: int
    rechecked: int
    judged: float
    again: float
    passed: Counter
    lied: Counter
    away: Counter

    @property
    def cost(self) -> float:
        """What checking cost, as a share of what was accepted."""
        return (self.rechecked + self.judged + self.again) / max(1, self.accepted)

    def __str__(self) -> str:
        return (
            f"{dict(self.statuses)}: {self.accepted} slices accepted; checking cost {self.cost:.1%} of them "
            f"({self.rechecked} done again by others, {self.again:.0f} by the referee, and its looks "
            f"{self.judged:.0f}). Lies told {sum(self.lied.values())} {dict(self.lied)}, accepted in the end "
            f"{sum(self.passed.values())} {dict(self.passed)}; sent away: {dict(self.away)}"
        )
