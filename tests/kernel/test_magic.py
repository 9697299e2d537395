"""What `%runtime` shows, in each media type."""

from __future__ import annotations

import json

import pytest
from kernel.test_choices import KNOWN

MIME = "application/vnd.mlabs.runtime+json"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    file = tmp_path / "runtimes.json"
    file.write_text(json.dumps({"environments": KNOWN}))
    monkeypatch.setenv("MLABS_RUNTIMES", str(file))
    monkeypatch.setenv("MLABS_ENVIRONMENT", "python")
    monkeypatch.setenv("MLABS_ACCELERATOR", "none")


def bundle(line: str) -> dict:
    from mlabs_kernel.magic import answer

    return answer(line)._repr_mimebundle_()


def test_a_request():
    shown = bundle("pytorch gpu")
    assert shown[MIME] == {"environment": "pytorch", "accelerator": "gpu"}
    assert shown["text/plain"].startswith(
        "This notebook asks for PyTorch · GPU; it runs in Python. It restarts"
    )
    assert shown["text/html"] == f"<p>{shown['text/plain']}</p>"


def test_a_request_for_a_lent_machine_says_who_can_read_what_runs_there(tmp_path, monkeypatch):
    lent = [{**entry, "accelerators": ["none", "community"]} for entry in KNOWN]
    (tmp_path / "lent.json").write_text(json.dumps({"environments": lent}))
    monkeypatch.setenv("MLABS_RUNTIMES", str(tmp_path / "lent.json"))
    shown = bundle("pytorch community")
    assert shown[MIME] == {"environment": "pytorch", "accelerator": "community"}
    assert "PyTorch · Community machine" in shown["text/plain"]
    assert shown["text/plain"].endswith("can read this lab's code, data and results.")
    assert "CPU or Community machine" in bundle("")["text/plain"]


def test_a_request_for_what_runs():
    assert bundle("python") == {
        MIME: {"environment": "python", "accelerator": "none"},
        "text/html": "<p>This notebook asks for Python, and runs there.</p>",
        "text/plain": "This notebook asks for Python, and runs there.",
    }


def test_the_overview():
    shown = bundle("")
    assert MIME not in shown, "nothing is asked for"
    assert shown["text/plain"].splitlines() == [
        "This notebook runs in Python.",
        "  python   Python   CPU",
        "  pytorch  PyTorch  CPU or GPU",
        "  caffe    Caffe    not here: No cmake.",
        "To change it: %runtime NAME, or %runtime NAME gpu",
    ]
    assert "<td><code>pytorch</code></td><td>PyTorch</td><td>CPU or GPU</td>" in shown["text/html"]


def test_the_overview_without_a_catalogue(monkeypatch):
    monkeypatch.delenv("MLABS_RUNTIMES")
    assert bundle("") == {
        "text/plain": "This notebook runs in python. What else there is could not be looked up yet."
    }


def test_titles_are_no_html(tmp_path):
    entry = {"name": "x", "title": "<b>X</b>", "accelerators": ["none"], "available": True}
    (tmp_path / "runtimes.json").write_text(json.dumps({"environments": [entry]}))
    assert "<b>" not in bundle("")["text/html"] + bundle("x")["text/html"]


def test_words_that_mean_nothing_raise_in_one_line():
    from IPython.core.error import UsageError

    with pytest.raises(UsageError, match="There is no environment 'torch'"):
        bundle("torch")


def test_the_package():
    import mlabs

    assert mlabs.runtime() == ("python", "none")
