"""Files that attack who reads them are refused, with a reason; nothing is run, followed or allocated."""

from __future__ import annotations

import io
import json
import resource
import struct
import time
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from support.recorded_models import model_file

from mlabs_ext.service.conversion.__main__ import answer
from mlabs_ext.service.conversion.converting import MOST_WAYS
from mlabs_ext.service.conversion.reading import MOST_LAYERS
from mlabs_ext.service.conversion.task import Task

LIMIT = 64 << 20


def dense(**settings):
    config = {"name": "dense", "units": 2, "activation": "linear", "use_bias": True, **settings}
    return {"class_name": "Dense", "config": config}


def sequence(*layers):
    first = {
        "class_name": "InputLayer",
        "config": {"name": "in", "batch_input_shape": [None, 3], "dtype": "float32"},
    }
    return {"class_name": "Sequential", "config": {"name": "model", "layers": [first, *layers]}}


def saved(path, described, write=None, name="dense"):
    """An `.h5` of Keras 2 with one layer; `write` puts the weights, or something else, into its group."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "2.15.0"
        file.attrs["model_config"] = described if isinstance(described, str) else json.dumps(described)
        weights = file.create_group("model_weights")
        group = weights.create_group(name)
        group.attrs["weight_names"] = np.array(["dense/kernel:0", "dense/bias:0"], dtype="S")
        (write or whole)(group)
    return path


def whole(group):
    group["dense/kernel:0"] = np.ones((3, 2), np.float32)
    group["dense/bias:0"] = np.ones(2, np.float32)


def converted(folder, path, *more):
    target = folder / "made"
    target.mkdir(exist_ok=True)
    made = answer(Task({it.name: str(it) for it in (path, *more)}, str(target), LIMIT))
    return made, sorted(it.name for it in target.iterdir())


def refused(folder, path, *more):
    made, left = converted(folder, path, *more)
    assert made.failed, "it was taken"
    assert (made.failed.code, made.failed.status) in {("model_refused", 422), ("too_large", 413)}
    assert "model.json" not in left
    return made.failed.message


def test_the_length_that_a_text_is_said_to_have_is_not_believed(tmp_path):
    path = saved(tmp_path / "m.h5", sequence(dense()))
    data = bytearray(path.read_bytes())
    # A text of any length is written as how long it is, and where in the file.
    begin = data.index(struct.pack("<I", 6), data.index(b"keras_version"))
    data[begin : begin + 4] = struct.pack("<I", 0x7FFFFFFF)
    path.write_bytes(data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "its keras_version cannot be read" in refused(tmp_path, path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 512 << 10


def test_what_is_whole_is_taken(tmp_path):
    made, files = converted(tmp_path, saved(tmp_path / "m.h5", sequence(dense())))
    assert made.failed is None
    assert files == ["group1-shard1of1.bin", "model.json"]


def external_link(group):
    group.create_group("dense")
    group["dense/kernel:0"] = h5py.ExternalLink("/etc/passwd", "/")
    group["dense/bias:0"] = np.ones(2, np.float32)


def external_storage(group):
    group.create_dataset("dense/kernel:0", (3, 2), np.float32, external=[("secret.bin", 0, 24)])
    group["dense/bias:0"] = np.ones(2, np.float32)


def virtual(group):
    layout = h5py.VirtualLayout((3, 2), np.float32)
    layout[:] = h5py.VirtualSource("secret.h5", "secret", (3, 2), np.float32)
    group.create_group("dense").create_virtual_dataset("kernel:0", layout)
    group["dense/bias:0"] = np.ones(2, np.float32)


def soft_circle(group):
    group["dense"] = h5py.SoftLink(f"{group.name}/again")
    group["again"] = h5py.SoftLink(f"{group.name}/dense")


def hard_circle(group):
    group["dense"] = group


def larger_than_the_file(group):
    group.create_dataset("dense/kernel:0", (1 << 20, 1 << 20), np.float32, chunks=(1024, 1024))
    group["dense/bias:0"] = np.ones(2, np.float32)


def never_written(group):
    space = h5py.h5s.create_simple((3, 1 << 40))
    created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    created.set_alloc_time(h5py.h5d.ALLOC_TIME_LATE)
    h5py.h5d.create(group.create_group("dense").id, b"kernel:0", h5py.h5t.NATIVE_FLOAT, space, created)
    group["dense/bias:0"] = np.ones(2, np.float32)


def bomb(group):
    zeros = np.zeros((1 << 10, 20 << 10), np.float32)
    group.create_dataset("dense/kernel:0", data=zeros, compression="gzip", chunks=(1 << 10, 1 << 10))
    group["dense/bias:0"] = np.ones(2, np.float32)


def texts(group):
    group.create_dataset("dense/kernel:0", data=["x"] * 6, dtype=h5py.string_dtype())
    group["dense/bias:0"] = np.ones(2, np.float32)


def pointers(group):
    group.create_dataset("dense/kernel:0", (6,), h5py.ref_dtype)
    group["dense/bias:0"] = np.ones(2, np.float32)


def filtered(group):
    group.create_dataset("dense/kernel:0", data=np.ones((3, 2), np.float32), chunks=(3, 2), compression="lzf")
    group["dense/bias:0"] = np.ones(2, np.float32)


def not_numbers(group):
    group["dense/kernel:0"] = np.full((3, 2), np.nan, np.float32)
    group["dense/bias:0"] = np.ones(2, np.float32)


@pytest.mark.parametrize(
    ("attack", "words"),
    [
        (external_link, "a link to somewhere else"),
        (external_storage, "lie in another file"),
        (virtual, "lie in another file"),
        (soft_circle, "a link to somewhere else"),
        (hard_circle, "is missing"),
        (larger_than_the_file, "larger than what the file holds"),
        (never_written, "larger than what the file holds"),
        (bomb, "the limit here"),
        (texts, "no number that layers use"),
        (pointers, "no number that layers use"),
        (filtered, "larger than what the file holds"),
        (not_numbers, "no numbers"),
        (lambda group: None, "is missing"),
    ],
)
def test_hdf5(tmp_path, attack, words, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("secret.bin").write_bytes(b"s" * 24)
    with h5py.File("secret.h5", "w") as file:
        file["secret"] = np.full((3, 2), 7, np.float32)
    path = saved(tmp_path / "m.h5", sequence(dense()), attack)
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    assert words in refused(tmp_path, path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10
    assert time.process_time() - started < 5


def test_a_file_that_ends_early(tmp_path):
    whole_file = saved(tmp_path / "m.h5", sequence(dense())).read_bytes()
    for size in (0, 1, 8, 100, 1000, len(whole_file) // 2, len(whole_file) - 1):
        path = tmp_path / f"cut{size}.h5"
        path.write_bytes(whole_file[:size])
        assert "damaged" in refused(tmp_path, path)


def test_bytes_that_were_changed(tmp_path):
    """Nothing but an answer comes of it, whichever byte it is."""
    whole_file = bytearray(saved(tmp_path / "m.h5", sequence(dense())).read_bytes())
    random = np.random.RandomState(3)
    for number in range(150):
        broken = bytearray(whole_file)
        for place in random.randint(8, len(broken), 4):
            broken[place] = random.randint(256)
        path = tmp_path / "broken.h5"
        path.write_bytes(broken)
        made, _ = converted(tmp_path, path)
        assert made.made or made.failed.code in ("model_refused", "too_large"), number
        for left in (tmp_path / "made").iterdir():
            left.unlink()


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


def keras(path, config=None, weights=b"", compression=zipfile.ZIP_STORED, **more):
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.9.0"}))
        archive.writestr("config.json", json.dumps(config or sequence(dense())))
        archive.writestr("model.weights.h5", weights)
        for name, data in more.items():
            archive.writestr(name, data)
    return path


def test_zips(tmp_path):
    assert "not HDF5" in refused(tmp_path, keras(tmp_path / "no_weights.keras"))
    huge = keras(tmp_path / "bomb.keras", weights=bytes(LIMIT + 1), compression=zipfile.ZIP_DEFLATED)
    assert huge.stat().st_size < LIMIT // 500
    assert "the limit here" in refused(tmp_path, huge)
    text = keras(tmp_path / "text.keras", {"x": " " * (40 << 20)}, compression=zipfile.ZIP_DEFLATED)
    assert "larger than" in refused(tmp_path, text)
    cut = tmp_path / "cut.keras"
    cut.write_bytes(huge.read_bytes()[:-30])
    assert "no zip" in refused(tmp_path, cut)
    other = tmp_path / "other.keras"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("../config.json", "{}")
    assert "and this one does not" in refused(tmp_path, other)


def test_a_zip_that_says_less_than_it_holds(tmp_path):
    path = keras(tmp_path / "liar.keras", weights=bytes(LIMIT * 2), compression=zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    true, said = (LIMIT * 2).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    # Its own header, and its line in the list of members.
    for place in (data.rindex(b"model.weights.h5", 0, -200) - 8, data.rindex(b"model.weights.h5") - 22):
        assert data[place : place + 4] == true
        data[place : place + 4] = said
    path.write_bytes(data)
    assert "damaged" in refused(tmp_path, path)


def tfjs(folder, entries, size, paths=("a.bin",), topology=None):
    folder.mkdir(exist_ok=True)
    described = {
        "modelTopology": topology or sequence(dense()),
        "weightsManifest": [{"paths": list(paths), "weights": entries}],
    }
    (folder / "model.json").write_text(json.dumps(described))
    (folder / "a.bin").write_bytes(bytes(size))
    return sorted(folder.iterdir())


KERNEL = {"name": "dense/kernel", "shape": [3, 2], "dtype": "float32"}
BIAS = {"name": "dense/bias", "shape": [2], "dtype": "float32"}


@pytest.mark.parametrize(
    ("entries", "size", "paths", "words"),
    [
        ([KERNEL, BIAS], 31, ("a.bin",), "hold 31 bytes"),
        ([KERNEL, BIAS], 33, ("a.bin",), "hold 33 bytes"),
        ([KERNEL, BIAS], 32, ("a.bin", "b.bin"), "asks for 'b.bin'"),
        ([KERNEL, BIAS], 32, ("../a.bin",), "asks for '../a.bin'"),
        ([KERNEL, BIAS], 32, ("a.bin", "a.bin"), "twice"),
        ([KERNEL, BIAS], 32, (), "does not name 'a.bin'"),
        ([KERNEL], 24, ("a.bin",), "no weights 'bias'"),
        ([KERNEL, BIAS, {**BIAS, "name": "more/bias"}], 40, ("a.bin",), "belong to no layer"),
        ([{**KERNEL, "shape": [1 << 31, 1 << 31]}, BIAS], 32, ("a.bin",), "the limit here"),
        ([{**KERNEL, "shape": [-3, -2]}, BIAS], 32, ("a.bin",), "no shape"),
        ([{**KERNEL, "shape": [True, 6]}, BIAS], 32, ("a.bin",), "no shape"),
        ([{**KERNEL, "dtype": "string"}, BIAS], 32, ("a.bin",), "not converted"),
        ([{**KERNEL, "dtype": "object"}, BIAS], 32, ("a.bin",), "not converted"),
        (
            [{**KERNEL, "quantization": {"dtype": "uint8", "scale": "1", "min": 0}}, BIAS],
            14,
            ("a.bin",),
            "scale",
        ),
        ([KERNEL, KERNEL], 48, ("a.bin",), "twice"),
        (["x"], 32, ("a.bin",), "without a name"),
    ],
)
def test_shards(tmp_path, entries, size, paths, words):
    model, *more = tfjs(tmp_path / "in", entries, size, paths)
    message = refused(tmp_path, model, *more)
    assert words in message


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("model.pkl", b"\x80\x04cos\nsystem\n."),
        ("model.pt", b"PK\x03\x04"),
        ("saved_model.pb", b"\x08\x01"),
        ("model.onnx", b"\x08\x07"),
        ("model.h5", b""),
    ],
)
def test_other_files(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    assert "ave" in refused(tmp_path, path)


def test_several_files_are_no_model(tmp_path):
    first, second = saved(tmp_path / "a.h5", sequence(dense())), saved(tmp_path / "b.h5", sequence(dense()))
    assert "model.json" in refused(tmp_path, first, second)


def test_shards_are_cut_and_joined(tmp_path):
    """A large array crosses the edges of files."""
    rows = 1 << 20
    wide = {"class_name": "Embedding", "config": {"name": "dense", "input_dim": rows, "output_dim": 3}}
    values = np.arange(rows * 3, dtype=np.float32).reshape(rows, 3)

    def write(group):
        group.attrs["weight_names"] = np.array(["e:0"], dtype="S")
        group["e:0"] = values

    made, files = converted(tmp_path, saved(tmp_path / "m.h5", sequence(wide), write))
    assert made.made.files == ["model.json", *(f"group1-shard{number}of3.bin" for number in (1, 2, 3))]
    data = b"".join((tmp_path / "made" / name).read_bytes() for name in made.made.files[1:])
    assert np.array_equal(np.frombuffer(data, "<f4").reshape(rows, 3), values)
    assert io.BytesIO(data).getbuffer().nbytes == rows * 12
    assert sorted(files) == sorted(made.made.files)
