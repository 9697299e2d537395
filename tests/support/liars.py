"""What lying workers bring, and the accepted slices that are left of a job."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from mlabs_ext.wire import community as wire
from support.pool import Bench, checkpoint, loss, network, numbers


def first_slice(bench: Bench, *specs: dict[str, Any]) -> SimpleNamespace:
    """A job of ada's with one slice that is accepted and confirmed, and an honest and a lying worker."""
    asked = bench.ask("ada", *specs)
    honest, liar = (bench.worker(name, trusted=True) for name in ("honest", "liar"))
    lease = bench.lend(honest)
    assert lease is not None
    return SimpleNamespace(asked=asked, honest=honest, liar=liar, lease=lease)


def chain(bench: Bench, asked: wire.Search) -> list[tuple[int, int, str | None]]:
    """The accepted slices of a search's first job."""
    job = bench.search(asked).jobs[0]
    slices = [one for one in job.slices if one.status == "accepted" and not one.check]
    return [(one.from_, one.to, one.worker) for one in slices]


def parts(bench: Bench, lease: wire.Lease) -> SimpleNamespace:
    """An honest result, taken apart."""
    made = network(lease.spec)
    weights, kept = numbers(bench.train(lease), made)
    return SimpleNamespace(made=made, weights=weights.copy(), kept=kept.copy(), spec=lease.spec, lease=lease)


def built(
    of: SimpleNamespace,
    weights: np.ndarray | None = None,
    kept: np.ndarray | None = None,
    claim: Any = ...,
    epoch: int | None = None,
    **changes: Any,
) -> bytes:
    """A result of other numbers, with the true loss of its weights unless another is claimed."""
    weights = of.weights if weights is None else weights
    claim = loss(of.spec, of.made, np.asarray(weights, np.float32)) if claim is ... else claim
    kept = of.kept if kept is None else kept
    return checkpoint(of.made, epoch or of.lease.to, weights, kept, claim, **changes)
