"""Masks: Keras 3 describes them as calculations, TensorFlow.js passes them itself, to fewer layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlabs_ext.service.conversion.graph import Layer, Model, layers_in
from mlabs_ext.service.conversion.refusing import refused

# Layers that heed a mask in Keras, and not, or in another way, in TensorFlow.js.
HEEDING = ("GlobalAveragePooling1D", "MultiHeadAttention", "Bidirectional", "TimeDistributed", "Softmax")


def without_masks(layers: list[Any]) -> list[Any]:
    """What Keras 3 describes, without the calculations of masks that an Embedding or Masking makes."""
    items = [item for item in layers if isinstance(item, dict)]
    sources = [tensor for item in items if _masks(item) for tensor in _arguments(item)[:1]]
    made: set[str] = set()
    for item in items:
        first = _arguments(item)[:1]
        own = item.get("class_name") == "NotEqual" and first and first[0] in sources
        if own or (
            item.get("class_name") == "Any" and first and first[0] is not None and first[0][0] in made
        ):
            made.add(str(item.get("name")))
    if not made or any(tensor and tensor[0] in made for item in items for tensor in _used(item, made)):
        return layers
    for item in items:
        for node in _nodes(item):
            kwargs = node.get("kwargs")
            if isinstance(kwargs, dict) and (mask := _history(kwargs.get("mask"))) and mask[0] in made:
                kwargs["mask"] = None
    return [item for item in layers if not (isinstance(item, dict) and str(item.get("name")) in made)]


def _masks(item: dict[str, Any]) -> bool:
    config = item.get("config")
    return item.get("class_name") == "Masking" or (
        item.get("class_name") == "Embedding" and isinstance(config, dict) and config.get("mask_zero") is True
    )


def _arguments(item: dict[str, Any]) -> list[tuple[Any, ...] | None]:
    """The tensors among the arguments of all calls of a layer; None for what is none."""
    calls = [node.get("args") for node in _nodes(item)]
    return [_history(it) for call in calls if isinstance(call, list) for it in call]


def _nodes(item: dict[str, Any]) -> list[dict[str, Any]]:
    nodes = item.get("inbound_nodes")
    return [node for node in nodes if isinstance(node, dict)] if isinstance(nodes, list) else []


def _used(item: dict[str, Any], made: set[str]) -> Iterator[tuple[Any, ...] | None]:
    """What another layer than a mask's own takes as an argument."""
    if str(item.get("name")) not in made:
        yield from _arguments(item)


def _history(found: Any) -> tuple[Any, ...] | None:
    config = found.get("config") if isinstance(found, dict) else None
    history = config.get("keras_history") if isinstance(config, dict) else None
    if isinstance(history, list) and len(history) == 3 and isinstance(history[0], str):
        return tuple(history)
    return None


def settle_masks(model: Model) -> None:
    """Refuse layers that would heed a mask otherwise; without one, what they would do says nothing."""
    layers = list(layers_in(model))
    masked = next((layer for layer in layers if _makes(layer)), None)
    for layer in layers:
        if masked is None:
            layer.config.pop("zero_output_for_mask", None)
        elif layer.kind in HEEDING:
            raise refused(
                f"{layer.name!r} ({layer.kind}) heeds the mask of {masked.name!r}, and in TensorFlow.js it "
                "does not, or otherwise. Save the model without masking, and give it values of one length.",
                layer.name,
            )


def _makes(layer: Layer) -> bool:
    return layer.kind == "Masking" or (layer.kind == "Embedding" and bool(layer.config.get("mask_zero")))
