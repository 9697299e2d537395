"""Stars are counted exactly, move a lab in the lists, and show nobody what they may not see."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mlabs_ext import wire
from mlabs_ext.errors import Forbidden, NotFound
from mlabs_ext.service import orm
from mlabs_ext.service.stars import Stars
from mlabs_ext.service.viewers import Viewer


@pytest.fixture
def stars(rules):
    return Stars(store=rules.store, addresses=rules.addresses)


def people(count):
    return [Viewer(name=f"p{n}", can_read=True, can_write=True) for n in range(count)]


def test_giving_and_taking_back_twice_is_as_once(rules, stars):
    rules.publish(name="x")
    for _ in range(2):
        assert stars.give(rules.bob, "ada", "x") == wire.Stars(1, True)
    assert rules.labs.get(rules.bob, "ada", "x").starred
    assert not rules.labs.get(rules.ada, "ada", "x").starred
    assert not rules.labs.get(rules.nobody, "ada", "x").starred
    for _ in range(2):
        assert stars.take_back(rules.bob, "ada", "x") == wire.Stars(0, False)
    assert rules.labs.get(rules.bob, "ada", "x").stars == 0


def test_counts_are_exact_whoever_else_does_the_same(rules, stars):
    rules.publish(name="x")
    viewers = people(6)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda viewer: stars.give(viewer, "ada", "x"), viewers * 3))
        assert rules.labs.get(rules.ada, "ada", "x").stars == 6
        mixed = [(stars.take_back, viewer) for viewer in viewers[:4]] * 2
        mixed += [(stars.give, viewer) for viewer in viewers[4:]] * 2
        list(pool.map(lambda call: call[0](call[1], "ada", "x"), mixed))
    with rules.store.read() as session:
        lab = session.get_one(orm.Lab, rules.labs.get(rules.ada, "ada", "x").id)
        assert (lab.stars, lab.popularity) == (2, 2)


def test_stars_order_the_lists(rules, stars):
    for name in ("old", "starred", "new"):
        rules.publish(name=name)
    for viewer in people(2):
        stars.give(viewer, "ada", "starred")
    for sort in ("popular", "trending"):
        assert rules.labs.find(rules.nobody, sort=sort)[0][0].name == "starred"


def test_a_star_that_was_taken_back_leaves_no_heat(rules, stars):
    lab = rules.publish(name="x")

    def heat():
        with rules.store.read() as session:
            return session.get_one(orm.Lab, lab.id).heat

    before = heat()
    for _ in range(20):
        stars.give(rules.bob, "ada", "x")
        assert heat() > before
        stars.take_back(rules.bob, "ada", "x")
    assert heat() == pytest.approx(before, abs=1e-6)


def test_my_stars_are_those_i_may_still_see(rules, stars):
    for name in ("a", "b", "c", "d"):
        rules.publish(name=name)
        stars.give(rules.bob, "ada", name)
    first, following = stars.mine(rules.bob, 3)
    assert [lab.name for lab in first] == ["d", "c", "b"]
    assert all(lab.starred for lab in first)
    assert [lab.name for lab in stars.mine(rules.bob, 3, following)[0]] == ["a"]
    rules.labs.change(rules.ada, "ada", "b", wire.LabChange(visibility="private"))
    rules.labs.delete(rules.ada, "ada", "c")
    assert [lab.name for lab in stars.mine(rules.bob)[0]] == ["d", "a"]
    rules.labs.empty_trash(rules.labs.now() + timedelta(days=31))
    assert [lab.name for lab in stars.mine(rules.bob)[0]] == ["d", "a"]
    assert stars.mine(rules.ada) == ([], None)


def test_what_one_may_not_see_gets_no_star(rules, stars):
    rules.publish(name="x", visibility="private")
    for call in (stars.give, stars.take_back):
        with pytest.raises(NotFound):
            call(rules.bob, "ada", "x")
        with pytest.raises(Forbidden):
            call(rules.nobody, "ada", "x")
    assert stars.give(rules.ada, "ada", "x").stars == 1
    with pytest.raises(Forbidden):
        stars.mine(rules.nobody)
