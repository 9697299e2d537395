"""Reads a graph model of TensorFlow.js: its operations are TensorFlow.js' own, and stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlabs_ext.service.conversion.refusing import damaged, refused
from mlabs_ext.service.conversion.task import Described
from mlabs_ext.service.conversion.tfjs_files import TfjsFiles

MOST_NODES = 100_000
# Of more, nothing is shown: nobody could read it.
MOST_SHOWN, MOST_WAYS = 5000, 100_000
LONGEST_NAME = 500
KEPT = ("node", "library", "versions")


def graph_of(source: TfjsFiles) -> dict[str, Any]:
    """What of `model.json` describes the graph; refuses one that does not hold together."""
    nodes = source.topology.get("node")
    if not isinstance(nodes, list) or not all(_is_node(node) for node in nodes):
        raise damaged("model.json has an operation without a name")
    if len(nodes) > MOST_NODES:
        raise refused(f"This model has more than {MOST_NODES:,} operations, the limit here.")
    constants = {node["name"] for node in nodes if node["op"] == "Const"}
    if missing := sorted(constants - set(source.arrays)):
        raise damaged(f"model.json has no values for {missing[0]!r:.100}")
    made = {
        "format": "graph-model",
        "modelTopology": {key: source.topology[key] for key in KEPT if key in source.topology},
    }
    signature = source.described.get("signature")
    metadata = source.described.get("userDefinedMetadata")
    if signature is None and isinstance(metadata, dict):
        signature = metadata.get("signature")
    return {**made, **({"signature": signature} if isinstance(signature, dict) else {})}


def operations(source: TfjsFiles) -> list[Described]:
    """The operations of a graph as its page shows them, all but constants."""
    nodes = [node for node in source.topology["node"] if node["op"] != "Const"]
    if len(nodes) > MOST_SHOWN:
        return []
    shown = {node["name"] for node in nodes}
    found = [_operation(node, shown, source) for node in nodes]
    return found if sum(len(operation.after) for operation in found) <= MOST_WAYS else []


def _operation(node: dict[str, Any], shown: set[str], source: TfjsFiles) -> Described:
    before = list(dict.fromkeys(_sources(node)))
    held = sum(source.arrays[name].size for name in before if name in source.arrays)
    return Described(node["name"], node["op"], held, False, [name for name in before if name in shown])


def _sources(node: dict[str, Any]) -> Iterator[str]:
    """The nodes before this one; `^name` only says that it comes first, `name:1` which of its outputs."""
    named = node.get("input")
    for source in named if isinstance(named, list) else ():
        if isinstance(source, str):
            yield source.removeprefix("^").partition(":")[0]


def _is_node(node: Any) -> bool:
    return isinstance(node, dict) and all(_is_name(node.get(key)) for key in ("name", "op"))


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME
