"""Reads a graph model of TensorFlow.js: its operations are TensorFlow.js' own, and stay as they are."""

from __future__ import annotations

from typing import Any

from mlabs_ext.service.conversion.refusing import damaged, refused
from mlabs_ext.service.conversion.tfjs_files import TfjsFiles

MOST_NODES = 100_000
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


def _is_node(node: Any) -> bool:
    return isinstance(node, dict) and isinstance(node.get("name"), str) and isinstance(node.get("op"), str)
