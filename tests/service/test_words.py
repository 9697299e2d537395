"""Words are the same however they are written, and nothing that is asked is more than words."""

from __future__ import annotations

import pytest

from mlabs_ext.service.words import MAX_TERMS, MAX_WORD, Term, terms, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("%_&| \0\n", [], id="no word"),
        pytest.param("Train_test-split(X, y)", ["train", "test", "split", "x", "y"], id="code"),
        pytest.param("import torch.nn as nn", ["import", "torch", "nn", "as", "nn"], id="dots"),
        pytest.param("Größe ÉTOILES", ["grosse", "etoiles"], id="accents"),
        pytest.param("E\u0301toile", ["etoile"], id="decomposed"),
        pytest.param("\ufb01t \u216b \uff14\uff12", ["fit", "xii", "42"], id="compatible"),
        pytest.param("機械learning", ["機", "械", "learning"], id="signs"),
        pytest.param("がか", ["が", "か"], id="voiced signs stay"),
        pytest.param("ΩΜΕΓΑ λόγος", ["ωμεγα", "λογοσ"], id="greek"),
        pytest.param("a" * 100, ["a" * MAX_WORD], id="long"),
    ],
)
def test_words(text, found):
    assert words(text) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("MNIST", [Term(("mnist",), True)], id="word"),
        pytest.param("r", [Term(("r",))], id="letter"),
        pytest.param("mnist mnist", [Term(("mnist",), True)], id="twice"),
        pytest.param('"Random Forest"', [Term(("random", "forest"))], id="phrase"),
        pytest.param("“random forest” x1", [Term(("random", "forest")), Term(("x1",), True)], id="typeset"),
        pytest.param("learning_rate", [Term(("learning", "rate"), True)], id="identifier"),
        pytest.param('"open', [Term(("open",), True)], id="unclosed"),
        pytest.param('" " *', [], id="empty phrase"),
        pytest.param('a"b c"d', [Term(("a",)), Term(("b", "c")), Term(("d",))], id="amid"),
        pytest.param(
            "title:x* OR NOT (y) NEAR/3 ^z -w",
            [
                Term(("title", "x")),
                Term(("or",), True),
                Term(("not",), True),
                Term(("y",)),
                Term(("near", "3")),
                Term(("z",)),
                Term(("w",)),
            ],
            id="syntax",
        ),
    ],
)
def test_terms(query, found):
    assert terms(query) == found


def test_what_is_asked_is_bounded():
    assert len(terms(" ".join(f"word{n}" for n in range(100)))) == MAX_TERMS
    assert len(terms("ab" * 1_000_000)) == 1
