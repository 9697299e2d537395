"""What stands in for TensorFlow.js in tests of the pool: a training that takes no time, and the referee.

`trained` pulls the weights towards numbers that the seed says, the same way wherever it is done. Everything
else in those tests is real: the rules, their database, what travels.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from math import ceil, prod
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from mlabs_ext.errors import Unusable
from mlabs_ext.service import pool_blocks
from mlabs_ext.service.community_pool import CommunityPool
from mlabs_ext.service.orm_pool import PoolWorker
from mlabs_ext.service.pool_blocks import Checkpoint, Claim, Point, Rows
from mlabs_ext.service.pool_loop import PoolLoop
from mlabs_ext.service.pool_network import Network, network
from mlabs_ext.service.pool_verdicts import Judged, Question
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.wire import community as wire

SPEC = {
    "seed": 1,
    "shape": [3],
    "words": 0,
    "layers": [{"kind": "dense", "units": 4, "activation": "relu"}],
    "output": {"units": 2, "activation": "softmax"},
    "options": {"optimiser": "adam", "rate": 0.01, "batch": 16, "epochs": 12},
    "weights": None,
    "rows": 40,
}


OPTIONS = ("epochs", "optimiser", "rate", "batch", "weighed")


def spec(**changes: Any) -> dict[str, Any]:
    """A job's spec; `epochs` and `optimiser` are options."""
    options = {name: changes.pop(name) for name in OPTIONS if name in changes}
    return {**SPEC, **changes, "options": {**SPEC["options"], **options}}


def rows(count: int = 40, seed: int = 0, x: tuple[int, ...] = (3,), y: int = 2) -> bytes:
    """A block of rows."""
    chance = np.random.default_rng(seed)
    said = Rows("mlabs-rows/1", count, list(x), y)
    values = [chance.normal(size=count * prod(x)), chance.integers(0, 2, count * y)]
    return pool_blocks.packed(said, [one.astype(np.float32) for one in values])


def checkpoint(
    made: Network, at: int, weights: np.ndarray, kept: np.ndarray, loss: float | None, **changes: Any
) -> bytes:
    """A checkpoint of these numbers; `changes` are of its header."""
    said = Checkpoint(
        "mlabs-checkpoint/1",
        at,
        [list(one) for one in made.weights],
        [list(one) for one in made.optimizer],
        Claim(loss),
        [Point(at, loss, 0.5)],
    )
    for name, value in changes.items():
        setattr(said, name, value)
    return pool_blocks.packed(said, [np.asarray(one, np.float32) for one in (weights, kept)])


def numbers(data: bytes, made: Network) -> tuple[np.ndarray, np.ndarray]:
    """Weights and all that the optimiser keeps, its steps first."""
    file = io.BytesIO(data)
    pool_blocks.header(file, Checkpoint)
    every = np.frombuffer(file.read(made.size), np.float32)
    return every[: made.parameters], every[made.parameters :]


def goal(asked: wire.JobSpec, made: Network) -> np.ndarray:
    """What a job's weights are pulled to; a seed of 13 leads nowhere."""
    return np.random.default_rng(asked.seed).normal(size=made.parameters)


def loss(asked: wire.JobSpec, made: Network, weights: np.ndarray, held_out: bool = False) -> float | None:
    """How far weights are from their goal; a little farther of rows that were not learned from."""
    found = float(np.mean((weights - goal(asked, made)) ** 2)) * (1.1 if held_out else 1) + 0.01 * held_out
    return found if np.isfinite(found) else None


