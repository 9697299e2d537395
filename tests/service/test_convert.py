"""Models are converted in a process of their own, and run in TensorFlow.js before they are ready."""

from __future__ import annotations

import asyncio
import json
import shutil
import struct
from pathlib import Path

import h5py
import numpy as np
import pytest
from support.recorded_models import corpus_predictions, model_file, predictions

from mlabs_ext.errors import TooLarge, Unavailable, Unusable
from mlabs_ext.service.conversion.shards import quantized
from mlabs_ext.service.convert import Converter


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()
    return folder


async def converted(path, target, converter=None, **more):
    files = {it.name: it for it in path.iterdir()} if path.is_dir() else {path.name: path}
    return await (converter or Converter()).convert(files, target, **more)


# Each model of the corpus that is taken: what it is, how many numbers it has, what it takes and gives.
CORPUS = {
    "fer_emotion_model.hdf5": ("keras2-h5", 58423, [None, 64, 64, 1], [None, 7]),
    "keras2_cnn_batchnorm.h5": ("keras2-h5", 79, [None, 10, 10, 3], [None, 1]),
    "keras2_dense_adam.h5": ("keras2-h5", 7114, [None, 100], [None, 10]),
    "keras2_simple_lstm.h5": ("keras2-h5", 10451, [25, 1, 1], [25, 1]),
    "tfjs_abalone": ("tfjs-layers", 3051, [None, 8], [None, 1]),
    "tfjs_doodle100": ("tfjs-layers", 110052, [None, 28, 28, 1], [None, 100]),
    "tfjs_layers_embedding": ("tfjs-layers", 2300, [None, 10], [None, 4]),
    "tfjs_graph_matmul": ("tfjs-graph", 4, [2, 2], [2, 2]),
}


@pytest.mark.corpus
@pytest.mark.parametrize("name", CORPUS)
async def test_models_of_the_corpus(name, corpus, target):
    recorded = corpus_predictions(name)
    made = await converted(corpus / "models" / name, target, recorded=recorded)
    format_, parameters, takes, gives = CORPUS[name]
    assert (made.format, made.parameters) == (format_, parameters)
    assert ([it.shape for it in made.inputs], [it.shape for it in made.outputs]) == ([takes], [gives])
    assert sorted(made.files) == sorted(it.name for it in target.iterdir())
    shown = [layer.shape for layer in made.layers]
    assert all(shown[:1] if made.format == "tfjs-graph" else shown)


@pytest.mark.corpus
async def test_a_folder_comes_with_its_name(corpus, target):
    files = {f"upload/{it.name}": it for it in (corpus / "models" / "tfjs_abalone").iterdir()}
    assert (await Converter().convert(files, target)).format == "tfjs-layers"


# Those that are refused, and the reason that docs/conversion.md gives.
REFUSED = {"WEIGHTS_ONLY_cnn.h5": "weights only", "keras1_cnn.h5": "Keras 1.1.2"}


@pytest.mark.corpus
def test_no_model_of_the_corpus_is_left_out(corpus):
    assert {path.name for path in (corpus / "models").iterdir()} == CORPUS.keys() | REFUSED.keys()


@pytest.mark.corpus
@pytest.mark.parametrize(("name", "reason"), REFUSED.items())
async def test_models_of_the_corpus_that_are_refused(name, reason, corpus, target):
    with pytest.raises(Unusable, match=reason) as refused:
        await converted(corpus / "models" / name, target)
    assert refused.value.code == "model_refused"
    assert list(target.iterdir()) == []


async def test_a_prediction_is_held_against_what_was_recorded(tmp_path, target):
    name = "lstm.keras3.keras"
    recorded = predictions(name)
    made = await converted(model_file(name, tmp_path), target, recorded=recorded)
    assert (made.format, [layer.kind for layer in made.layers]) == ("keras", ["InputLayer", "LSTM", "Dense"])
    recorded["outputs"][0][0][0] += 1e-3
    again = tmp_path / "again"
    again.mkdir()
    with pytest.raises(Unusable, match="something else than was recorded"):
        await converted(tmp_path / name, again, recorded=recorded)
    assert list(again.iterdir()) == []


async def test_layers_are_described_as_they_were(tmp_path, target):
    made = await converted(model_file("attention.keras3.keras", tmp_path), target)
    first = made.layers[0].name
    attention = next(layer for layer in made.layers if layer.kind == "MultiHeadAttention")
    assert (attention.after, attention.shape, attention.parameters) == ([first], [None, 5, 6], 168)
    assert any("MultiHeadAttention" in note for note in made.notes)
    assert made.needs == []


