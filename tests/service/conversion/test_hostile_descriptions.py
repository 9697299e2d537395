"""Descriptions of models that attack who reads them are refused, with a reason, whatever stands in them."""

from __future__ import annotations

import json

import h5py
import pytest
from support.hostile_models import converted, dense, refused, saved, sequence, tfjs
from support.recorded_models import model_file

from mlabs_ext.service.conversion.converting import MOST_WAYS
from mlabs_ext.service.conversion.reading import MOST_LAYERS

LAMBDA = {"class_name": "Lambda", "config": {"name": "evil", "function": ["4wEAAAA=", None, None]}}
CUSTOM = {
    "class_name": "Own",
    "module": "own.layers",
    "registered_name": "mine>Own",
    "config": {"name": "own"},
}
POSING = {**dense(), "module": "os", "registered_name": None}
OPERATION = {"class_name": "Multiply", "module": "keras.src.ops.numpy", "config": {"name": "multiply"}}


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (LAMBDA, "a Lambda layer"),
        ({"class_name": "TFOpLambda", "config": {"name": "tf.math"}}, "a calculation"),
        ({"class_name": "Own", "config": {"name": "own"}}, "of the kind 'Own'"),
        (CUSTOM, "a layer of your own"),
        (POSING, "a layer of your own"),
        (OPERATION, "with an operator or keras.ops"),
        ({"class_name": "TextVectorization", "config": {"name": "words"}}, "of the kind 'TextVectorization'"),
        ({"class_name": "TimeDistributed", "config": {"name": "all", "layer": LAMBDA}}, "a Lambda layer"),
        (sequence(LAMBDA), "a Lambda layer"),
        (
            dense(activation={"class_name": "function", "config": "system", "module": "os"}),
            "activation 'system'",
        ),
        (dense(activation="<lambda>"), "activation '<lambda>'"),
        (dense(units={"class_name": "eval"}), "units="),
        (dense(surprise=1), "surprise=1"),
        (dense(name="../up"), "no layer can have"),
        ({"class_name": ["Dense"], "config": {}}, "without a class"),
        ({"class_name": "Dense"}, "without settings"),
        ("Dense", "without settings"),
    ],
)
def test_layers(tmp_path, layer, words):
    message = refused(tmp_path, saved(tmp_path / "m.h5", sequence(layer)))
    assert words in message


@pytest.mark.parametrize(
    ("described", "words"),
    [
        ("", "not JSON"),
        ("[" * 1_000_000, "not JSON"),
        ("[]", "no object"),
        ('{"class_name": "Sequential", "config": {"layers": []}}', "names no layers"),
        ('{"class_name": "MyModel", "config": {}}', "whose Python code is not in the file"),
        (json.dumps(sequence(dense(name="x"), dense(name="x"))), "are called 'x'"),
        (json.dumps(sequence(dense())).replace("null, 3", "null, 1e999"), "no number"),
    ],
)
def test_descriptions(tmp_path, described, words):
    assert words in refused(tmp_path, saved(tmp_path / "m.h5", described))


def places(value):
    """Everything in a description that could be something else."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("embedding_masked.keras3.h5", -1),
        ("embedding_masked.keras3.h5", ["x"]),
        ("attention.keras2.h5", None),
    ],
)
def test_descriptions_with_something_odd_in_any_place(tmp_path, name, odd):
    path = model_file(name, tmp_path)
    with h5py.File(path) as file:
        described = json.loads(file.attrs["model_config"])
    # Every third, as all take half a minute.
    for holder, key in list(places(described))[::3]:
        true, holder[key] = holder[key], odd
        with h5py.File(path, "r+") as file:
            file.attrs["model_config"] = json.dumps(described)
        made, _ = converted(tmp_path, path)
        assert made.made or made.failed.code == "model_refused", key
        for left in (tmp_path / "made").iterdir():
            left.unlink()
        holder[key] = true


def test_models_within_models_have_a_limit(tmp_path):
    inner = [dense(name=f"d{number}") for number in range(MOST_LAYERS // 2)]
    twice = sequence(*({**sequence(*inner), "name": name} for name in ("one", "two")))
    assert "more than 5000 layers" in refused(tmp_path, saved(tmp_path / "m.h5", twice))


def test_layers_are_connected_in_so_many_ways_at_most(tmp_path):
    described = circle("in", "a")
    described["config"]["layers"][2]["inbound_nodes"] = [[["a", 0, 0, {}]] * (MOST_WAYS + 1)]
    described = {**described, "keras_version": "2.15.0"}
    model, *more = tfjs(tmp_path / "in", [], 0, topology=described)
    assert "more than 100,000 ways" in refused(tmp_path, model, *more)


def test_of_a_graph_with_too_much_in_it_nothing_is_shown(tmp_path):
    names = [f"x{number}" for number in range(400)]
    nodes = [{"name": name, "op": "AddN", "input": names} for name in names]
    made, _ = converted(tmp_path, *tfjs(tmp_path / "in", [], 0, topology={"node": nodes})[::-1])
    assert made.made.layers == []


@pytest.mark.parametrize(
    "node",
    [
        {"name": "x"},
        {"op": "Add"},
        {"name": "x" * 501, "op": "Add"},
        {"name": ["x"], "op": "Add"},
        {"name": "x", "op": "Const"},
        "x",
    ],
)
def test_graphs_of_odd_operations(tmp_path, node):
    model, *more = tfjs(tmp_path / "in", [], 0, topology={"node": [node]})
    assert "damaged" in refused(tmp_path, model, *more)


def test_a_graph_with_odd_sources_is_shown_without_them(tmp_path):
    first = {"name": "x", "op": "Placeholder", "input": 7}
    second = {"name": "y", "op": "Relu", "input": ["x", None, "^x", "gone:1"]}
    made, _ = converted(tmp_path, *tfjs(tmp_path / "in", [], 0, topology={"node": [first, second]})[::-1])
    assert [(layer.name, layer.after) for layer in made.made.layers] == [("x", []), ("y", ["x"])]


def circle(first, second):
    def layer(name, before):
        return {**dense(name=name), "name": name, "inbound_nodes": [[[before, 0, 0, {}]]]}

    entry = {
        "class_name": "InputLayer",
        "name": "in",
        "config": {"batch_input_shape": [None, 3]},
        "inbound_nodes": [],
    }
    config = {"name": "m", "layers": [entry, layer("a", first), layer("b", second)]}
    return {
        "class_name": "Model",
        "config": {**config, "input_layers": [["in", 0, 0]], "output_layers": [["b", 0, 0]]},
    }


@pytest.mark.parametrize(("first", "second"), [("b", "a"), ("a", "a"), ("nowhere", "a")])
def test_graphs_without_a_beginning(tmp_path, first, second):
    assert "damaged" in refused(tmp_path, saved(tmp_path / "m.h5", circle(first, second)))
