"""Variants are held against their models, for inputs that are the same each time."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from support.models import dense, doubling, keras, model_json

from mlabs_ext.service.convert import Converter
from mlabs_ext.service.model_check import Check, compared

THIRD = float(np.float32(1 / 3))
HALVED = float(np.float16(THIRD))


def layered(units: int, activation: str, *numbers: float) -> dict[str, bytes]:
    """A Dense layer of one input; first its kernel, then its biases."""
    weights = [
        {"name": "d/kernel", "shape": [1, units], "dtype": "float32"},
        {"name": "d/bias", "shape": [units], "dtype": "float32"},
    ]
    layers = [dense("d", units, activation=activation, batch_input_shape=[None, 1], dtype="float32")]
    return {
        "model.json": model_json(weights, layers),
        "weights.bin": struct.pack(f"<{2 * units}f", *numbers),
    }


@pytest.fixture
def vary(tmp_path):
    """Converts files, makes a variant of that, and gives both."""

    async def vary(files, storage, converter=None):
        made = {}
        for name, data in files.items():
            made[name] = tmp_path / name
            made[name].write_bytes(data)
        for step in ("model", "variant"):
            (tmp_path / step).mkdir()
        converter = converter or Converter()
        model = await converter.convert(made, tmp_path / "model")
        served = {name: tmp_path / "model" / name for name in model.files}
        return served, (await converter.variant(served, tmp_path / "variant", storage)).compared

    return vary


async def test_what_is_kept_exactly_predicts_exactly_the_same(vary):
    _, found = await vary(doubling(), "float16")
    assert (found.rows, found.difference, found.classes, found.reason) == (32, 0, 0, "")
    # 2 * (a + b) + 1, with numbers from -1 to 1.
    assert 2 < found.largest < 5


async def test_the_largest_difference_is_that_of_the_numbers_times_what_goes_in(vary):
    _, found = await vary(layered(1, "linear", THIRD, 0.0), "float16")
    most = abs(THIRD - HALVED)
    assert 0.8 * most < found.difference <= most * 1.001
    assert 0.8 * THIRD < found.largest <= THIRD


@pytest.mark.parametrize(
    ("files", "classes", "same"),
    [
        pytest.param(layered(2, "softmax", 5.0, -5.0, 0.0, 0.0), 32, 32, id="softmax"),
        pytest.param(layered(1, "sigmoid", 5.0, 0.0), 32, 32, id="one probability"),
        pytest.param(layered(1, "linear", 5.0, 0.0), 0, 0, id="a number"),
        pytest.param(layered(2, "sigmoid", 5.0, -4.0, 0.0, 0.0), 0, 0, id="probabilities of their own"),
        # In one byte 50 and 50.1 are the same: then the first of both classes is taken.
        pytest.param(layered(3, "softmax", -100, 50, 50.1, 0, 0, 0), 32, None, id="confused classes"),
    ],
)
async def test_classes_are_counted_where_there_are_some(vary, files, classes, same):
    _, found = await vary(files, "uint8")
    assert found.classes == classes
    if same is None:
        assert 0 < found.same < classes
    else:
        assert found.same == same


@pytest.mark.parametrize("name", ["embedding.keras3.keras", "gru.keras3.keras", "convolution.keras2.h5"])
async def test_models_of_keras_can_be_compared(vary, name):
    _, found = await vary(keras(name), "uint8")
    assert (found.rows, found.reason) == (32, "")
    assert 0 < found.difference < 0.01


async def test_it_is_the_same_each_time(vary, tmp_path):
    served, found = await vary(layered(1, "tanh", THIRD, 0.1), "uint8")
    assert await compared(served, tmp_path / "variant", Check(60, 4 << 30)) == found


async def test_what_cannot_be_compared_has_a_reason(vary, tmp_path):
    served, _ = await vary(layered(1, "linear", 3e38, 3e38), "float32")
    folder = tmp_path / "model"
    found = await compared(served, folder, Check(60, 4 << 30))
    assert "predicts values that are no numbers" in found.reason
    assert "longer than 0.001 s" in (await compared(served, folder, Check(0.001, 4 << 30))).reason
    assert "memory" in (await compared(served, folder, Check(60, 1 << 20))).reason
    absent = {**served, "model.json": tmp_path / "absent.json"}
    assert "on random inputs: " in (await compared(absent, folder, Check(60, 4 << 30))).reason
