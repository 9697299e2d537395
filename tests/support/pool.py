"""What stands in for TensorFlow.js in tests of the community pool: a training that takes no time, and the referee.

`trained` pulls the weights towards numbers that the seed says, the same way wherever it is done. Everything
else in those tests is real: the rules, their database, what travels.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import ceil, prod
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from mlabs_ext.errors import Unusable
from mlabs_ext.service import pool_blocks
from mlabs_ext.service.community_pool import CommunityPool
from mlabs_ext.service.pool_blocks import Checkpoint, Claim, Point, Rows
from mlabs_ext.service.pool_loop import PoolLoop
from mlabs_ext.service.pool_network import Network, network
from mlabs_ext.service.pool_verdicts import Judged, Question
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


def spec(**changes: Any) -> dict[str, Any]:
    """A job's spec; `epochs` and `optimiser` are options."""
    options = {
        name: changes.pop(name) for name in ("epochs", "optimiser", "rate", "batch") if name in changes
    }
    return {**SPEC, **changes, "options": {**SPEC["options"], **options}}


def rows(count: int = 40, seed: int = 0, x: tuple[int, ...] = (3,), y: int = 2) -> bytes:
    """A block of rows."""
    chance = np.random.default_rng(seed)
    said = Rows("mlabs-rows/1", count, list(x), y)
    values = [chance.normal(size=count * prod(x)), chance.integers(0, 2, count * y)]
    return pool_blocks.packed(said, [one.astype(np.float32) for one in values])


def checkpoint(
    made: Network, epoch: int, weights: np.ndarray, kept: np.ndarray, loss: float | None, **changes: Any
) -> bytes:
    """A checkpoint of these numbers; `changes` are of its header."""
    said = Checkpoint(
        "mlabs-checkpoint/1",
        epoch,
        [list(one) for one in made.weights],
        [list(one) for one in made.optimizer],
        Claim(loss),
        [Point(epoch, loss, 0.5)],
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

    async def judge(self, asked: Question) -> Judged:
        if self.refuses(asked):
            raise Unusable("It cannot.", "referee_failed")
        self.judged += 1
        weights, _ = numbers(self.blobs.get(asked.blob or ""), asked.network)
        found = [loss(asked.spec, asked.network, weights, held_out) for held_out in (True, False)]
        return Judged(found[0], 0.5, found[1])

    async def slice(self, asked: Question, out: Path) -> None:
        if self.refuses(asked):
            raise Unusable("It cannot.", "referee_failed")
        self.epochs += asked.to - asked.before
        start = self.blobs.get(asked.start) if asked.start else None
        out.write_bytes(trained(asked.spec, start, asked.before, asked.to))

    async def close(self) -> None:
        pass


def judge_all(pool: CommunityPool, referee: StandInReferee) -> int:
    """Have all judged that waits for it; how many questions that were."""

    async def answers() -> int:
        count = 0
        with ThreadPoolExecutor(1) as executor:
            loop = PoolLoop(pool.verdicts, pool.leases, referee, executor)
            while asked := pool.verdicts.next():
                await loop.answer(asked)
                count += 1
        return count

    return asyncio.run(answers())


def decoded(said: dict[str, Any]) -> wire.JobSpec:
    """The spec of a lease as it came."""
    return msgspec.convert(said, wire.JobSpec)
