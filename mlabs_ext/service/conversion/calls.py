"""Reads how layers call each other: Keras 2 writes lists, Keras 3 arguments, and they count differently."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

from mlabs_ext.service.conversion.graph import Call, Layer, Model, Ref
from mlabs_ext.service.conversion.refusing import damaged, refused

TENSOR = "__keras_tensor__"
# Arguments that change nothing when a model predicts.
IDLE = {"training", "mask"}


def references(found: Any) -> list[Ref]:
    """The tensors of `input_layers` or `output_layers`: a list, one, or by name, in Keras' own order."""
    return list(_references(found))


def _references(found: Any) -> Iterator[Ref]:
    if _is_reference(found):
        yield Ref(found[0], found[1], found[2])
    elif isinstance(found, list):
        for item in found:
            yield from _references(item)
    elif isinstance(found, dict):
        for key in sorted(found):
            yield from _references(found[key])


def _is_reference(found: Any) -> TypeGuard[list[Any]]:
    return (
        isinstance(found, list)
        and len(found) in (3, 4)
        and isinstance(found[0], str)
        and all(isinstance(number, int) and 0 <= number < 1 << 16 for number in found[1:3])
    )


def calls_of(nodes: Any, name: str) -> list[Call]:
    """The calls of one layer."""
    if not isinstance(nodes, list):
        raise damaged(f"it does not say what {name!r} is called with")
    return [_new(node, name) if isinstance(node, dict) else _old(node, name) for node in nodes]


def _old(node: Any, name: str) -> Call:
    """Keras 2: `[[layer, call, tensor, {arguments}], …]`, or that of a single tensor."""
    call = Call()
    for item in [node] if _is_reference(node) else node if isinstance(node, list) else []:
        if not _is_reference(item):
            raise damaged(f"it does not say what {name!r} is called with")
        call.tensors.append(Ref(item[0], item[1], item[2]))
        _take(call, item[3] if len(item) == 4 else {}, name, _is_reference)
    return call


def _new(node: dict[str, Any], name: str) -> Call:
    """Keras 3: `{"args": …, "kwargs": …}` with tensors as objects."""
    call = Call(list(_tensors(node.get("args"), name)))
    _take(call, node.get("kwargs") or {}, name, _is_tensor)
    return call


def _take(call: Call, arguments: Any, name: str, is_tensor: Any) -> None:
    for key, value in arguments.items() if isinstance(arguments, dict) else ():
        if is_tensor(value):
            call.named[key] = _history(value) if isinstance(value, dict) else Ref(*value[:3])
        elif value not in (None, False) and key not in IDLE:
            raise _no_layer(name, f"{key}={value!r:.60}")


def _tensors(found: Any, name: str) -> Iterator[Ref]:
    if _is_tensor(found):
        yield _history(found)
    elif isinstance(found, list):
        for item in found:
            yield from _tensors(item, name)
    elif found is not None:
        raise _no_layer(name, f"{found!r:.60}")


def _no_layer(name: str, what: str) -> Exception:
    return refused(
        f"{name!r} is called with {what}: it is a calculation between layers, or takes more than layers in "
        "TensorFlow.js can. Use layers for it (Add, Multiply, Rescaling, …), and save the model again.",
        name,
    )


def _is_tensor(found: Any) -> bool:
    return isinstance(found, dict) and found.get("class_name") == TENSOR


def _history(found: dict[str, Any]) -> Ref:
    history = found["config"].get("keras_history") if isinstance(found.get("config"), dict) else None
    if not _is_reference(history):
        raise damaged("it does not say which layer a tensor comes from")
    return Ref(*history[:3])


def settled(model: Model) -> None:
    """Make all references count calls from 0; refuse those that lead nowhere, or in a circle."""
    layers = {layer.name: layer for layer in model.layers}
    inside = [call for layer in model.layers for call in layer.calls]
    used = [ref for call in inside for ref in [*call.tensors, *call.named.values()]]
    for name in {ref.layer for ref in [*used, *model.inputs, *model.outputs]} - set(layers):
        raise damaged(f"it uses a layer {name!r:.100} that it does not have")
    first = {name: _first(model, layer, used) for name, layer in layers.items()}
    outputs = {name: _first_of_outputs(model, layer, first[name]) for name, layer in layers.items()}
    for call in inside:
        call.tensors = [_from(ref, first, layers) for ref in call.tensors]
        call.named = {key: _from(ref, first, layers) for key, ref in call.named.items()}
    model.inputs = [_from(ref, first, layers) for ref in model.inputs]
    model.outputs = [_from(ref, outputs, layers) for ref in model.outputs]
    _check_order(model)


def _first(model: Model, layer: Layer, used: list[Ref]) -> int:
    """The number of a layer's first call: a model within a model has made one before it is called."""
    if layer.model is None:
        return 0
    numbers = {
        ref.call for ref in [*used, *([] if model.keras == 3 else model.outputs)] if ref.layer == layer.name
    }
    return 1 if numbers and (len(layer.calls) == 1 or len(layer.calls) in numbers) and 0 not in numbers else 0


def _first_of_outputs(model: Model, layer: Layer, first: int) -> int:
    """Keras 3 counts differently for what a model gives back."""
    numbers = {ref.call for ref in model.outputs if ref.layer == layer.name}
    if model.keras == 3 and layer.model is not None and not layer.model.is_sequence:
        return 0 if 0 in numbers else 1
    return max(first, int(layer.model is not None and len(layer.calls) in numbers))


def _check_order(model: Model) -> None:
    """Refuse a circle: TensorFlow.js would look for its beginning for ever."""
    waits = {
        (layer.name, number): {(ref.layer, ref.call) for ref in [*call.tensors, *call.named.values()]}
        for layer in model.layers
        for number, call in enumerate(layer.calls)
    }
    wanted: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for node, needed in waits.items():
        for other in needed:
            wanted.setdefault(other, []).append(node)
    ready = [(layer.name, 0) for layer in model.layers if not layer.calls]
    while ready:
        done = ready.pop()
        for node in wanted.get(done, ()):
            waits[node].discard(done)
            if not waits[node]:
                ready.append(node)
    if any(waits.values()):
        raise damaged("its layers call each other in a circle")


def _from(ref: Ref, first: dict[str, int], layers: dict[str, Layer]) -> Ref:
    call = ref.call - first[ref.layer]
    if not 0 <= call < max(1, len(layers[ref.layer].calls)):
        raise damaged(f"it uses a call of {ref.layer!r} that there is not")
    return Ref(ref.layer, call, ref.tensor)
