"""Reads of a TensorFlow.js model what it is made of: layers, or the operations of a graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mlabs_ext.errors import Unusable
from mlabs_ext.service.tfjs_shapes import shape_after

if TYPE_CHECKING:
    from mlabs_ext.service.tfjs_files import ModelJson

# Those that a page can still show.
MAX_LAYERS = 5000
NESTED = ("Functional", "Model", "Sequential")
# Python code in a configuration: nothing here runs it, and TensorFlow.js has no layer of the name.
CODE = ("Lambda", "TFOpLambda")
Described = dict[str, Any]
# What comes of reading something that is built otherwise.
STRANGE = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError, RecursionError)
# Of a name, and of a size: more is no model's.
MAX_NAME, MAX_SIZE = 500, 2**40


def layers(model: ModelJson) -> Described:
    """Format, inputs, outputs and layers of a model of layers; Unusable where it is none."""
    whole = model.topology.get("model_config", model.topology)
    try:
        sequential = whole["class_name"] == "Sequential"
        config = whole["config"]
        found = list(_sequential(config) if sequential else _functional(config))
        first, last = _ends(config, found, sequential)
        _count(found, model)
        return {
            "format": "tfjs-layers",
            "inputs": [_tensor(layer, "batch") for layer in first],
            "outputs": [_tensor(layer, "shape") for layer in last],
            "layers": [{k: v for k, v in layer.items() if k in SHOWN} for layer in found],
        }
    except STRANGE as error:
        raise Unusable(
            "The `modelTopology` of model.json is not that of a layers model as TensorFlow.js saves it "
            f"({type(error).__name__}: {error!s:.100}). Save the model again with `model.save(…)`.",
            "model_refused",
        ) from error


SHOWN = ("name", "kind", "shape", "parameters", "trainable", "after")


def _sequential(config: Any) -> Iterator[Described]:
    before: Described | None = None
    for layer in _listed(config["layers"] if isinstance(config, dict) else config):
        before = _layer(layer, [before] if before else [])
        yield before


def _functional(config: Described) -> Iterator[Described]:
    """The layers in their order, which is one in which each comes after those that it needs."""
    known: dict[str, Described] = {}
    for layer in _listed(config["layers"]):
        names = list(dict.fromkeys(_named(layer.get("inbound_nodes") or [])))
        one = _layer(layer, [known[name] for name in names])
        known[one["name"]] = one
        yield one


def _listed(found: list[Described]) -> list[Described]:
    if not 0 < len(found) <= MAX_LAYERS:
        raise ValueError(f"{len(found)} layers")
    return found


def _named(nodes: Any) -> Iterator[str]:
    """The names in `[[["dense", 0, 0, {}], …], …]`, however deep they lie."""
    if isinstance(nodes, list) and nodes and isinstance(nodes[0], str):
        yield nodes[0]
    elif isinstance(nodes, list):
        for node in nodes:
            yield from _named(node)


def _layer(layer: Described, before: list[Described]) -> Described:
    kind, config = layer["class_name"], layer["config"]
    if kind in CODE:
        raise Unusable(
            f"The layer {config.get('name')!r:.80} is a {kind}: it holds Python code, which no browser runs. "
            "Replace it by layers that do the same, such as Rescaling, Activation or Reshape, and save the "
            "model again.",
            "model_refused",
            {"layer": str(config.get("name"))[:200]},
        )
    inner = config if isinstance(config, dict) else {"layers": config}
    shape = _batch(inner)
    made = {
        "name": str(layer.get("name") or inner.get("name") or kind),
        "kind": str(kind),
        "trainable": bool(inner.get("trainable", True)),
        "after": [one["name"] for one in before],
        "batch": shape,
        "dtype": str(inner.get("dtype") or "float32"),
        "within": [*_within(inner)] if kind in NESTED else [],
    }
    if len(made["name"]) > MAX_NAME or len(made["kind"]) > MAX_NAME:
        raise ValueError("a name without end")
    shapes = [one["shape"] for one in before] or [shape]
    made["shape"] = _sizes(shape_after(made["kind"], inner, shapes))
    return made


def _sizes(shape: Any) -> list[int | None] | None:
    """A shape whose sizes are numbers; ValueError for others."""
    if shape is None:
        return None
    sizes = [None if size is None else int(size) for size in shape]
    if any(size is not None and not 0 <= size < MAX_SIZE for size in sizes):
        raise ValueError(f"the shape {sizes!s:.100}")
    return sizes


def _batch(config: Described) -> list[int | None] | None:
    shape = config.get("batch_input_shape") or config.get("batch_shape") or config.get("batchInputShape")
    if shape is None and "layers" in config:
        return _batch(_first(config)) if isinstance(_first(config), dict) else None
    return _sizes(shape) if shape else None


def _first(config: Described) -> Any:
    return config["layers"][0]["config"]


def _within(config: Described) -> Iterator[str]:
    """The names of all layers in a nested model."""
    for layer in config.get("layers", ()):
        inner = layer["config"]
        yield str(inner["name"])
        yield from _within(inner)


def _ends(config: Any, found: list[Described], sequential: bool) -> tuple[list[Described], list[Described]]:
    if sequential:
        return found[:1], found[-1:]
    by_name = {layer["name"]: layer for layer in found}
    ends = (list(dict.fromkeys(_named(config[end]))) for end in ("input_layers", "output_layers"))
    first, last = ([by_name[name] for name in names] for names in ends)
    return first, last


def _tensor(layer: Described, shape: str) -> Described:
    return {"name": layer["name"], "shape": layer[shape] or [], "dtype": layer["dtype"]}


def _count(found: list[Described], model: ModelJson) -> None:
    """Give each layer the weights that begin with its name, or with that of a layer in it."""
    owners = {name: layer for layer in found for name in (layer["name"], *layer["within"])}
    for layer in found:
        layer["parameters"] = 0
    for weight in model.weights():
        parts = weight.name.split("/")
        starts = ("/".join(parts[:n]) for n in range(len(parts), 0, -1))
        owner = next((owners[start] for start in starts if start in owners), None)
        if owner is not None:
            owner["parameters"] += weight.count


def graph(model: ModelJson) -> Described:
    """The same of a graph of operations, of which all but constants are shown."""
    try:
        nodes = [node for node in _listed(model.topology["node"]) if node["op"] != "Const"]
        weights = {weight.name: weight.count for weight in model.weights()}
        known = {node["name"] for node in nodes}
        used = {source for node in nodes for source in _sources(node)}
        shown = [_operation(node, weights, known) for node in nodes]
        ins = [node for node in nodes if node["op"] == "Placeholder"]
        outs = [node for node in nodes if node["name"] not in used and node["op"] != "Placeholder"]
        return {
            "format": "tfjs-graph",
            "inputs": _signed(model, "inputs") or [_of_node(node) for node in ins],
            "outputs": _signed(model, "outputs") or [_of_node(node) for node in outs],
            "layers": shown,
        }
    except STRANGE as error:
        raise Unusable(
            "The `modelTopology` of model.json is not a graph as the TensorFlow.js converter writes it "
            f"({type(error).__name__}: {error!s:.100}). Convert the model again.",
            "model_refused",
        ) from error


def _operation(node: Described, weights: dict[str, int], known: set[str]) -> Described:
    sources = list(_sources(node))
    return {
        "name": str(node["name"]),
        "kind": str(node["op"]),
        "shape": _dims(node),
        "parameters": sum(weights.get(source, 0) for source in sources),
        "trainable": False,
        "after": [source for source in sources if source in known],
    }


def _sources(node: Described) -> Iterator[str]:
    """The nodes before this one; `^name` only says that it comes first, `name:1` which of its outputs."""
    return (source.lstrip("^").partition(":")[0] for source in node.get("input", ()))


def _dims(node: Described) -> list[int | None] | None:
    shape = node.get("attr", {}).get("shape", {}).get("shape")
    return _sizes([_size(dim) for dim in shape.get("dim", ())]) if shape else None


def _size(dim: Described) -> int | None:
    size = int(dim.get("size", 0))
    return None if size < 0 else size


def _of_node(node: Described) -> Described:
    dtype = node.get("attr", {}).get("dtype", {}).get("type", "DT_FLOAT")
    return {"name": str(node["name"]), "shape": _dims(node) or [], "dtype": _dtype(dtype)}


def _signed(model: ModelJson, end: str) -> list[Described]:
    """What the signature says, which has the names that the author gave."""
    said = (model.signature or {}).get(end) or {}
    return [
        {
            "name": str(entry.get("name") or name).partition(":")[0],
            "shape": _sizes([_size(dim) for dim in (entry.get("tensorShape") or {}).get("dim", ())]),
            "dtype": _dtype(entry.get("dtype", "DT_FLOAT")),
        }
        for name, entry in said.items()
    ]


def _dtype(name: Any) -> str:
    return {"DT_FLOAT": "float32", "DT_INT32": "int32", "DT_BOOL": "bool"}.get(name, str(name).lower())
