"""How a model's page says what a variant is like."""

from __future__ import annotations

import pytest

from mlabs_ext import wire
from mlabs_ext.service.web.pages.model_variants import told


def compared(*found, reason=None):
    return wire.ModelCompared(*found, reason)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        pytest.param(compared(32, 0.0, 1.0, 1.0), "exactly the same.", id="the same"),
        pytest.param(compared(32, 0.00123, 0.98, None), "more than 0.00123, where the model's go", id="far"),
        pytest.param(compared(32, 0.1, 1.0, 1.0), "likely class is always the same.", id="all classes"),
        pytest.param(compared(32, 0.1, 1.0, 0.9999), "the same in 99 % of cases.", id="nearly all classes"),
        pytest.param(compared(1, 0.1, 1.0, 1.0), "Tried on 1 random input:", id="one"),
        pytest.param(compared(0, None, None, None, reason="why"), "not be measured: why.", id="reason"),
    ],
)
def test_how_far_it_differs_is_said_in_words(found, words):
    assert words in told(found)