async def test_a_layer_that_only_mlabs_has_is_named(tmp_path, target):
    made = await converted(model_file("gru.keras2.h5", tmp_path), target)
    assert made.needs == ["ResetAfterGRU"]
    assert [layer.kind for layer in made.layers[1:3]] == ["GRU", "Bidirectional(GRU)"]
    # What was converted once is converted again, from its own files.
    again = tmp_path / "again"
    again.mkdir()
    made = await converted(target, again)
    assert (made.format, made.needs) == ("tfjs-layers", ["ResetAfterGRU"])


async def test_models_within_models(tmp_path, target):
    made = await converted(model_file("nested.keras3.h5", tmp_path), target)
    inner, last = (layer for layer in made.layers if layer.layers)
    assert (inner.kind, last.kind) == ("Functional", "Sequential")
    assert [layer.kind for layer in last.layers] == ["InputLayer", "Dense", "BatchNormalization"]
    assert all(layer.shape for layer in [*inner.layers, *last.layers])


@pytest.mark.parametrize(("storage", "size"), [("float32", 4), ("float16", 2), ("uint8", 1)])
async def test_numbers_in_less_room(storage, size, tmp_path, target):
    made = await converted(model_file("dense_sequential.keras3.h5", tmp_path), target, storage=storage)
    assert made.parameters == 43
    assert sum((target / name).stat().st_size for name in made.files[1:]) == 43 * size
    entries = json.loads((target / "model.json").read_text())["weightsManifest"][0]["weights"]
    assert {entry.get("quantization", {}).get("dtype", "float32") for entry in entries} == {storage}


@pytest.mark.parametrize(
    ("values", "error"), [([-0.5, 0, 0.1, 2], 0.005), ([3, 3], 0), ([1, 5, 9], 0.016), ([-7, -1], 0.012)]
)
def test_shorter_numbers_are_near_the_true_ones(values, error):
    true = np.array(values, np.float32)
    short, how = quantized(true, "uint8")
    assert short.dtype == np.uint8
    again = short * np.float32(how["scale"]) + np.float32(how["min"])
    assert np.abs(again - true).max() <= error + 1e-6
    assert np.all(again[true == 0] == 0)


@pytest.mark.corpus
async def test_what_takes_too_long_or_is_too_large(corpus, target):
    path = corpus / "models" / "fer_emotion_model.hdf5"
    with pytest.raises(Unusable, match="takes too long"):
        await converted(path, target, Converter(timeout=0.001))
    with pytest.raises(Unusable, match=r"longer than 0\.001 s"):
        await converted(path, target, Converter(check_timeout=0.001))
    with pytest.raises(Unusable, match="memory"):
        await converted(path, target, Converter(memory=1 << 20))
    with pytest.raises(TooLarge, match="may have 100 KB"):
        await converted(path, target, Converter(max_size=100 << 10))
    assert list(target.iterdir()) == []


async def test_without_a_build_it_says_so(tmp_path, target, monkeypatch):
    monkeypatch.setattr("mlabs_ext.service.model_check.SCRIPT", tmp_path / "absent.mjs")
    with pytest.raises(Unavailable, match="ui/build"):
        await converted(model_file("lstm.keras2.h5", tmp_path), target)


@pytest.mark.corpus
async def test_who_gives_up_leaves_nothing(corpus, target):
    task = asyncio.create_task(converted(corpus / "models" / "fer_emotion_model.hdf5", target))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(target.iterdir()) == []


@pytest.mark.corpus
async def test_the_check_may_read_nothing_else(corpus, target, tmp_path):
    """A manifest that leads out of the folder, which the converter does not write, is not followed."""
    from mlabs_ext.service.conversion.task import Converted
    from mlabs_ext.service.model_check import Check, checked

    shutil.copytree(corpus / "models" / "tfjs_abalone", tmp_path / "source")
    described = json.loads(Path(tmp_path, "source", "model.json").read_text())
    described["weightsManifest"][0]["paths"] = ["../source/weights.bin"]
    (target / "model.json").write_text(json.dumps(described))
    with pytest.raises(Unusable, match=r"permission|Access"):
        await checked(Converted("tfjs-layers", [], 0, [], []), target, Check(60, 4 << 30))


async def test_a_file_that_is_read_forever_ends_long_before_its_time(tmp_path, target):
    path = tmp_path / "model.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = "{}"
    data = bytearray(path.read_bytes())
    # The first text of the file's heap is followed by itself: its length and its header's are 0 together.
    begin = data.index(b"GCOL") + 24
    data[begin : begin + 8] = struct.pack("<q", -16)
    path.write_bytes(data)
    with pytest.raises(Unusable, match="takes too long"):
        await asyncio.wait_for(converted(path, target, Converter(timeout=600)), 200)
