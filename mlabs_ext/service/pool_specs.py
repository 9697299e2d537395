"""What may be asked of the pool: whether a job's network, options and rows fit together, in bounds."""

from __future__ import annotations

from math import ceil, prod

from mlabs_ext.errors import Unusable
from mlabs_ext.service.community import Community
from mlabs_ext.service.orm_pool import PoolData
from mlabs_ext.service.pool_network import Network, network
from mlabs_ext.wire import community as wire

# Steps are kept as a 32-bit floating point number, which counts exactly up to here.
MAX_STEPS = 1 << 24
MAX_WORDS = 5_000_000


def steps(spec: wire.JobSpec, epochs: int) -> int:
    """How often the weights have been changed after so many epochs."""
    return epochs * ceil(spec.rows / spec.options.batch)


def checked(spec: wire.JobSpec, train: PoolData, held_out: PoolData, limits: Community) -> Network:
    """The network of a job over these rows; Unusable where it cannot be."""
    if spec.words > MAX_WORDS or prod(spec.shape) > MAX_WORDS:
        raise _wrong("The examples are too large.")
    for name, data in (("train", train), ("held_out", held_out)):
        _fits(spec, name, data)
    if spec.rows != train.count:
        raise _wrong(f"`rows` is {spec.rows}, but there are {train.count} rows to train on.")
    if spec.options.epochs > limits.max_epochs:
        raise _wrong(f"A job may have {limits.max_epochs} epochs here.")
    if steps(spec, spec.options.epochs) > MAX_STEPS:
        raise _wrong(f"A job may take {MAX_STEPS:,} steps: take larger batches, or fewer epochs.")
    _weighed(spec)
    made = network(spec)
    if made.parameters > limits.max_parameters:
        raise _wrong(
            f"This network has {made.parameters:,} parameters; {limits.max_parameters:,} are allowed here."
        )
    return made


def _fits(spec: wire.JobSpec, name: str, data: PoolData) -> None:
    if data.x != spec.shape or data.y != spec.output.units:
        raise _wrong(
            f"The rows of `{name}` have examples of the shape {data.x} and answers of {data.y} numbers; the "
            f"job has {spec.shape} and {spec.output.units}."
        )
    if spec.words and not 0 <= data.low <= data.high < spec.words:
        raise _wrong(f"The words of `{name}` are not numbers from 0 to {spec.words - 1}.")


def _weighed(spec: wire.JobSpec) -> None:
    if spec.options.weighed and (spec.weights is None or len(spec.weights) != spec.output.units):
        raise _wrong("Weighed training needs `weights`, one for each class.")


def _wrong(message: str) -> Unusable:
    return Unusable(message, "job_unfit")


def every(work: float, epochs: int, asked: int | None, limits: Community) -> int:
    """How many epochs a slice has, of `work` million multiply-adds each."""
    return asked or max(1, min(int(limits.slice_work / work), ceil(epochs / 4)))
