"""Which files make a model, and what is said of those that do not."""

from __future__ import annotations

import pytest

from mlabs_ext.errors import BadInput, Unusable
from mlabs_ext.service.model_upload import Stored, checked


def files(*paths):
    return [Stored(path, "sha256:0", 1) for path in paths]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("net.onnx", "is an ONNX model, which is not converted here"),
        ("folder/net.ONNX", "onnx2tf with -okv3. Upload a `.keras`"),
        ("saved_model.pb", "tensorflowjs_converter makes a model of TensorFlow.js of it. Upload"),
        ("net.tflite", "for TensorFlow Lite"),
        ("net.pt", "a model of PyTorch"),
        ("net.zip", "unpack it first"),
        ("net.bin", "no model.json among the files"),
    ],
)
def test_what_is_no_model_here_is_told_what_to_do(name, words):
    with pytest.raises(Unusable) as refused:
        checked(files(name))
    assert words in refused.value.message
    assert refused.value.code == "model_files_invalid"


@pytest.mark.parametrize("other", ["weights.bin", "net2/weights.bin", "netx/weights.bin"])
def test_a_file_beside_the_folder_of_a_model_has_a_bad_path(other):
    with pytest.raises(BadInput, match=r"does not lie in the folder of 'net/model\.json'") as refused:
        checked(files("net/model.json", other))
    assert refused.value.code == "path_invalid"
    assert [file.path for file in checked(files("net/model.json", "net/weights.bin"))] == [
        "model.json",
        "weights.bin",
    ]
