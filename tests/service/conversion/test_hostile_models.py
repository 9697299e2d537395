"""Zips, shards and other files that attack who reads them are refused, and what is whole is taken."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from support.hostile_models import LIMIT, converted, dense, keras, refused, saved, sequence, tfjs


def test_what_is_whole_is_taken(tmp_path):
    made, files = converted(tmp_path, saved(tmp_path / "m.h5", sequence(dense())))
    assert made.failed is None
    assert files == ["group1-shard1of1.bin", "model.json"]


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
