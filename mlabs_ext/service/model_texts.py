"""Models that read texts: whether one says by which words, as those do that the trainer made."""

from __future__ import annotations

import msgspec
from msgspec import Struct, field

from mlabs_ext.wire import Model


class Text(Struct):
    """How a text becomes numbers; `other` and `alone` are the patterns by which its words are found."""

    name: str
    length: int
    vocabulary: list[str]
    other: str
    alone: str


class Ours(Struct):
    """What the trainer says of a model."""

    text: Text


class Metadata(Struct):
    """What beside the layers is looked at."""

    mlabs: Ours


class Described(Struct):
    """As much of a `model.json` as is looked at."""

    metadata: Metadata = field(name="userDefinedMetadata")


def looks_up(model: Model) -> bool:
    """Whether its first layer is one for words, or for other names that have numbers."""
    kinds = [layer.kind for layer in model.layers or [] if layer.kind != "InputLayer"]
    return model.format == "tfjs-layers" and kinds[:1] == ["Embedding"]


def text_of(model_json: bytes) -> Text | None:
    """What a `model.json` says of the text that it takes; None where it says nothing, or something else."""
    try:
        return msgspec.json.decode(model_json, type=Described).metadata.mlabs.text
    except (msgspec.DecodeError, RecursionError):
        return None
