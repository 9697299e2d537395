"""What a link carries comes back as it was made, or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mlabs_ext.service.seals import Seals


def test_words_come_back():
    seals = Seals(b"key")
    for words in ([], ["ada"], ["ada", "a.b@example.org"], ["ü\0", ""]):
        assert seals.open("confirm", seals.seal("confirm", *words, lasts=timedelta(days=1))) == words


def test_only_for_the_same_purpose_in_time_and_by_the_same_key():
    seals = Seals(b"key")
    assert seals.open("unsubscribe", seals.seal("confirm", "ada")) is None
    assert seals.open("confirm", seals.seal("confirm", "ada", lasts=timedelta(seconds=-1))) is None
    assert seals.open("confirm", Seals(b"other").seal("confirm", "ada")) is None


@pytest.mark.parametrize("token", ["", ".", "a.b", "a.b.c", "ü.ü", "=.=", "AAAA.AAAA", "\0"])
def test_what_is_no_token(token):
    assert Seals(b"key").open("confirm", token) is None


def test_no_sign_of_it_can_be_changed():
    seals = Seals(b"key")
    token = seals.seal("confirm", "ada")
    for place, sign in enumerate(token):
        other = token[:place] + ("A" if sign != "A" else "B") + token[place + 1 :]
        # The last sign of each half has bits that stand for nothing.
        if place not in (token.index(".") - 1, len(token) - 1):
            assert seals.open("confirm", other) is None, place
