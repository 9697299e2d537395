"""What came as TensorFlow.js' own: whether its files fit each other, before anything is kept of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from mlabs_ext.errors import TooLarge, Unusable
from mlabs_ext.service.asset_paths import check_path
from mlabs_ext.service.sizes import spoken

MODEL = "model.json"
# A model of 1,000 layers has 2 MB of it.
MAX_MODEL = 32 * 1024**2
BYTES = {"float32": 4, "int32": 4, "bool": 1, "complex64": 8, "float16": 2, "uint16": 2, "uint8": 1}


class Quantized(Struct):
    """How numbers are stored that the model has as another type."""

    dtype: str


class Weight(Struct):
    """A tensor in the shards."""

    name: str
    shape: list[int]
    dtype: str
    quantization: Quantized | None = None

    @property
    def count(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)

    @property
    def size(self) -> int:
        """Its bytes in the shards; 0 of a type that has none."""
        stored = self.quantization.dtype if self.quantization else self.dtype
        return self.count * BYTES.get(stored, 0)


class Group(Struct):
    """Shards, and the tensors that lie in them one after the other."""

    paths: list[str]
    weights: list[Weight]


class ModelJson(Struct):
    """As much of a `model.json` as is looked at."""

    topology: dict[str, Any] = field(name="modelTopology")
    manifest: list[Group] = field(name="weightsManifest")


def check(model: bytes, sizes: Mapping[str, int]) -> ModelJson:
    """Parse a `model.json` whose shards have these sizes; Unusable where they do not fit it."""
    parsed = parse(model)
    named = [shard(path) for group in parsed.manifest for path in group.paths]
    _check_names(named, sizes)
    for group in parsed.manifest:
        for weight in group.weights:
            _check_weight(weight)
        _check_size(group, sizes)
    names = Counter(weight.name for group in parsed.manifest for weight in group.weights)
    if twice := [name for name, times in names.items() if times > 1]:
        raise refused(f"Two weights in {MODEL} are called {twice[0]!r:.100}. Save the model again.")
    return parsed


def parse(model: bytes) -> ModelJson:
    """The `model.json`; Unusable where it is not one."""
    if len(model) > MAX_MODEL:
        raise TooLarge(f"{MODEL} may have {spoken(MAX_MODEL)}: the weights belong into files beside it.")
    try:
        return msgspec.json.decode(model, type=ModelJson)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise refused(
            f"{MODEL} is not what TensorFlow.js saves: {error}. It has a `modelTopology` and a "
            "`weightsManifest`; upload the one that `model.save(…)` or the converter wrote."
        ) from error


def shard(path: str) -> str:
    """The name of a shard as it is served: `model.save` writes `./model.weights.bin`."""
    return check_path(path.removeprefix("./"))


def with_paths(model: bytes, place: Any) -> bytes:
    """The `model.json` with each path of a shard as `place` gives it; all else stays as it is."""
    whole = msgspec.json.decode(model)
    for group in whole["weightsManifest"]:
        group["paths"] = [place(path) for path in group["paths"]]
    return msgspec.json.encode(whole)


def refused(message: str, **detail: Any) -> Unusable:
    """The error for a model that cannot be used."""
    return Unusable(message, "model_refused", detail or None)


def _check_names(named: list[str], sizes: Mapping[str, int]) -> None:
    if MODEL in named or len(set(named)) < len(named):
        raise refused(f"{MODEL} names a file of weights twice, or itself. Save the model again.")
    if missing := [name for name in named if name not in sizes]:
        raise refused(
            f"{MODEL} names {', '.join(missing[:3])}{' and more' * (len(missing) > 3)}, which did not come: "
            "upload all files of the model together.",
            missing=missing[:100],
        )
    if extra := sorted(sizes.keys() - set(named)):
        raise refused(
            f"{', '.join(extra[:3])}{' and more' * (len(extra) > 3)} came too, and {MODEL} does not name it: "
            "upload the files of one model only.",
            extra=extra[:100],
        )


def _check_weight(weight: Weight) -> None:
    stored = weight.quantization.dtype if weight.quantization else weight.dtype
    if stored not in BYTES:
        raise refused(
            f"The weight {weight.name!r:.100} holds {stored!r:.40}; numbers can be {', '.join(BYTES)}.",
            weight=weight.name[:200],
        )
    if any(not 0 <= size < 2**31 for size in weight.shape) or weight.count >= 2**40:
        raise refused(f"The weight {weight.name!r:.100} has the shape {weight.shape!s:.100}.")


def _check_size(group: Group, sizes: Mapping[str, int]) -> None:
    """Shards are read one after the other: what counts is all of them together."""
    there = sum(sizes[shard(path)] for path in group.paths)
    needed = sum(weight.size for weight in group.weights)
    if there != needed:
        what = "too short: the upload may have been cut off" if there < needed else "too long"
        raise refused(
            f"{', '.join(group.paths)[:200]} should have {needed:,} bytes by {MODEL} and has {there:,}, so "
            f"it is {what}. Save the model again, and upload all of its files.",
            needed=needed,
            there=there,
        )
