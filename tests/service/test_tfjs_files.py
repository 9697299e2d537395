"""Whether the files of a model of TensorFlow.js fit each other; each misfit is told in words."""

from __future__ import annotations

import json
import random

import pytest
from support.models import doubling

from mlabs_ext.errors import BadInput, MLabsError, TooLarge, Unusable
from mlabs_ext.service import tfjs_files
from mlabs_ext.service.tfjs_files import MODEL, check


def sizes(files: dict[str, bytes]) -> dict[str, int]:
    return {name: len(data) for name, data in files.items() if name != MODEL}


def changed(**more) -> dict[str, bytes]:
    """The doubling model with something else in its description."""
    files = doubling()
    described = json.loads(files[MODEL])
    for path, value in more.items():
        *way, last = path.split("__")
        place = described
        for step in way:
            place = place[int(step)] if isinstance(place, list) else place[step]
        place[int(last) if isinstance(place, list) else last] = value
    return files | {MODEL: json.dumps(described).encode()}


KERNEL = "weightsManifest__0__weights__0__"
MISFITS = {
    "a shard is missing": ({MODEL: doubling()[MODEL]}, "did not come"),
    "a shard too many": (doubling() | {"other.bin": b""}, "does not name it"),
    "a short shard": (doubling() | {"weights.bin": bytes(8)}, "too short"),
    "a long shard": (doubling() | {"weights.bin": bytes(16)}, "too long"),
    "a larger shape": (changed(**{f"{KERNEL}shape": [2, 2]}), "too short"),
    "a shape below zero": (changed(**{f"{KERNEL}shape": [-2, -1]}), "has the shape"),
    "a shape beyond all bounds": (changed(**{f"{KERNEL}shape": [2**30, 2**30]}), "has the shape"),
    "another type": (changed(**{f"{KERNEL}dtype": "string"}), "holds 'string'"),
    "two weights of a name": (changed(**{f"{KERNEL}name": "sum/bias"}), "are called 'sum/bias'"),
    "a shard that is named twice": (changed(weightsManifest__0__paths=["weights.bin"] * 2), "twice"),
    "a shard that is the description": (changed(weightsManifest__0__paths=[MODEL]), "itself"),
    "no topology": (changed(modelTopology=None), "not what TensorFlow.js saves"),
    "not JSON": (doubling() | {MODEL: b"\x89HDF"}, "not what TensorFlow.js saves"),
    "deeply nested": (doubling() | {MODEL: b"[" * 200_000}, "not what TensorFlow.js saves"),
}


@pytest.mark.parametrize("what", MISFITS)
def test_files_that_do_not_fit_are_refused_with_the_reason(what):
    files, reason = MISFITS[what]
    with pytest.raises(Unusable, match=reason) as refused:
        check(files[MODEL], sizes(files))
    assert refused.value.code == "model_refused"


@pytest.mark.parametrize("path", ["../weights.bin", "/etc/passwd", "a\0b", ".././x"])
def test_shards_lie_beside_their_description(path):
    with pytest.raises(BadInput):
        check(changed(weightsManifest__0__paths=[path])[MODEL], {path: 12})


def test_a_description_has_a_limit(monkeypatch):
    monkeypatch.setattr(tfjs_files, "MAX_MODEL", 100)
    with pytest.raises(TooLarge):
        check(doubling()[MODEL], {"weights.bin": 12})


def test_numbers_may_be_stored_smaller_than_they_are():
    files = changed(**{f"{KERNEL}quantization": {"dtype": "uint8", "min": 0.0, "scale": 0.01}})
    check(files[MODEL], {"weights.bin": 2 + 4})


def test_a_number_without_end_is_refused():
    files = doubling()
    with pytest.raises(Unusable, match="out of range"):
        check(files[MODEL].replace(b'"2.15.0"', b"9" * 5000), sizes(files))


def test_bytes_at_random_never_fail_otherwise():
    chance = random.Random(7)
    whole = doubling()[MODEL]
    for _ in range(1000):
        data = bytearray(whole)
        for _ in range(3):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            check(bytes(data), {"weights.bin": 12})
        except MLabsError as error:
            assert error.status < 500


def test_many_weights_of_a_name_are_told_at_once():
    entry = {"name": "w", "shape": [0], "dtype": "float32"}
    files = changed(weightsManifest__0__weights=[entry] * 200_000)
    with pytest.raises(Unusable, match="are called 'w'"):
        check(files[MODEL], {"weights.bin": 0})
