"""Profiles: changed by their person alone, and pinned labs that show nobody what they may not see."""

from __future__ import annotations

import pytest

from mlabs_ext import wire
from mlabs_ext.errors import Forbidden, NotFound, Unusable
from mlabs_ext.service.moderation import Moderation
from mlabs_ext.service.profiles import Profiles


@pytest.fixture
def profiles(rules):
    return Profiles(store=rules.store, addresses=rules.addresses)


def change(profiles, viewer, name="ada", **fields):
    return profiles.change(viewer, name, wire.ProfileChange(**fields))


def test_what_is_given_changes_and_the_rest_stays(rules, profiles):
    empty = profiles.get(rules.nobody, "ada")
    assert (empty.display_name, empty.bio, empty.link, empty.pinned) == ("", "", "", [])
    change(profiles, rules.ada, display_name=" Ada L. ", bio="One\r\n\r\ntwo ")
    changed = change(profiles, rules.ada, link="https://ada.example/x?y=1")
    assert changed == profiles.get(rules.ada, "ada")
    assert (changed.display_name, changed.bio) == ("Ada L.", "One\n\ntwo")
    assert profiles.names(["ada", "bob"]) == {"ada": "Ada L."}
    assert change(profiles, rules.ada, bio="").bio == ""
    assert profiles.get(rules.nobody, "no\0body").bio == ""


def test_only_ones_own(rules, profiles):
    with pytest.raises(NotFound):
        change(profiles, rules.bob, bio="x")
    with pytest.raises(Forbidden):
        change(profiles, rules.nobody, bio="x")
    assert change(profiles, rules.admin, bio="x").bio == "x"


@pytest.mark.parametrize(
    "fields",
    [
        {"link": "javascript:alert(1)"},
        {"link": "https://"},
        {"link": "ada.example"},
        {"link": 'https://a.example/"x'},
        {"link": "https://a.example/\u2028x"},
        {"link": "http://[::1"},
        {"bio": "a\0b"},
        {"display_name": "a\nb"},
        {"pinned": ["none"]},
        {"pinned": ["\0"]},
    ],
    ids=str,
)
def test_what_cannot_be_said(rules, profiles, fields):
    with pytest.raises(Unusable):
        change(profiles, rules.ada, **fields)


def test_pinned_labs_keep_their_order_and_their_secrets(rules, profiles):
    for name in ("a", "b", "c"):
        rules.publish(name=name)
    rules.publish(rules.bob, name="bobs")
    change(profiles, rules.ada, pinned=["c", "a", "b", "c"])
    assert [lab.name for lab in profiles.get(rules.nobody, "ada").pinned] == ["c", "a", "b"]
    rules.labs.change(rules.ada, "ada", "a", wire.LabChange(visibility="private"))
    rules.labs.delete(rules.ada, "ada", "c")
    assert [lab.name for lab in profiles.get(rules.bob, "ada").pinned] == ["b"]
    assert [lab.name for lab in profiles.get(rules.ada, "ada").pinned] == ["a", "b"]
    with pytest.raises(Unusable):
        change(profiles, rules.ada, pinned=["bobs"])


def test_words_that_were_taken_down_are_their_persons(rules, profiles):
    moderation = Moderation(store=rules.store, addresses=rules.addresses)
    with pytest.raises(NotFound):
        moderation.take_profile_down(rules.admin, "ada", "Why")
    rules.publish(name="a")
    change(profiles, rules.ada, bio="Buy it", display_name="Shop", pinned=["a"])
    moderation.take_profile_down(rules.admin, "ada", "Advertising")
    for viewer in (rules.bob, rules.nobody):
        seen = profiles.get(viewer, "ada")
        assert (seen.bio, seen.display_name, seen.taken_down, len(seen.pinned)) == ("", "", None, 1)
        with pytest.raises((NotFound, Forbidden)):
            moderation.of_profile(viewer, "ada")
    assert profiles.names(["ada"]) == {}
    assert profiles.get(rules.ada, "ada").taken_down is not None
    change(profiles, rules.ada, bio="Buy it again")
    assert profiles.get(rules.bob, "ada").bio == ""
    assert moderation.of_profile(rules.ada, "ada").reason == "Advertising"
    moderation.restore_profile(rules.admin, "ada")
    assert profiles.get(rules.bob, "ada").bio == "Buy it again"
