"""The shapes of a network's weights are those that TensorFlow.js gives them."""

from __future__ import annotations

import msgspec
import pytest
from support.pool import spec

from mlabs_ext.errors import Unusable
from mlabs_ext.service.pool_network import network
from mlabs_ext.wire.community import JobSpec

DENSE = {"kind": "dense", "units": 5, "activation": "relu"}
CONVOLUTION = {"kind": "convolution", "filters": 4, "size": 3, "pool": True, "activation": "relu"}
GRU = {"kind": "recurrent", "cell": "gru", "units": 6}
MEAN = {"kind": "pooling", "how": "average"}
WORDS = {"kind": "embedding", "units": 7}


def made(**fields):
    return network(msgspec.convert(spec(**fields), JobSpec))


NETWORKS = {
    "none": ({"shape": [3], "layers": []}, [(3, 2), (2,)]),
    "dense": ({"shape": [3], "layers": [DENSE]}, [(3, 5), (5,), (5, 2), (2,)]),
    "a picture": (
        {"shape": [9, 8, 3], "layers": [CONVOLUTION]},
        [(3, 3, 3, 4), (4,), (4 * 4 * 4, 2), (2,)],
    ),
    "a series": ({"shape": [9, 2], "layers": [CONVOLUTION]}, [(3, 2, 4), (4,), (4 * 4, 2), (2,)]),
    "gru": ({"shape": [9, 2], "layers": [GRU]}, [(2, 18), (6, 18), (18,), (6, 2), (2,)]),
    "two of them": (
        {"shape": [9, 2], "layers": [GRU, {**GRU, "cell": "lstm"}]},
        [(2, 18), (6, 18), (18,), (6, 24), (6, 24), (24,), (6, 2), (2,)],
    ),
    "simple": (
        {"shape": [9, 2], "layers": [{**GRU, "cell": "simple"}]},
        [(2, 6), (6, 6), (6,), (6, 2), (2,)],
    ),
    "a text": (
        {"shape": [12], "words": 50, "layers": [WORDS, MEAN]},
        [(50, 7), (7, 2), (2,)],
    ),
    "a text without a pooling": (
        {"shape": [12], "words": 50, "layers": [WORDS]},
        [(50, 7), (84, 2), (2,)],
    ),
    "all of it": (
        {"shape": [12], "words": 50, "layers": [WORDS, CONVOLUTION, GRU, DENSE]},
        [(50, 7), (3, 7, 4), (4,), (4, 18), (6, 18), (18,), (6, 5), (5,), (5, 2), (2,)],
    ),
}


@pytest.mark.parametrize(("fields", "shapes"), NETWORKS.values(), ids=NETWORKS)
def test_a_network_has_these_weights(fields, shapes):
    assert made(**fields).weights == shapes


@pytest.mark.parametrize(
    ("optimiser", "kept"), [("sgd", 0), ("momentum", 1), ("rmsprop", 2), ("adam", 2)], ids=str
)
def test_an_optimiser_keeps_its_steps_and_so_much_for_each_weight(optimiser, kept):
    found = made(layers=[DENSE], optimiser=optimiser)
    assert found.optimizer == [(), *found.weights * kept]
    assert found.size == 4 * (1 + found.parameters * (1 + kept))


UNFIT = {
    "words without an embedding": {"shape": [12], "words": 9, "layers": [DENSE]},
    "an embedding without words": {"shape": [12], "layers": [WORDS]},
    "an embedding in the middle": {"shape": [12], "words": 9, "layers": [WORDS, WORDS]},
    "a window that is too large": {"shape": [2, 2, 1], "layers": [CONVOLUTION]},
    "no room to pool": {"shape": [1, 4], "layers": [{**CONVOLUTION, "size": 1}]},
    "a recurrent layer of numbers": {"shape": [3], "layers": [GRU]},
    "a pooling of numbers": {"shape": [3], "layers": [DENSE, MEAN]},
    "a pooling of pictures": {"shape": [9, 9, 1], "layers": [MEAN]},
}


@pytest.mark.parametrize("fields", UNFIT.values(), ids=UNFIT)
def test_layers_that_do_not_fit_are_none(fields):
    with pytest.raises(Unusable) as refused:
        made(**fields)
    assert refused.value.code == "network_unfit"
