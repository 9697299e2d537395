"""Excerpts show the words that were found, as they were written."""

from __future__ import annotations

import pytest

from mlabs_ext.service import orm
from mlabs_ext.service.excerpts import LENGTH, excerpt, marks
from mlabs_ext.service.search_text import Piece, packed
from mlabs_ext.service.words import terms


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        pytest.param("a model of models", "model", ["model", "models"], id="beginnings"),
        pytest.param("remodel", "model", [], id="not inside"),
        pytest.param("x_model.fit", "model fit", ["model", "fit"], id="in code"),
        pytest.param("a models", '"model"', [], id="whole"),
        pytest.param("Random  Forest, random", '"random forest"', ["Random  Forest"], id="phrase"),
        pytest.param(
            "learning_rate and learning rate", "learning_rate", ["learning_rate", "learning rate"], id="name"
        ),
        pytest.param("Größe der ÉTOILES", "grosse étoile", ["Größe", "ÉTOILES"], id="accents"),
        pytest.param("E\u0301toile", "etoile", ["E\u0301toile"], id="decomposed"),
        pytest.param("深い機械学習の本", "機械", ["機械"], id="signs"),
        pytest.param("機械learning", "learn", ["learning"], id="after a sign"),
        pytest.param("models", "model models", ["models"], id="overlap"),
        pytest.param("r and ruby", "r", ["r"], id="letter"),
        pytest.param("<b>model</b>", "b", ["b", "b"], id="markup"),
        pytest.param("", "x", [], id="nothing"),
    ],
)
def test_marks(text, query, found):
    assert [text[start:end] for start, end in marks(text, terms(query))] == found


def shown(query: str, *pieces: str, **fields):
    lab = orm.Lab(**{"title": "T", "description": "", "tags": [], "owner": "ada", "name": "x", **fields})
    return excerpt(lab, packed([Piece("code", text) for text in pieces]), terms(query))


def test_the_place_with_most_of_the_words_is_shown():
    assert shown("alpha beta", "alpha", "beta alpha", title="Alpha").text == "beta alpha"
    assert shown("alpha beta", "alpha", title="Alpha and beta").where == "title"
    assert shown("alpha", "x alpha", description="alpha y").where == "description"
    assert shown("ada", "x").where == "name"
    assert shown('"end begin"', "the end", "begin").marks == []


def test_long_texts_are_cut_around_the_first_word():
    text = " ".join(f"before{n}" for n in range(200)) + "\n\n    zebra = 1\n" + "after " * 200
    found = shown("zebra", text)
    assert found.text.startswith("… before")
    assert found.text.endswith("after …")
    assert " zebra = 1 after" in found.text
    assert LENGTH / 2 < len(found.text) <= LENGTH + 4
    assert [found.text[a:b] for a, b in found.marks] == ["zebra"]
    assert shown("zebra", "zebra " + "x" * 1000).text == "zebra …"
    assert len(shown("zebra", "é" * 2000 + " zebra").text) < LENGTH


def test_a_hostile_text_costs_no_time():
    found = shown("a b", *["a" * 3000, "ab " * 1000, "_" * 3000] * 10)
    assert found.marks == []
