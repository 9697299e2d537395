"""Models that read texts say by which words; all others do not."""

from __future__ import annotations

import json

import pytest

from mlabs_ext.service.model_texts import Text, text_of

TEXT = {"name": "review", "length": 20, "vocabulary": ["good"], "other": "[^a-z]+", "alone": "[ab]"}


def described(metadata) -> bytes:
    return json.dumps({"modelTopology": {}, "userDefinedMetadata": metadata}).encode()


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        [],
        {"mlabs": {"classes": ["a"]}},
        {"mlabs": {"text": {**TEXT, "length": "20"}}},
        {"mlabs": {"text": {**TEXT, "vocabulary": [1]}}},
        {"mlabs": {"text": {"name": "review"}}},
    ],
    ids=["none", "list", "no text", "a length that is a word", "words that are numbers", "half of it"],
)
def test_what_does_not_fit_is_nothing(metadata):
    assert text_of(described(metadata)) is None


def test_what_the_trainer_wrote_is_read():
    assert text_of(described({"mlabs": {"text": {**TEXT, "more": 1}}})) == Text(**TEXT)
    assert text_of(b"{}") is text_of(b"no JSON") is None
