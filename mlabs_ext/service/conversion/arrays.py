"""The numbers of a model: known by their shape, and read one after the other, so that memory holds few."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

# What TensorFlow.js knows for weights; what is wider is cast.
STORED = {"f": "float32", "i": "int32", "u": "int32", "b": "bool"}
BYTES = {"float32": 4, "int32": 4, "bool": 1}


@dataclass(frozen=True)
class Array:
    """`read` gives the numbers in the shape and of the kind ("f", "i", "u" or "b") that are said here."""

    shape: tuple[int, ...]
    kind: str
    read: Callable[[], np.ndarray]

    @property
    def size(self) -> int:
        """How many numbers."""
        return prod(self.shape)

    @property
    def dtype(self) -> str:
        """What TensorFlow.js calls their type."""
        return STORED[self.kind]

    def stored(self) -> np.ndarray:
        """The numbers as they are stored: little-endian, in TensorFlow.js' type."""
        return np.ascontiguousarray(self.read(), dtype=np.dtype(self.dtype).newbyteorder("<"))


def known(values: np.ndarray) -> Array:
    """Numbers that are in memory already."""
    return Array(values.shape, values.dtype.kind, lambda: values)


def made(array: Array, shape: tuple[int, ...], how: Callable[[np.ndarray], np.ndarray]) -> Array:
    """Numbers that are made of others when they are read."""
    return Array(shape, array.kind, lambda: how(array.read()))
