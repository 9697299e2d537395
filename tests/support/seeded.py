"""Numbers that are the same everywhere, so that recorded models need not keep their weights."""

from __future__ import annotations

import numpy as np

# What each weight's number begins at, apart from those of the inputs.
INPUTS = 10_000
BATCH = 2


def weight(seed: int, shape: tuple[int, ...], positive: bool) -> np.ndarray:
    """The values of the weight of this number; a variance is to be positive."""
    low, high = (0.5, 1.5) if positive else (-0.6, 0.6)
    return np.random.RandomState(seed).uniform(low, high, shape).astype(np.float32)


def given(number: int, shape: tuple[int | None, ...], whole: bool) -> np.ndarray:
    """What a model's input of this number gets; any size is 7, but for how many there are."""
    sizes = (shape[0] or BATCH, *(7 if size is None else size for size in shape[1:]))
    random = np.random.RandomState(INPUTS + number)
    if whole:
        # Masked values last, as GPUs want them.
        values = random.randint(1, 9, sizes).astype(np.int32)
        values[..., -2:] = 0
        return values
    values = random.uniform(-1, 1, sizes).astype(np.float32)
    if len(shape) == 3:
        # The last step is one that a Masking leaves out.
        values[0, -1] = 0
    return values
