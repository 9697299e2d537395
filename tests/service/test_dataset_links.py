"""Secret links to datasets: whoever opens one uses the dataset, until it is revoked or has expired."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, Unusable
from mlabs_ext.service.dataset_files import Kept
from mlabs_ext.service.dataset_links import DatasetLinks
from mlabs_ext.service.datasets import Datasets

CHANGE = wire.DatasetChange(title="T")


@pytest.fixture
def links(rules):
    """With ada's private dataset d."""
    given = {name: getattr(rules, name) for name in ("store", "blobs", "catalogue", "addresses", "plans")}
    rules.datasets = Datasets(**given)
    files = [Kept("a.csv", rules.blobs.put(b"1"), 1)]
    rules.datasets.create(rules.ada, wire.DatasetCreate(name="d"), files)
    return DatasetLinks(**given)


def make(links, viewer, **fields):
    return links.make(viewer, "ada", "d", wire.LinkCreate(**fields))


def sees(rules, viewer):
    try:
        return bool(rules.datasets.get(viewer, "ada", "d"))
    except NotFound:
        return False


def test_who_opens_it_sees_it_and_may_keep_it_by_name(rules, links):
    link = make(links, rules.ada, name="For the class")
    assert link.url.endswith(f"/s/{link.secret}")
    assert links.open(link.secret) == (link.id, "ada", "d")
    assert links.open("wrong") is None
    holder = replace(rules.bob, links=(link.id,))
    assert sees(rules, holder) and sees(rules, replace(rules.nobody, links=(link.id,)))
    assert not sees(rules, rules.bob)
    assert (links.offered(holder, "ada", "d"), links.offered(rules.ada, "ada", "d")) == (True, False)
    assert links.with_me(holder) == []
    links.accept(holder, "ada", "d")
    assert sees(rules, rules.bob) and not links.offered(holder, "ada", "d")
    assert [one.name for one in links.with_me(rules.bob)] == ["d"]
    with pytest.raises(NotFound):
        rules.datasets.change(rules.bob, "ada", "d", CHANGE)
    shown = {share.kind: share for share in links.list(rules.ada, "ada", "d")}
    assert (shown["link"].name, shown["link"].id, shown["user"].via) == ("For the class", link.id, link.id)
    links.revoke(rules.ada, "ada", "d", link.id)
    assert not sees(rules, holder) and not sees(rules, rules.bob)
    assert links.open(link.secret) is None
    assert links.list(rules.ada, "ada", "d") == links.with_me(rules.bob) == []
    with pytest.raises(NotFound):
        links.revoke(rules.ada, "ada", "d", link.id)


def test_the_owners_own_word_outlives_the_link(rules, links):
    link = make(links, rules.ada)
    accepted = links.accept_secret(rules.bob, wire.LinkAccept(link.secret))
    assert accepted.access == "view"
    links.set(rules.ada, "ada", "d", "bob", wire.ShareChange(access="edit"))
    assert links.accept_secret(rules.bob, wire.LinkAccept(link.secret)).access == "edit"
    links.revoke(rules.ada, "ada", "d", link.id)
    assert rules.datasets.change(rules.bob, "ada", "d", CHANGE).title == "T"
    with pytest.raises(NotFound):
        links.accept_secret(rules.bob, wire.LinkAccept(link.secret))


def test_it_ends_when_its_time_is_over(rules, links):
    now = datetime.now(UTC)
    with pytest.raises(Unusable):
        make(links, rules.ada, expires=now - timedelta(seconds=1))
    link = make(links, rules.ada, expires=now + timedelta(hours=1))
    links.accept_secret(rules.bob, wire.LinkAccept(link.secret))
    assert sees(rules, rules.bob) and len(links.with_me(rules.bob)) == 1
    links.now = lambda: now + timedelta(hours=2)
    assert links.open(link.secret) is None
    assert links.with_me(rules.bob) == []


def test_others_make_none_and_none_changes_it(rules, links):
    for viewer in (rules.bob, replace(rules.bob, links=("x",))):
        with pytest.raises(NotFound):
            make(links, viewer)
    with pytest.raises(Unusable):
        make(links, rules.ada, access="edit")