def trained(
    asked: wire.JobSpec, start: bytes | None, before: int, to: int, rounding: float = 0.0, **changes: Any
) -> bytes:
    """A slice; `rounding` is that of the backend, `changes` are of the checkpoint's header."""
    made = network(asked)
    if start is None:
        weights = np.random.default_rng(asked.seed + 1_000_003).normal(size=made.parameters)
        kept = np.zeros(made.size // 4 - made.parameters)
    else:
        weights, kept = (one.astype(float) for one in numbers(start, made))
    for epoch in range(before, to):
        wobble = np.random.default_rng([asked.seed, epoch]).normal(size=made.parameters)
        weights = weights + 0.1 * (goal(asked, made) - weights) + 0.002 * wobble
        kept = kept * 0.9 + 0.01
    weights = weights * (1 + rounding)
    if asked.seed == 13:
        weights = weights * np.nan
    kept[:1] = to * ceil(asked.rows / asked.options.batch)
    claim = loss(asked, made, weights.astype(np.float32))
    return checkpoint(made, to, weights, kept, changes.pop("claim", claim), **changes)


class StandInReferee:
    """The referee over that training; `refuses` says what it cannot judge."""

    def __init__(self, pool: CommunityPool):
        self.blobs = pool.rows.blobs
        self.judged = self.epochs = 0
        self.refuses: Callable[[Question], bool] = lambda asked: False
        # By backend, how much larger it makes all weights.
        self.roundings: dict[str, float] = {}
        # How much larger the weights become that begin a little otherwise, each time.
        self.chaos: Sequence[float] = (0.0, 0.0)

    async def judge(self, asked: Question) -> Judged:
        if self.refuses(asked):
            raise Unusable("It cannot.", "referee_failed")
        self.judged += 1
        weights, _ = numbers(self.blobs.get(asked.blob or ""), asked.network)
        found = [loss(asked.spec, asked.network, weights, held_out) for held_out in (True, False)]
        return Judged(found[0], 0.5, found[1])

    async def slice(self, asked: Question, out: Path, backend: str = "", shaken: int = 0) -> None:
        if self.refuses(asked):
            raise Unusable("It cannot.", "referee_failed")
        self.epochs += asked.to - asked.before
        start = self.blobs.get(asked.start) if asked.start else None
        rounding = self.roundings.get(backend, 0.0) + (self.chaos[shaken - 1] if shaken else 0.0)
        out.write_bytes(trained(asked.spec, start, asked.before, asked.to, rounding))

    async def close(self) -> None:
        pass


def judge_all(pool: CommunityPool, referee: StandInReferee) -> int:
    """Have all judged that waits for it, at once; how many questions that were."""
    loop, count = PoolLoop(pool.verdicts, pool.leases, referee, AtOnce()), 0
    loop._run = at_once
    while asked := pool.verdicts.next():
        # Nothing in there waits for anything, and so it needs no loop of events.
        with suppress(StopIteration):
            loop.answer(asked).send(None)
        count += 1
    return count


async def at_once(rule: Callable[..., Any], *args: Any) -> Any:
    """What a thread would do, done here."""
    return rule(*args)


class AtOnce(Executor):
    """No threads."""


def decoded(said: dict[str, Any]) -> wire.JobSpec:
    """The spec of a lease as it came."""
    return msgspec.convert(said, wire.JobSpec)


class Bench:
    """The rules over a store, with a clock that tests turn; workers lend by `lend`."""

    def __init__(self, shared: dict[str, Any], **limits: Any):
        self.pool = CommunityPool(None, shared, b"a secret", AtOnce())
        for name, value in limits.items():
            setattr(self.pool.limits, name, value)
        self.pool.limits.chance = lambda: 0.99
        self.referee = StandInReferee(self.pool)
        self.time = datetime.now(UTC)
        rules = ("rows", "searches", "workers", "leases", "results", "verdicts", "numbers")
        for name in rules:
            getattr(self.pool, name).now = lambda: self.time
        self.store, self.blobs = shared["store"], shared["blobs"]
        # Blocks of rows are the same for all: they are sent once for each person.
        self._rows: dict[str, wire.SearchData] = {}

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)

    def send(self, owner: str, block: bytes) -> str:
        """Rows of somebody's."""
        with self.blobs.writer() as writer:
            writer.write(block)
            return self.pool.rows.keep(person(owner), writer).digest

    def data(self, owner: str) -> wire.SearchData:
        if owner not in self._rows:
            sent = self.send(owner, rows(40, 1)), self.send(owner, rows(10, 2))
            self._rows[owner] = wire.SearchData(*sent)
        return self._rows[owner]

    def ask(self, owner: str, *specs: dict[str, Any], every: int | None = 3, **fields: Any) -> wire.Search:
        """A search of somebody's."""
        jobs = [decoded(one) for one in specs or (spec(),)]
        asked = wire.SearchCreate(self.data(owner), jobs, consent=True, every=every, **fields)
        return self.pool.searches.create(person(owner), asked)

    def search(self, asked: wire.Search) -> wire.Search:
        """How it stands."""
        return self.pool.searches.get(person(asked.owner), asked.id)

    def worker(self, owner: str | None = None, backend: str = "cpu", trusted: bool = False) -> str:
        """Somebody who lends; those who are `trusted` have been confirmed before."""
        self.pool.limits.signed_out = True
        viewer = person(owner) if owner else Viewer.anonymous()
        made = self.pool.workers.register(viewer, wire.WorkerCreate("machine", backend, 1000.0))
        if trusted:
            with self.store.write() as session:
                session.get_one(PoolWorker, made.worker).confirmed = 2
        return made.worker

    def row(self, worker: str) -> PoolWorker:
        """What is known of a worker."""
        with self.store.read() as session:
            return session.get_one(PoolWorker, worker)

    def claim(self, worker: str) -> wire.Lease | None:
        return self.pool.leases.claim(worker)

    def train(self, lease: wire.Lease, **changes: Any) -> bytes:
        """What an honest worker comes to."""
        start = self.blobs.get(lease.start) if lease.start else None
        return trained(lease.spec, start, lease.from_, lease.to, **changes)

    def bring(self, worker: str, lease: wire.Lease, body: bytes) -> wire.ResultReceived:
        with self.blobs.writer() as writer:
            writer.write(body)
            return self.pool.results.take(worker, lease.job, lease.lease, writer)

    def lend(self, worker: str, judge: bool = True, **changes: Any) -> wire.Lease | None:
        """Do the next slice of a worker's, in a second."""
        lease = self.claim(worker)
        self.later(1)
        if lease is not None:
            self.bring(worker, lease, self.train(lease, **changes))
            if judge:
                self.judge()
        return lease

    def judge(self) -> int:
        return judge_all(self.pool, self.referee)


def person(name: str) -> Viewer:
    """Somebody who may do what people do."""
    return Viewer(name=name, can_read=True, can_write=True)
