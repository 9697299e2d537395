"""Shares of datasets: with people and groups, to see or to change, until their owner ends them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlabs_ext import wire
from mlabs_ext.errors import Forbidden, NotFound, TooMany, Unusable
from mlabs_ext.service import dataset_shares
from mlabs_ext.service.dataset_files import Kept
from mlabs_ext.service.dataset_shares import DatasetShares
from mlabs_ext.service.datasets import Datasets


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
    monkeypatch.setattr(dataset_shares, "MOST", 1)
    share(shared, rules.ada)
    share(shared, rules.ada, access="edit")
    with pytest.raises(TooMany):
        share(shared, rules.ada, "carol")
    for who in ("ada", "", "x" * 256):
        with pytest.raises(Unusable):
            share(shared, rules.ada, who)
    with pytest.raises(NotFound):
        share(shared, rules.bob, "carol")
