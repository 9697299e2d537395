"""Shares of datasets: with people, groups and whoever has a link, until their owner ends them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mlabs_ext import wire
from mlabs_ext.errors import Forbidden, NotFound, TooMany, Unusable
from mlabs_ext.service.dataset_files import Kept
from mlabs_ext.service.dataset_shares import DatasetShares
from mlabs_ext.service.datasets import Datasets

CHANGE = wire.DatasetChange(title="T")


@pytest.fixture
def shared(rules):
    """With ada's private dataset d."""
    given = {name: getattr(rules, name) for name in ("store", "blobs", "catalogue", "addresses", "plans")}
    rules.datasets = Datasets(**given)
    files = [Kept("a.csv", rules.blobs.put(b"1"), 1)]
    rules.datasets.create(rules.ada, wire.DatasetCreate(name="d"), files)
    return DatasetShares(**given)


def share(shared, viewer, who="bob", **fields):
    return shared.set(viewer, "ada", "d", who, wire.ShareChange(**fields))


def test_a_person_sees_it_and_then_changes_it(rules, shared):
    data = rules.datasets
    share(shared, rules.ada)
    assert data.get(rules.bob, "ada", "d").access == "view"
    assert data.file(rules.bob, "ada", "d", 1, "a.csv").asset.size == 1
    change = wire.DatasetChange(title="T")
    with pytest.raises(NotFound):
        data.change(rules.bob, "ada", "d", change)
    share(shared, rules.ada, access="edit")
    assert data.change(rules.bob, "ada", "d", change).title == "T"
    files = [Kept("b.csv", rules.blobs.put(b"2"), 1)]
    assert data.add_version(rules.bob, "ada", "d", wire.DatasetVersionCreate(), files).author == "bob"
    with pytest.raises(Forbidden):
        data.change(rules.bob, "ada", "d", wire.DatasetChange(visibility="unlisted"))
    for call in (shared.list, data.delete):
        with pytest.raises(NotFound):
            call(rules.bob, "ada", "d")
    assert [one.name for one in shared.list(rules.ada, "ada", "d")] == ["bob"]
    assert [(one.owner, one.access) for one in shared.with_me(rules.bob)] == [("ada", "edit")]
    data.delete(rules.ada, "ada", "d")
    assert shared.with_me(rules.bob) == []
    data.restore(rules.ada, "ada", "d")
    with pytest.raises(Forbidden):
        shared.with_me(rules.nobody)
    shared.remove(rules.ada, "ada", "d", "user", "bob")
    with pytest.raises(NotFound):
        data.get(rules.bob, "ada", "d")
    with pytest.raises(NotFound):
        shared.remove(rules.ada, "ada", "d", "user", "bob")


def test_a_group_sees_it(rules, shared):
    share(shared, rules.ada, "team", kind="group")
    member = replace(rules.bob, groups=("team",))
    assert rules.datasets.get(member, "ada", "d").access == "view"
    assert [one.name for one in shared.with_me(member)] == ["d"]
    assert shared.with_me(rules.bob) == shared.with_me(rules.ada) == []
    with pytest.raises(NotFound):
        rules.datasets.get(replace(rules.bob, groups=("others",)), "ada", "d")


def test_there_is_an_end_to_it(rules, shared, monkeypatch):
    monkeypatch.setattr(DatasetShares, "most", 1)
    share(shared, rules.ada)
    share(shared, rules.ada, access="edit")
    with pytest.raises(TooMany):
        share(shared, rules.ada, "carol")
    for who in ("ada", "", "x" * 256):
        with pytest.raises(Unusable):
            share(shared, rules.ada, who)
    with pytest.raises(NotFound):
        share(shared, rules.bob, "carol")


def make_link(shared, viewer, **fields):
    return shared.make(viewer, "ada", "d", wire.LinkCreate(**fields))


def sees(rules, viewer):
    try:
        return bool(rules.datasets.get(viewer, "ada", "d"))
    except NotFound:
        return False


def test_who_opens_it_sees_it_and_may_keep_it_by_name(rules, shared):
    link = make_link(shared, rules.ada, name="For the class")
    assert link.url.endswith(f"/s/{link.secret}")
    assert shared.open(link.secret) == (link.id, "ada", "d")
    assert shared.open("wrong") is None
    holder = replace(rules.bob, links=(link.id,))
    assert sees(rules, holder) and sees(rules, replace(rules.nobody, links=(link.id,)))
    assert not sees(rules, rules.bob)
    assert (shared.offered(holder, "ada", "d"), shared.offered(rules.ada, "ada", "d")) == ("view", None)
    assert shared.with_me(holder) == []
    shared.accept(holder, "ada", "d")
    assert sees(rules, rules.bob) and not shared.offered(holder, "ada", "d")
    assert [one.name for one in shared.with_me(rules.bob)] == ["d"]
    with pytest.raises(NotFound):
        rules.datasets.change(rules.bob, "ada", "d", CHANGE)
    shown = {share.kind: share for share in shared.list(rules.ada, "ada", "d")}
    assert (shown["link"].name, shown["link"].id, shown["user"].via) == ("For the class", link.id, link.id)
    shared.revoke(rules.ada, "ada", "d", link.id)
    assert not sees(rules, holder) and not sees(rules, rules.bob)
    assert shared.open(link.secret) is None
    assert shared.list(rules.ada, "ada", "d") == shared.with_me(rules.bob) == []
    with pytest.raises(NotFound):
        shared.revoke(rules.ada, "ada", "d", link.id)


def test_the_owners_own_word_outlives_the_link(rules, shared):
    link = make_link(shared, rules.ada)
    accepted = shared.accept_secret(rules.bob, wire.LinkAccept(link.secret))
    assert accepted.access == "view"
    shared.set(rules.ada, "ada", "d", "bob", wire.ShareChange(access="edit"))
    assert shared.accept_secret(rules.bob, wire.LinkAccept(link.secret)).access == "edit"
    shared.revoke(rules.ada, "ada", "d", link.id)
    assert rules.datasets.change(rules.bob, "ada", "d", CHANGE).title == "T"
    with pytest.raises(NotFound):
        shared.accept_secret(rules.bob, wire.LinkAccept(link.secret))


def test_it_ends_when_its_time_is_over(rules, shared):
    now = datetime.now(UTC)
    with pytest.raises(Unusable):
        make_link(shared, rules.ada, expires=now - timedelta(seconds=1))
    link = make_link(shared, rules.ada, expires=now + timedelta(hours=1))
    shared.accept_secret(rules.bob, wire.LinkAccept(link.secret))
    assert sees(rules, rules.bob) and len(shared.with_me(rules.bob)) == 1
    shared.now = lambda: now + timedelta(hours=2)
    assert shared.open(link.secret) is None
    assert shared.with_me(rules.bob) == []


def test_others_make_none_and_none_changes_it(rules, shared):
    for viewer in (rules.bob, replace(rules.bob, links=("x",))):
        with pytest.raises(NotFound):
            make_link(shared, viewer)
    with pytest.raises(Unusable):
        make_link(shared, rules.ada, access="edit")
