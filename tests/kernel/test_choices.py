"""The words after `%runtime`."""

from __future__ import annotations

import pytest

KNOWN = [
    {"name": "python", "title": "Python", "accelerators": ["none"], "available": True},
    {"name": "pytorch", "title": "PyTorch", "accelerators": ["none", "gpu"], "available": True},
    {"name": "caffe", "title": "Caffe", "accelerators": ["none"], "available": False, "reason": "No cmake."},
]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("pytorch gpu", ("pytorch", "gpu")),
        ("pytorch", ("pytorch", "none")),
        ("  PyTorch   GPU ", ("pytorch", "gpu")),
        ("python none", ("python", "none")),
    ],
)
def test_what_is_understood(line, wanted):
    from mlabs_kernel.choices import Runtime, understood

    assert understood(line, Runtime("python"), KNOWN) == wanted
    assert understood(line, Runtime("python"), []) == wanted, "without a catalogue all is taken"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("none", "'none' is no environment. Write: %runtime ENVIRONMENT [ACCELERATOR], for example: "
         "%runtime python none"),
        ("gpu", "for example: %runtime python gpu"),
        ("cpu", "for example: %runtime python none"),
        ("torch", "There is no environment 'torch'. There are: python, pytorch, caffe."),
        ("pytorch tpu", "PyTorch has no accelerator 'tpu' here. It has: gpu."),
        ("python gpu", "Python runs without an accelerator here. Write: %runtime python"),
        ("caffe", "Caffe cannot be used here. No cmake."),
        ("pytorch gpu please", "3 words are too many."),
    ],
)  # fmt: skip
def test_what_is_not(line, said):
    from mlabs_kernel.choices import Runtime, Wrong, understood

    with pytest.raises(Wrong) as wrong:
        understood(line, Runtime("python"), KNOWN)
    assert said in str(wrong.value)


@pytest.mark.parametrize(
    "content", [None, "", "{", "[]", '{"other": 1}'], ids=["absent", "empty", "torn", "list", "other"]
)
def test_a_catalogue_that_cannot_be_read_is_none(tmp_path, monkeypatch, content):
    from mlabs_kernel.choices import environments

    monkeypatch.delenv("MLABS_RUNTIMES", raising=False)
    assert environments() == []
    file = tmp_path / "runtimes.json"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("MLABS_RUNTIMES", str(file))
    assert environments() == []
