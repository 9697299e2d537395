"""What a notebook should run on is guessed, and the reason said."""

from __future__ import annotations

import json

import pytest
from support import needs

from mlabs_ext import notebook
from mlabs_ext.catalogue import Catalogue
from mlabs_ext.service.import_guess import data_of, guess


def made(*sources, **metadata):
    code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [code | {"id": f"c{n}", "source": source} for n, source in enumerate(sources)]
    root = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    return notebook.parse(json.dumps(root).encode())


def kernel(name, language, display=""):
    return {"name": name, "display_name": display or name, "language": language}


@pytest.fixture(scope="module")
def everywhere():
    """All that comes with MLabs, as where labs run in containers."""
    return Catalogue(local=False)


GUESSES = {
    "nothing": (made("1 + 1"), "python", "Nothing in it"),
    "plain Python": (made("import numpy as np, os\nfrom sklearn import svm"), "python", "Nothing in it"),
    "PyTorch": (made("import numpy as np\nimport torch.nn as nn"), "pytorch", "It imports torch."),
    "built on PyTorch": (made("    from pytorch_lightning import Trainer"), "pytorch", "pytorch_lightning"),
    "TensorFlow": (made("import tensorflow as tf"), "tensorflow", "It imports tensorflow."),
    "Keras": (made("from keras.layers import Dense"), "tensorflow", "It imports keras."),
    "JAX": (made("import jax.numpy as jnp", "import flax, optax"), "jax", "jax, flax and optax"),
    "Theano": (made("import theano.tensor as T"), "theano", "theano"),
    "Caffe": (made("import caffe"), "caffe", "caffe"),
    "Caffe by OpenCV": (made("import cv2\nnet = cv2.dnn.readNetFromCaffe(a, b)"), "caffe", "Caffe's"),
    "OpenCV beside another": (made("import cv2, torch"), "pytorch", "It imports torch."),
    "the one with more of it": (made("import torch", "import jax, flax, optax"), "pytorch", "torch"),
    "in a comment": (made("# import torch"), "python", "Nothing in it"),
    "in a text": (made("x = 'import torch'"), "python", "Nothing in it"),
    "R": (made("library(dplyr)", kernelspec=kernel("ir", "R")), "r", "It is written in R."),
    "R, by its kernel alone": (made("1", kernelspec={"name": "ir", "display_name": "R"}), "r", "in R."),
    "Julia": (
        made("using Flux", kernelspec=kernel("julia-1.9", "julia")),
        "python",
        "It is written in Julia, but there is no environment for that here.",
    ),
    "named": (made("import torch", mlabs={"environment": "jax"}), "jax", "The notebook asks for jax."),
    "named, and not here": (
        made("import torch", mlabs={"environment": "cobol"}),
        "pytorch",
        "It imports torch.",
    ),
    "named, and nothing else": (
        made("1", mlabs={"environment": "cobol"}),
        "python",
        "The notebook asks for cobol, but there is no environment for that here. This is the usual one.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("nb", "environment", "why"), GUESSES.values(), ids=GUESSES)
def test_environment(everywhere, nb, environment, why):
    found = guess(nb, everywhere)
    assert found.environment == environment
    assert why in found.why


def test_what_cannot_be_used_here_is_not_chosen():
    found = guess(made("library(dplyr)", kernelspec=kernel("ir", "R")), Catalogue(enabled=["python", "jax"]))
    assert found.environment == "python"
    assert found.why.startswith("It is written in R, but there is no environment for that here.")


ACCELERATORS = {
    "nobody asks": (made("import torch"), "none", "Nothing in it"),
    "Colab": (made("import torch", accelerator="GPU"), "gpu", "Colab's settings ask for a GPU."),
    "Kaggle": (
        made("import torch", kaggle={"isGpuEnabled": True}),
        "gpu",
        "Kaggle's settings ask for a GPU.",
    ),
    "itself": (made("import torch", mlabs={"accelerator": "gpu"}), "gpu", "The notebook asks for a GPU."),
    "where there is none": (made("1", accelerator="GPU"), "none", "Python has none here."),
    "a TPU": (made("import jax", accelerator="TPU"), "none", "a TPU, which there is none of here"),
    "something else": (made("1", mlabs={"accelerator": "quantum"}), "none", "'quantum'; Python has none"),
}


@pytest.mark.parametrize(("nb", "accelerator", "why"), ACCELERATORS.values(), ids=ACCELERATORS)
def test_accelerator(everywhere, nb, accelerator, why):
    found = guess(nb, everywhere)
    assert found.accelerator == accelerator
    assert why in found.accelerator_why


def test_data():
    sources = [
        {"sourceType": "datasetVersion", "sourceId": 12},
        {"sourceType": "competition", "sourceId": 3136},
    ]
    nb = made(
        "pd.read_csv('/kaggle/input/titanic/train.csv')\npd.read_csv('/kaggle/input/titanic/test.csv')",
        kaggle={"dataSources": sources},
        mlabs={"data": ["ada/penguins@2"]},
    )
    assert data_of(nb) == [
        "Kaggle: datasetVersion 12",
        "Kaggle: competition 3136",
        "/kaggle/input/titanic",
        "ada/penguins@2",
    ]
    assert data_of(made("1")) == []


CORPUS = {
    "docs__beginner.ipynb": "tensorflow",
    "docs-l10n__custom_federated_algorithms_2.ipynb": "tensorflow",
    "IRkernel__Demo.ipynb": "r",
    "JuliaTutorials__30.lin.ipynb": "python",
    "pytudes__Cheryl.ipynb": "python",
    "scipy-2018-sklearn__04.Training_and_Testing_Data.ipynb": "python",
}


@pytest.mark.corpus
@pytest.mark.parametrize(("name", "environment"), CORPUS.items(), ids=CORPUS)
def test_corpus(everywhere, corpus, name, environment):
    assert guess(notebook.parse((corpus / name).read_bytes()), everywhere).environment == environment


@pytest.mark.corpus
def test_every_notebook_of_the_corpus_gets_one(everywhere):
    names = {spec.name for spec in everywhere.all()}
    for path in needs.corpus().glob("*.ipynb"):
        assert guess(notebook.parse(path.read_bytes()), everywhere).environment in names
