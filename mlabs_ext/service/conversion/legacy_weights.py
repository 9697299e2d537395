"""Finds the weights in a whole model's `.h5`: a group for each layer, with the names in it in order."""

from __future__ import annotations

from collections.abc import Iterator

import h5py

from mlabs_ext.service.conversion.arrays import Array
from mlabs_ext.service.conversion.expected import STATISTICS, names_of
from mlabs_ext.service.conversion.graph import Layer, Model, model_below
from mlabs_ext.service.conversion.hdf5 import Hdf5
from mlabs_ext.service.conversion.refusing import refused

Named = list[tuple[list[str], Array]]


def give(model: Model, file: Hdf5, group: h5py.Group) -> None:
    """Give each layer its weights."""
    for layer in model.layers:
        names_of(layer)
        _give(layer, _read(file, group, layer) if file.has(group, layer.name) else [])


def _read(file: Hdf5, group: h5py.Group, layer: Layer) -> Named:
    own = file.group(group, layer.name)
    # Layers that drop values by chance keep what chance depends on.
    names = (name for name in file.texts(own, "weight_names") if "seed_generator" not in name)
    return [(name.split(":")[0].split("/"), file.array(own, name)) for name in names]


def _give(layer: Layer, found: Named) -> None:
    model = model_below(layer)
    if model is None:
        layer.weights = _counted(layer, [array for _, array in found])
    elif not _by_name(model, found):
        _by_order(layer, model, found)


def _counted(layer: Layer, arrays: list[Array]) -> list[Array]:
    wanted = names_of(layer)
    if len(arrays) != len(wanted):
        raise refused(
            f"{layer.name!r} ({layer.kind}) should have {len(wanted)} arrays of weights, and the file has "
            f"{len(arrays)}. Save the whole model again, with `model.save`.",
            layer.name,
        )
    return arrays


def _by_name(model: Model, found: Named) -> bool:
    """Give the layers of a model within a model what has their name; whether that is all, and enough."""
    plan = list(_plan(model, found))
    if sum(len(arrays) for _, arrays in plan) != len(found):
        return False
    if any(len(arrays) != len(names_of(layer)) for layer, arrays in plan):
        return False
    for layer, arrays in plan:
        layer.weights = [array for _, array in arrays]
    return True


def _plan(model: Model, found: Named) -> Iterator[tuple[Layer, Named]]:
    for layer in model.layers:
        mine = [(path, array) for path, array in found if layer.name in path[:-1]]
        inner = model_below(layer)
        if inner is None:
            yield layer, mine
        else:
            yield from _plan(inner, mine)


def _by_order(layer: Layer, model: Model, found: Named) -> None:
    """As Keras writes them: all that are trained, then all that are not."""
    leaves = list(_leaves(model))
    places = [(leaf, number, name) for leaf in leaves for number, name in enumerate(names_of(leaf))]
    order = sorted(places, key=lambda place: place[2] in STATISTICS)
    if len(order) != len(found):
        raise refused(
            f"The model {layer.name!r} within this model should have {len(order)} arrays of "
            "weights, and the file "
            f"has {len(found)}. Save the whole model again, with `model.save`.",
            layer.name,
        )
    given = {
        (leaf.name, id(leaf), number): array
        for (leaf, number, _), (_, array) in zip(order, found, strict=True)
    }
    for leaf in leaves:
        leaf.weights = [given[leaf.name, id(leaf), number] for number in range(len(names_of(leaf)))]


def _leaves(model: Model) -> Iterator[Layer]:
    for layer in model.layers:
        inner = model_below(layer)
        if inner is None:
            yield layer
        else:
            yield from _leaves(inner)
