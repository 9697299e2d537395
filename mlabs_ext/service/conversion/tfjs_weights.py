"""Gives layers the weights that TensorFlow.js saved, by the names that it has for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlabs_ext.service.conversion.arrays import Array
from mlabs_ext.service.conversion.expected import names_of
from mlabs_ext.service.conversion.graph import Layer, Model, model_below
from mlabs_ext.service.conversion.refusing import refused

RUNS = ("forward_", "backward_")


def give(model: Model, arrays: Mapping[str, Array]) -> None:
    """Give each layer its weights; refuses if any are missing or left."""
    left = {tuple(name.split("/")): array for name, array in arrays.items()}
    for layer in _leaves(model):
        mine = [path for path in left if layer.name in path[:-1]]
        for wanted in names_of(layer):
            fitting = [path for path in mine if _fits(path, wanted)]
            if len(fitting) != 1:
                raise refused(
                    f"model.json has no weights {wanted!r} for the layer {layer.name!r} "
                    f"({layer.kind}), or more than "
                    "one of them. Save the model again.",
                    layer.name,
                )
            layer.weights.append(left.pop(fitting[0]))
    if left:
        raise refused(f"model.json has weights that belong to no layer: {'/'.join(next(iter(left)))!r:.100}.")


def _fits(path: tuple[str, ...], wanted: str) -> bool:
    run = next((run for run in RUNS if wanted.startswith(run)), "")
    return path[-1] == wanted.removeprefix(run) and (not run or any(part.startswith(run) for part in path))


def _leaves(model: Model) -> Iterator[Layer]:
    for layer in model.layers:
        if inner := model_below(layer):
            yield from _leaves(inner)
        else:
            yield layer
