"""A model as layers and the calls between them, whichever Keras wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mlabs_ext.service.conversion.arrays import Array


@dataclass(frozen=True)
class Ref:
    """One of the tensors that a call of a layer made; all are counted from 0."""

    layer: str
    call: int = 0
    tensor: int = 0


@dataclass
class Call:
    """What a layer is called with: tensors in order, and those that have a name (`value`, `key`)."""

    tensors: list[Ref] = field(default_factory=list)
    named: dict[str, Ref] = field(default_factory=dict)


@dataclass
class Layer:
    """`inner` is the model that this layer is, or the layer that it wraps.

    `takes` is the shape of its inputs, where the file says it.
    """

    name: str
    kind: str
    config: dict[str, Any]
    calls: list[Call] = field(default_factory=list)
    inner: Model | Layer | None = None
    weights: list[Array] = field(default_factory=list)
    takes: list[int | None] | None = None

    @property
    def model(self) -> Model | None:
        """The model that this layer is, if it is one."""
        return self.inner if isinstance(self.inner, Model) else None


@dataclass
class Model:
    """A graph of layers, or where `inputs` is empty a plain sequence of them. `keras` is 2 or 3."""

    name: str
    layers: list[Layer]
    keras: int
    inputs: list[Ref] = field(default_factory=list)
    outputs: list[Ref] = field(default_factory=list)

    @property
    def is_sequence(self) -> bool:
        """Whether each layer takes what the one before makes."""
        return not self.inputs


def layers_in(model: Model) -> Iterator[Layer]:
    """All layers, those of models within it too, and those that others wrap."""
    for layer in model.layers:
        yield layer
        inner = layer.inner
        while isinstance(inner, Layer):
            yield inner
            inner = inner.inner
        if isinstance(inner, Model):
            yield from layers_in(inner)


def renamed(model: Model) -> None:
    """Give all layers names that TensorFlow.js can have, each once: weights are known by them."""
    _rename(model, "", set())


def _rename(model: Model, outer: str, taken: set[str]) -> None:
    names: dict[str, str] = {}
    for layer in model.layers:
        names[layer.name] = layer.name = _free(layer.name, outer, taken)
        taken.add(layer.name)
    for call in (call for layer in model.layers for call in layer.calls):
        call.tensors = [_moved(ref, names) for ref in call.tensors]
        call.named = {key: _moved(ref, names) for key, ref in call.named.items()}
    model.inputs = [_moved(ref, names) for ref in model.inputs]
    model.outputs = [_moved(ref, names) for ref in model.outputs]
    for layer in model.layers:
        if inner := model_below(layer):
            _rename(inner, layer.name, taken)


def model_below(layer: Layer) -> Model | None:
    """The model that a layer is, or that it wraps."""
    inner = layer.inner
    while isinstance(inner, Layer):
        inner = inner.inner
    return inner


def _free(name: str, outer: str, taken: set[str]) -> str:
    plain = re.sub(r"[^A-Za-z0-9_.-]", "_", name)
    plain = plain if plain[0].isalnum() else f"layer{plain}"
    longer = f"{outer}_{plain}" if outer else plain
    found, number = plain, 1
    while found in taken:
        found = f"{longer}_{number}" if number > 1 or not outer else longer
        number += 1
    return found


def _moved(ref: Ref, names: dict[str, str]) -> Ref:
    return Ref(names.get(ref.layer, ref.layer), ref.call, ref.tensor)
