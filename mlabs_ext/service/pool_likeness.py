"""How like two results of the same slice are: rounding tells backends apart, and a lie is farther away."""

from __future__ import annotations

from contextlib import ExitStack

import numpy as np

from mlabs_ext.service import pool_blocks
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.pool_blocks import Floats
from mlabs_ext.service.pool_network import Network
from mlabs_ext.wire.community import JobSpec

# Optimisers that divide by what they have seen make more of small differences.
DIVIDING = ("adam", "rmsprop")
TINY = 1e-6
# Backends that the referee has itself, on which the same slice comes to the same numbers everywhere.
OWN = ("cpu", "wasm")
# How much farther apart results of other backends may be: graphics cards round as they like.
FOREIGN = 5


def apart(blobs: Blobs, network: Network, one: str, other: str, start: str | None) -> float:
    """The distance of two checkpoints, in units of how far training moved the weights; of what optimisers
    keep in units of itself, which counts half.
    """
    if one == other:
        return 0.0
    with ExitStack() as stack:
        files = [stack.enter_context(blobs.open(digest)) for digest in (one, other)]
        (weights, kept), (others, others_kept) = (pool_blocks.numbers(file, network) for file in files)
        moved = _norm(others)
        if start is not None:
            moved = _norm(others - pool_blocks.numbers(stack.enter_context(blobs.open(start)), network)[0])
    learned = _norm(weights - others) / max(moved, TINY * _norm(others), TINY)
    return max(learned, _norm(kept - others_kept) / max(_norm(others_kept), TINY) / 2)


def tolerance(spec: JobSpec, base: float) -> float:
    """How far apart two honest results may be."""
    return base * (2 if spec.options.optimiser in DIVIDING else 1)


def claims(claimed: float | None, found: float | None, tolerance: float) -> bool:
    """Whether a worker's word about its loss is true; both may be that it is no number."""
    if claimed is None or found is None:
        return claimed is found
    return abs(claimed - found) <= tolerance * (1 + abs(found))


def worse(before: float | None, after: float | None) -> bool:
    """Whether a slice has made a job much worse."""
    if after is None:
        return True
    return before is not None and after > 1.5 * before + 0.1


def _norm(numbers: Floats) -> float:
    return float(np.linalg.norm(numbers.astype(np.float64)))
