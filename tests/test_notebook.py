"""What is made of a notebook that was read: cleaned, with a title, a runtime, a source and digests."""

from __future__ import annotations

import nbformat
import pytest
from support import needs
from support.raw_notebooks import code, markdown, parse, raw

from mlabs_ext import notebook

VALID = sorted(needs.corpus().glob("*.ipynb"))


@pytest.mark.corpus
@pytest.mark.parametrize("path", VALID, ids=lambda path: path.name)
def test_every_notebook_of_the_corpus_is_read(path):
    nb = notebook.parse(path.read_bytes())
    nbformat.validate(nb)
    written = notebook.dumps(nb)
    assert notebook.dumps(notebook.parse(written)) == written


def test_clean_takes_private_metadata_off_and_nothing_else():
    info = {"user": {"displayName": "Ada", "userId": "1"}, "elapsed": 3}
    cell = code(
        metadata={
            "executionInfo": info,
            "outputId": "x",
            "colab": {"base_uri": "u", "height": 3},
            "tags": ["t"],
        }
    )
    nb = parse(
        raw(
            cell,
            metadata={
                "colab": {"name": "a.ipynb", "provenance": [{"file_id": "secret"}], "authorship_tag": "ABX"},
                "papermill": {
                    "duration": 2,
                    "environment_variables": {"TOKEN": "x"},
                    "input_path": "/home/ada/a.ipynb",
                },
                "vscode": {"interpreter": {"hash": "x"}},
                "mlabs": {"environment": "python"},
            },
        )
    )
    assert notebook.clean(nb) is nb
    assert nb.metadata == {
        "colab": {"name": "a.ipynb"},
        "papermill": {"duration": 2},
        "mlabs": {"environment": "python"},
    }
    assert nb.cells[0].metadata == {"colab": {"height": 3}, "tags": ["t"]}


TITLES = {
    "heading": (["# Hello *big* `world`"], "Hello big world"),
    "top level wins": (["##### Copyright 2019", "# Quickstart"], "Quickstart"),
    "no top level": (["text\n### One", "## Two"], "One"),
    "underlined": (["Intro\n=====\n"], "Intro"),
    "closed": (["# A # "], "A"),
    "C#": (["# C#"], "C#"),
    "empty before another": (["# <br>\n## ##\n### C"], "C"),
    "link": (["# [MNIST](https://example.org) &amp; more"], "MNIST & more"),
    "HTML": (['<h1 align="center">Big<br> one</h1>'], "Big one"),
    "code is no heading": (["```\n# no\n```\n# yes"], "yes"),
    "snake_case": (["# my_long_name"], "my_long_name"),
    "none": (["text"], None),
    "empty": (["# "], None),
    "long": (["# " + "a" * 500], "a" * 200),
}


@pytest.mark.parametrize(("sources", "title"), TITLES.values(), ids=TITLES)
def test_title(sources, title):
    assert notebook.title_of(parse(raw(code("# not this"), *map(markdown, sources)))) == title


RUNTIMES = {
    "none": ({}, {}),
    "mlabs": (
        {
            "mlabs": {
                "environment": "pytorch",
                "accelerator": "gpu",
                "lab": "ada/mnist",
                "data": ["ada/penguins@2"],
            }
        },
        {"environment": "pytorch", "accelerator": "gpu", "lab": "ada/mnist", "data": ("ada/penguins@2",)},
    ),
    "mlabs of wrong types": ({"mlabs": {"environment": 1, "accelerator": [], "lab": {}, "data": "x"}}, {}),
    "mlabs a list": ({"mlabs": []}, {}),
    "Colab": ({"accelerator": "GPU", "colab": {"gpuType": "T4"}}, {"accelerator": "gpu"}),
    "Colab TPU": ({"accelerator": "TPU"}, {}),
    "Colab None": ({"accelerator": "None", "colab": {}}, {"accelerator": "none"}),
    "Colab of a wrong type": ({"accelerator": ["GPU"]}, {}),
    "Kaggle": (
        {
            "kaggle": {
                "isGpuEnabled": True,
                "accelerator": "nvidiaTeslaT4",
                "dataSources": [
                    {"sourceType": "datasetVersion", "sourceId": 12},
                    {"sourceType": "competition", "sourceId": 3136},
                    1,
                ],
            }
        },
        {"accelerator": "gpu", "sources": ("kaggle:datasetVersion/12", "kaggle:competition/3136")},
    ),
    "Kaggle T4": ({"kaggle": {"accelerator": "nvidiaTeslaT4"}}, {"accelerator": "gpu"}),
    "Kaggle P100": ({"kaggle": {"accelerator": "GPU P100"}}, {"accelerator": "gpu"}),
    "Kaggle old, with": ({"kaggle": {"isGpuEnabled": True}}, {"accelerator": "gpu"}),
    "Kaggle old, without": ({"kaggle": {"isGpuEnabled": False}}, {"accelerator": "none"}),
    "Kaggle: the newer field counts": (
        {"kaggle": {"isGpuEnabled": True, "accelerator": "none"}},
        {"accelerator": "none"},
    ),
    "Kaggle TPU": ({"kaggle": {"isGpuEnabled": False, "accelerator": "tpuV5e8"}}, {"accelerator": "none"}),
    "Kaggle of wrong types": ({"kaggle": {"isGpuEnabled": "true", "accelerator": ["gpu"]}}, {}),
    "Kaggle without": ({"kaggle": {"isGpuEnabled": False, "accelerator": "none"}}, {"accelerator": "none"}),
    "a project of the trainer": ({"mlabs": {"trainer": {"format": 1}}}, {"trainer": True}),
    "no project": ({"mlabs": {"trainer": "yes"}}, {}),
    "ours before theirs": ({"accelerator": "GPU", "mlabs": {"accelerator": "none"}}, {"accelerator": "none"}),
}


@pytest.mark.parametrize(("metadata", "expected"), RUNTIMES.values(), ids=RUNTIMES)
def test_runtime(metadata, expected):
    assert notebook.runtime_of(parse(raw(metadata=metadata))) == notebook.Runtime(**expected)


def test_set_runtime_changes_only_what_is_given():
    nb = parse(raw(metadata={"mlabs": {"environment": "python", "note": "kept"}}))
    notebook.set_runtime(nb, accelerator="gpu", lab="ada/mnist", data=["ada/penguins@2"])
    assert nb.metadata.mlabs == {
        "environment": "python",
        "note": "kept",
        "accelerator": "gpu",
        "lab": "ada/mnist",
        "data": ["ada/penguins@2"],
    }


def test_set_source():
    nb = parse(raw(metadata={"mlabs": {"environment": "jax", "lab": "eve/mnist", "source": "old"}}))
    assert notebook.set_source(nb, "https://x").metadata.mlabs == {
        "environment": "jax",
        "source": "https://x",
    }
    assert notebook.set_source(parse(raw(metadata={"mlabs": {"lab": "eve/mnist"}})), "").metadata == {}
    assert notebook.set_source(parse(raw(metadata={"mlabs": []})), "u").metadata.mlabs == {"source": "u"}


def test_code_digest_depends_on_code_only():
    def digest(*cells):
        return notebook.code_sha256(parse(raw(*cells)))

    assert digest(code("a"), markdown("x")) == digest(markdown("y"), code("a\n"), code(" "))
    assert digest(code("a"), code("b")) != digest(code("a\nb"))
    assert digest().startswith("sha256:")


def test_digest():
    assert notebook.sha256(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
