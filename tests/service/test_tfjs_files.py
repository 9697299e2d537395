"""Models of TensorFlow.js are passed on where their files fit each other; each misfit is told in words."""

from __future__ import annotations

import json
import random

import msgspec
import pytest
from support.models import dense, doubling, model_json

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, MLabsError, TooLarge, Unusable
from mlabs_ext.service import tfjs_files, tfjs_topology
from mlabs_ext.service.tfjs_files import MODEL, check, pass_on


def sizes(files: dict[str, bytes]) -> dict[str, int]:
    return {name: len(data) for name, data in files.items() if name != MODEL}


def passed(tmp_path, files: dict[str, bytes]) -> dict:
    """What is said of a model, and its folder."""
    sources = {}
    for name, data in files.items():
        sources[name] = tmp_path / f"came-{name.replace('/', '-')}"
        sources[name].write_bytes(data)
    target = tmp_path / "target"
    target.mkdir()
    return pass_on(sources, target) | {"folder": target}


def test_a_model_says_what_it_is_made_of(tmp_path):
    known = passed(tmp_path, doubling(path="./model.weights.bin"))
    assert known["format"] == "tfjs-layers"
    assert known["inputs"] == [{"name": "sum", "shape": [None, 2], "dtype": "float32"}]
    assert known["outputs"] == [{"name": "sum", "shape": [None, 1], "dtype": "float32"}]
    assert known["parameters"] == 3
    layer = {
        "name": "sum",
        "kind": "Dense",
        "shape": [None, 1],
        "parameters": 3,
        "trainable": True,
        "after": [],
    }
    assert known["layers"] == [layer]
    assert known["files"] == [MODEL, "model.weights.bin"]
    served = json.loads((known["folder"] / MODEL).read_bytes())
    assert served["weightsManifest"][0]["paths"] == ["model.weights.bin"]


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


def test_what_only_training_needs_is_no_parameter(tmp_path):
    files = changed(weightsManifest__0__weights__1__group="optimizer")
    assert passed(tmp_path, files)["parameters"] == 2


# A stride of nothing.
POOL = {
    "class_name": "MaxPooling2D",
    "config": {"name": "p", "batch_input_shape": [None, 4, 4, 1], "pool_size": [2, 2], "strides": [0, 0]},
}


@pytest.mark.parametrize(
    "topology",
    [
        {"class_name": "Sequential"},
        {"class_name": "Sequential", "config": {"layers": []}},
        {"class_name": "Sequential", "config": {"layers": [1]}},
        {"class_name": "Model", "config": {"layers": [dense("a", 1)], "output_layers": [["b", 0, 0]]}},
        {"class_name": "Sequential", "config": {"layers": [dense("a", "many", batch_input_shape=[None, 2])]}},
        {"class_name": "Sequential", "config": {"layers": [dense("a", 2**70, batch_input_shape=[None, 2])]}},
        {"class_name": "Sequential", "config": {"layers": [dense("a" * 600, 1)]}},
        {"class_name": "Sequential", "config": {"layers": [POOL]}},
        {"node": [{"name": "x"}]},
    ],
    ids=lambda topology: str(topology)[:60],
)
def test_a_topology_that_is_none_is_refused(tmp_path, topology):
    with pytest.raises(Unusable, match="Topology"):
        passed(tmp_path, changed(modelTopology=topology))


def test_a_number_without_end_is_refused(tmp_path):
    files = doubling()
    files[MODEL] = files[MODEL].replace(b'"2.15.0"', b"9" * 5000)
    with pytest.raises(Unusable, match="out of range"):
        passed(tmp_path, files)


def test_python_code_is_refused_with_what_to_do(tmp_path):
    layer = {"class_name": "Lambda", "config": {"name": "twice", "function": ["4wEA", None, None]}}
    files = changed(modelTopology__config__layers=[layer])
    with pytest.raises(Unusable, match="Replace it by layers") as refused:
        passed(tmp_path, files)
    assert refused.value.detail == {"layer": "twice"}


def test_layers_that_meet_know_those_before_them(tmp_path):
    def layer(kind: str, name: str, before: list[str], **config) -> dict:
        nodes = [[[one, 0, 0, {}] for one in before]] if before else []
        return {"class_name": kind, "name": name, "config": {"name": name, **config}, "inbound_nodes": nodes}

    layers = [
        layer("InputLayer", "in", [], batch_input_shape=[None, 4], dtype="float32"),
        layer("Dense", "left", ["in"], units=3),
        layer("Dense", "right", ["in"], units=5, trainable=False),
        layer("Concatenate", "both", ["left", "right"], axis=-1),
    ]
    ends = {"input_layers": [["in", 0, 0]], "output_layers": [["both", 0, 0]]}
    topology = {"class_name": "Functional", "config": {"layers": layers, **ends}}
    weights = [
        {"name": "left/kernel", "shape": [4, 3], "dtype": "float32"},
        {"name": "right/kernel", "shape": [4, 5], "dtype": "float32"},
    ]
    described = json.loads(model_json(weights, [])) | {"modelTopology": topology}
    known = passed(tmp_path, {MODEL: json.dumps(described).encode(), "weights.bin": bytes(32 * 4)})
    assert known["outputs"] == [{"name": "both", "shape": [None, 8], "dtype": "float32"}]
    assert [(one["name"], one["after"], one["parameters"], one["trainable"]) for one in known["layers"]] == [
        ("in", [], 0, True),
        ("left", ["in"], 12, True),
        ("right", ["in"], 20, False),
        ("both", ["left", "right"], 0, True),
    ]


# Each model of the corpus: format, input, output, parameters, and how many layers it has.
CORPUS = {
    "tfjs_abalone": ("tfjs-layers", [None, 8], [None, 1], 3051, 3),
    "tfjs_doodle100": ("tfjs-layers", [None, 28, 28, 1], [None, 100], 110_052, 9),
    "tfjs_graph_matmul": ("tfjs-graph", [2, 2], [], 4, 2),
    "tfjs_layers_embedding": ("tfjs-layers", [None, 10], [None, 4], 2300, 2),
}


@pytest.mark.corpus
@pytest.mark.parametrize("name", CORPUS)
def test_models_of_the_corpus_are_read(tmp_path, corpus, name):
    folder = corpus / "models" / name
    known = passed(tmp_path, {file.name: file.read_bytes() for file in folder.iterdir()})
    (first,), (last,) = known["inputs"], known["outputs"]
    found = known["format"], first["shape"], last["shape"], known["parameters"], len(known["layers"])
    assert found == CORPUS[name]


def test_bytes_at_random_never_fail_otherwise():
    chance = random.Random(7)
    whole = doubling()[MODEL]
    for _ in range(1000):
        data = bytearray(whole)
        for _ in range(3):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            parsed = check(bytes(data), {"weights.bin": 12})
            known = tfjs_topology.graph(parsed) if parsed.is_graph else tfjs_topology.layers(parsed)
            msgspec.convert(known["layers"], list[wire.ModelLayer])
            msgspec.convert(known["inputs"] + known["outputs"], list[wire.Tensor])
        except MLabsError as error:
            assert error.status < 500
