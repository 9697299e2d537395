"""Finds the weights in the `model.weights.h5` of a `.keras` file: groups by class and number."""

from __future__ import annotations

import re
from collections import Counter

import h5py

from mlabs_ext.service.conversion.arrays import Array
from mlabs_ext.service.conversion.expected import PROJECTIONS, names_of
from mlabs_ext.service.conversion.graph import Layer, Model
from mlabs_ext.service.conversion.hdf5 import Hdf5
from mlabs_ext.service.conversion.refusing import damaged, refused

# What Keras calls the list of a model's layers: 3, and the releases of 2 that wrote this format first.
LISTS = ("layers", "_layer_checkpoint_dependencies")
CELLS = ("SimpleRNN", "LSTM", "GRU")
RUNS = ("forward_layer", "backward_layer")


def give(model: Model, file: Hdf5, group: h5py.Group) -> None:
    """Give each layer its weights."""
    listed = next((name for name in LISTS if file.has(group, name)), None)
    if listed is None:
        raise damaged("it holds no weights of layers")
    layers = file.group(group, listed)
    numbers: Counter[str] = Counter()
    for layer in model.layers:
        names_of(layer)
        kind = snake(layer.kind)
        key = f"{kind}_{numbers[kind]}" if numbers[kind] else kind
        numbers[kind] += 1
        if file.has(layers, key):
            _give(layer, file, file.group(layers, key))
        elif names_of(layer) or layer.model:
            raise damaged(f"the weights of {layer.name!r} are missing")


def _give(layer: Layer, file: Hdf5, group: h5py.Group) -> None:
    if layer.model:
        give(layer.model, file, group)
    elif isinstance(layer.inner, Layer) and layer.inner.model:
        give(layer.inner.model, file, file.group(group, "layer"))
    else:
        layer.weights = _own(layer, file, group)


def _own(layer: Layer, file: Hdf5, group: h5py.Group) -> list[Array]:
    """A layer's arrays, in Keras' order."""
    wanted = names_of(layer)
    found = [array for part in _parts(layer, file, group) for array in _vars(file, part)]
    if len(found) != len(wanted):
        raise refused(
            f"{layer.name!r} ({layer.kind}) should have {len(wanted)} arrays of weights, and the file has "
            f"{len(found)}. Save the whole model again, with `model.save`.",
            layer.name,
        )
    return found


def _parts(layer: Layer, file: Hdf5, group: h5py.Group) -> list[h5py.Group]:
    """The groups in a layer's own that hold its arrays."""
    if layer.kind == "Bidirectional" and isinstance(layer.inner, Layer):
        return [part for run in RUNS for part in _parts(layer.inner, file, file.group(group, run))]
    if layer.kind == "TimeDistributed" and isinstance(layer.inner, Layer):
        return _parts(layer.inner, file, file.group(group, "layer"))
    if layer.kind in CELLS:
        return [file.group(group, "cell")]
    if layer.kind == "MultiHeadAttention":
        return [file.group(group, _projection(file, group, name)) for name in PROJECTIONS]
    return [group]


def _projection(file: Hdf5, group: h5py.Group, name: str) -> str:
    return f"_{name}_dense" if file.has(group, f"_{name}_dense") else f"{name}_dense"


def _vars(file: Hdf5, group: h5py.Group) -> list[Array]:
    if not file.has(group, "vars"):
        return []
    own = file.group(group, "vars")
    return [file.array(own, str(number)) for number in range(len(file.names(own)))]


def snake(kind: str) -> str:
    """A class's name as Keras writes it here: `Conv2DTranspose` is `conv2d_transpose`."""
    name = re.sub(r"\W+", "", kind)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
