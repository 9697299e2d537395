"""Collections: kept by their curator, in their order, and discreet about the labs in them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mlabs_ext import wire
from mlabs_ext.errors import Conflict, Forbidden, NotFound, Unusable
from mlabs_ext.service.curated import Collections
from mlabs_ext.service.idempotency import Key


@pytest.fixture
def curated(rules):
    """With a public collection `best` of bob's."""
    made = Collections(store=rules.store, addresses=rules.addresses)
    made.create(rules.bob, wire.CollectionCreate("Best", description="Of all."))
    return made


def put(curated, viewer, lab, owner="ada", **fields):
    return curated.put(viewer, "bob", "best", (owner, lab), wire.CollectionItemChange(**fields))


def labs(curated, viewer, name="best"):
    return [item.lab.name for item in curated.get(viewer, "bob", name).items]


def test_names_come_from_titles(rules, curated):
    names = [
        curated.create(rules.bob, wire.CollectionCreate(title)).name for title in ("Best", "Best", "Été!")
    ]
    assert names == ["best-2", "best-3", "ete"]
    assert curated.create(rules.ada, wire.CollectionCreate("Best")).name == "best"
    with pytest.raises(Conflict):
        curated.create(rules.bob, wire.CollectionCreate("X", name="best"))
    for fields in (("X", "Not a name"), (" ", None), ("a\0", None)):
        with pytest.raises(Unusable):
            curated.create(rules.bob, wire.CollectionCreate(*fields))
    key = Key("k", "said")
    twice = [curated.create(rules.bob, wire.CollectionCreate("Once"), key) for _ in range(2)]
    assert twice[0] == twice[1]
    with pytest.raises(Forbidden):
        curated.create(rules.nobody, wire.CollectionCreate("X"))


def test_labs_have_an_order_and_notes(rules, curated):
    for name in ("a", "b", "c"):
        rules.publish(name=name)
        put(curated, rules.bob, name, note=f"Note {name}")
    assert labs(curated, rules.nobody) == ["a", "b", "c"]
    put(curated, rules.bob, "c", position=1)
    put(curated, rules.bob, "a", position=99)
    whole = curated.get(rules.nobody, "bob", "best")
    assert [(item.lab.name, item.note) for item in whole.items] == [
        ("c", "Note c"),
        ("b", "Note b"),
        ("a", "Note a"),
    ]
    put(curated, rules.bob, "b", note="Changed")
    assert labs(curated, rules.nobody) == ["c", "b", "a"]
    for _ in range(2):
        curated.remove(rules.bob, "bob", "best", ("ada", "b"))
    assert labs(curated, rules.nobody) == ["c", "a"]


def test_a_lab_is_in_it_once_whoever_hurries(rules, curated):
    rules.publish(name="a")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: put(curated, rules.bob, "a", note=f"{n}"), range(4)))
    assert labs(curated, rules.nobody) == ["a"]


def test_what_a_viewer_may_not_see_is_not_in_it(rules, curated):
    for name in ("public", "private", "unlisted", "gone"):
        rules.publish(name=name)
        put(curated, rules.bob, name)
    rules.publish(rules.bob, name="own", visibility="unlisted")
    put(curated, rules.bob, "own", owner="bob")
    for name in ("private", "unlisted"):
        rules.labs.change(rules.ada, "ada", name, wire.LabChange(visibility=name))
    rules.labs.delete(rules.ada, "ada", "gone")
    assert labs(curated, rules.nobody) == ["public", "own"]
    assert labs(curated, rules.bob) == ["public", "unlisted", "own"]
    assert labs(curated, rules.ada) == ["public", "private", "unlisted", "own"]
    with pytest.raises(NotFound):
        put(curated, rules.bob, "private")
    curated.change(rules.bob, "bob", "best", wire.CollectionChange(visibility="unlisted"))
    assert labs(curated, rules.nobody) == ["public", "unlisted", "own"]
    rules.labs.empty_trash(rules.labs.now() + timedelta(days=31))
    assert labs(curated, rules.nobody) == ["public", "unlisted", "own"]


@pytest.mark.parametrize(
    ("visibility", "listed", "read"),
    [("public", True, True), ("unlisted", False, True), ("private", False, False)],
)
def test_who_sees_it(rules, curated, visibility, listed, read):
    curated.change(rules.bob, "bob", "best", wire.CollectionChange(visibility=visibility))
    for viewer in (rules.ada, rules.nobody):
        assert len(curated.list(viewer, "bob")[0]) == listed
        if read:
            assert curated.get(viewer, "bob", "best").title == "Best"
        else:
            with pytest.raises(NotFound):
                curated.get(viewer, "bob", "best")
    for viewer in (rules.bob, rules.admin):
        assert len(curated.list(viewer, "bob")[0]) == 1


def test_only_its_curator_changes_it(rules, curated):
    rules.publish(name="a")
    for call in (
        lambda who: curated.change(who, "bob", "best", wire.CollectionChange(title="X")),
        lambda who: curated.delete(who, "bob", "best"),
        lambda who: put(curated, who, "a"),
        lambda who: curated.remove(who, "bob", "best", ("ada", "a")),
    ):
        with pytest.raises(NotFound):
            call(rules.ada)
        with pytest.raises(Forbidden):
            call(rules.nobody)
    changed = curated.change(rules.bob, "bob", "best", wire.CollectionChange(title="Better"))
    assert (changed.name, changed.title, changed.description) == ("best", "Better", "Of all.")
    with pytest.raises(Unusable):
        curated.change(rules.bob, "bob", "best", wire.CollectionChange(title=" "))
    curated.delete(rules.bob, "bob", "best")
    with pytest.raises(NotFound):
        curated.get(rules.bob, "bob", "best")


def test_there_is_an_end_to_it(rules, curated, monkeypatch):
    monkeypatch.setattr("mlabs_ext.service.curated.MAX_ITEMS", 1)
    monkeypatch.setattr("mlabs_ext.service.curated.MAX_COLLECTIONS", 1)
    rules.publish(name="a")
    rules.publish(name="b")
    put(curated, rules.bob, "a")
    with pytest.raises(Unusable):
        put(curated, rules.bob, "b")
    with pytest.raises(Unusable):
        curated.create(rules.bob, wire.CollectionCreate("More"))


def test_the_list_goes_on(rules, curated):
    for title in ("One", "Two"):
        curated.create(rules.bob, wire.CollectionCreate(title))
    first, following = curated.list(rules.nobody, "bob", 2)
    second, nothing = curated.list(rules.nobody, "bob", 2, following)
    assert [row.name for row in (*first, *second)] == ["two", "one", "best"]
    assert nothing is None
