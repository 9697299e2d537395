"""How numbers travel in the pool: a header in JSON, and after it 32-bit floating point numbers.

Four bytes say how long the header is, the lowest first; spaces at its end make what follows begin at a
multiple of four.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from math import isfinite, prod
from typing import Annotated, BinaryIO, Literal, TypeVar

import msgspec
import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlabs_ext.errors import Unusable
from mlabs_ext.service.pool_network import Network
from mlabs_ext.wire.community import Length

T = TypeVar("T", bound="Header")
Floats = NDArray[np.float32]
LITTLE = np.dtype("<f4")
# Bytes of a header, and numbers that are looked at at once.
HEADER, CHUNK = 1 << 20, 1 << 18
Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Dimensions = Annotated[list[Annotated[int, Meta(ge=0)]], Meta(max_length=8)]


class Header(Struct):
    """What a file of numbers begins with."""


class Rows(Header):
    """Rows to learn from: `x` is the shape of one example, `y` how many numbers the answer has."""

    format: Literal["mlabs-rows/1"]
    count: Count
    x: Annotated[list[Length], Meta(min_length=1, max_length=3)]
    y: Count

    @property
    def numbers(self) -> int:
        """How many follow."""
        return self.count * (prod(self.x) + self.y)


class Point(Struct):
    """What an epoch came to, of the rows that were learned from; `loss` is null where it is no number."""

    epoch: int
    loss: float | None = None
    score: float | None = None


class Claim(Struct):
    """What the worker says of its checkpoint; null where it is no number."""

    loss: float | None = None


class Checkpoint(Header):
    """All that a training needs to go on after an epoch: the shapes of the weights and the optimiser's."""

    format: Literal["mlabs-checkpoint/1"]
    epoch: int
    weights: Annotated[list[Dimensions], Meta(max_length=1000)]
    optimizer: Annotated[list[Dimensions], Meta(max_length=3000)]
    claim: Claim
    curve: Annotated[list[Point], Meta(max_length=10_000)] = []


class Broken(Unusable):
    """Bytes that are not what they should be."""

    code = "block_broken"


def header(file: BinaryIO, shape: type[T]) -> T:
    """The header; the file is then at its first number."""
    start = file.read(4)
    length = int.from_bytes(start, "little")
    if len(start) < 4 or not 2 <= length <= HEADER or length % 4:
        raise Broken("This does not begin with the length of a header.")
    try:
        return msgspec.json.decode(file.read(length), type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Broken(f"The header cannot be read: {error}.") from error


def packed(said: Header, numbers: Sequence[Floats]) -> bytes:
    """A file of numbers."""
    text = msgspec.json.encode(said)
    text += b" " * (-len(text) % 4)
    return b"".join(
        [len(text).to_bytes(4, "little"), text, *(one.astype(LITTLE).tobytes() for one in numbers)]
    )


class Known(Struct, frozen=True):
    """What is kept of rows that were sent; `low` and `high` are the least and the largest number of `x`."""

    count: int
    x: list[int]
    y: int
    low: float
    high: float


def rows(file: BinaryIO, size: int) -> Known:
    """Look through the rows in a file of `size` bytes; Broken where they are none."""
    said = header(file, Rows)
    _exact(size - file.tell(), 4 * said.numbers)
    inputs, low, high = said.count * prod(said.x), np.inf, -np.inf
    for part in _parts(file, inputs):
        low, high = min(low, float(part.min())), max(high, float(part.max()))
        _finite(part)
    for part in _parts(file, said.numbers - inputs):
        _finite(part)
    return Known(said.count, said.x, said.y, low, high)


class State(Struct, frozen=True):
    """What is known of a checkpoint: `finite` says whether all its numbers are some, `steps` is how many the
    optimiser has taken, `print` tells its weights from all others.
    """

    said: Checkpoint
    finite: bool
    steps: float
    print: str


def checkpoint(file: BinaryIO, size: int, network: Network, before: int, to: int) -> State:
    """Look through a checkpoint of a network after the epoch `to`; Broken where it is none.

    A training that diverged ends with the epoch in which it did, and some of its numbers are none.
    """
    said = header(file, Checkpoint)
    shapes = [list(shape) for shape in network.weights], [list(shape) for shape in network.optimizer]
    if (said.weights, said.optimizer) != shapes:
        raise Broken("The shapes are not those of this network.", "checkpoint_unfit")
    _exact(size - file.tell(), network.size)
    digest, finite = hashlib.sha256(), True
    for part in _parts(file, network.parameters):
        digest.update(part.data)
        finite = finite and bool(np.isfinite(part).all())
    steps = float(np.frombuffer(file.read(4), LITTLE)[0])
    for part in _parts(file, network.size // 4 - network.parameters - 1):
        finite = finite and bool(np.isfinite(part).all())
    finite = finite and isfinite(steps)
    if not (said.epoch == to or (not finite and before < said.epoch < to)):
        raise Broken(f"This is the state after epoch {said.epoch}, not {to}.", "checkpoint_unfit")
    return State(said, finite, steps, digest.hexdigest())


def numbers(file: BinaryIO, network: Network) -> tuple[Floats, Floats]:
    """The weights, and what the optimiser keeps besides its steps."""
    header(file, Checkpoint)
    every = np.frombuffer(file.read(network.size), LITTLE)
    return every[: network.parameters], every[network.parameters + 1 :]


def _exact(found: int, needed: int) -> None:
    if found != needed:
        raise Broken(f"{needed} bytes of numbers have to follow the header; there are {found}.")


def _parts(file: BinaryIO, count: int) -> Iterator[Floats]:
    for start in range(0, count, CHUNK):
        yield np.frombuffer(file.read(4 * min(CHUNK, count - start)), LITTLE)


def _finite(part: Floats) -> None:
    if not np.isfinite(part).all():
        raise Broken("Some of the numbers are none: there is a NaN or an infinity.", "block_not_finite")
