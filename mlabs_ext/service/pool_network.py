"""What a network of the pool is made of: the shapes of its weights, and how much work an epoch is.

The same as the trainer makes with TensorFlow.js; a checkpoint of any other shapes is none of this network.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from mlabs_ext.errors import Unusable
from mlabs_ext.wire import community as wire

Shape = tuple[int, ...]
GATES = {"gru": 3, "lstm": 4, "simple": 1}
# Variables of an optimiser for each weight of the network, after the number of its steps.
KEPT = {"sgd": 0, "momentum": 1, "rmsprop": 2, "adam": 2}
# Learning costs about three times what one look at a row does.
LEARNING = 3


class Network(NamedTuple):
    """The shapes of all weights in order, those of the optimiser, and multiply-adds to look at one row."""

    weights: list[Shape]
    optimizer: list[Shape]
    work: int

    @property
    def parameters(self) -> int:
        """How many numbers are learned."""
        return sum(map(prod, self.weights))

    @property
    def size(self) -> int:
        """Bytes of the numbers in a checkpoint."""
        return 4 * sum(map(prod, (*self.weights, *self.optimizer)))

    def epoch(self, rows: int) -> float:
        """Million multiply-adds of an epoch."""
        return max(LEARNING * rows * self.work / 1e6, 1e-6)


class Stage(NamedTuple):
    """What a layer gives on, and what it learns."""

    shape: Shape
    weights: Sequence[Shape] = ()
    work: int = 0


def network(spec: wire.JobSpec) -> Network:
    """The network of a spec; Unusable `network_unfit` where its layers do not fit together."""
    shape: Shape = tuple(spec.shape)
    weights: list[Shape] = []
    work = 0
    if spec.words and not (spec.layers and isinstance(spec.layers[0], wire.Embedding)):
        raise unfit("the first layer of texts has to be an embedding")
    for index, layer in enumerate(spec.layers):
        following = spec.layers[index + 1] if index + 1 < len(spec.layers) else None
        made = _stage(spec, index, layer, shape, following)
        shape, weights, work = made.shape, [*weights, *made.weights], work + made.work
    made = _dense(spec.output.units, shape)
    weights, work = [*weights, *made.weights], work + made.work
    kept: list[Shape] = [(), *weights * KEPT[spec.options.optimiser]]
    return Network(weights, kept, work)


def unfit(why: str, index: int | None = None) -> Unusable:
    """There is no such network."""
    where = "" if index is None else f"layer {index + 1}: "
    return Unusable(f"This network does not fit together: {where}{why}.", "network_unfit")


def _stage(
    spec: wire.JobSpec, index: int, layer: wire.Layer, shape: Shape, following: wire.Layer | None
) -> Stage:
    if isinstance(layer, wire.Dense):
        return _dense(layer.units, shape)
    if isinstance(layer, wire.Convolution):
        return _convolution(layer, shape, index)
    if isinstance(layer, wire.Embedding):
        return _embedding(spec, layer, shape, index)
    if len(shape) != 2:
        raise unfit("it needs a series or a text", index)
    if isinstance(layer, wire.Pooling):
        return Stage((shape[1],))
    return _recurrent(layer, shape, isinstance(following, wire.Recurrent))


def _dense(units: int, shape: Shape) -> Stage:
    size = prod(shape)
    return Stage((units,), [(size, units), (units,)], size * units)


def _convolution(layer: wire.Convolution, shape: Shape, index: int) -> Stage:
    *sides, channels = shape
    least = max(layer.size, 2 if layer.pool else 1)
    if not sides or any(side < least for side in sides):
        raise unfit("its window is larger than what reaches it", index)
    kernel = (*[layer.size] * len(sides), channels, layer.filters)
    given = [side // 2 for side in sides] if layer.pool else sides
    return Stage((*given, layer.filters), [kernel, (layer.filters,)], prod(sides) * prod(kernel))


def _embedding(spec: wire.JobSpec, layer: wire.Embedding, shape: Shape, index: int) -> Stage:
    if index or not spec.words or len(shape) != 1:
        raise unfit("an embedding can only be the first layer, and only of texts", index)
    return Stage((*shape, layer.units), [(spec.words, layer.units)], prod(shape) * layer.units)


def _recurrent(layer: wire.Recurrent, shape: Shape, sequences: bool) -> Stage:
    steps, width = shape
    wide = GATES[layer.cell] * layer.units
    weights: list[Shape] = [(width, wide), (layer.units, wide), (wide,)]
    return Stage(
        (steps, layer.units) if sequences else (layer.units,), weights, steps * wide * (width + layer.units)
    )
