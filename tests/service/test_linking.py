"""Secret links: told once, good for whoever has them, and ended with all that came of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from service.test_shares import EDIT, LAB, VIEW, publish, sees, shares, whoever
from sqlalchemy import select

from mlabs_ext import wire
from mlabs_ext.errors import Forbidden, NotFound, Unusable
from mlabs_ext.service import orm
from mlabs_ext.service.orm_shares import Share
from mlabs_ext.service.shares import Shares
from mlabs_ext.service.viewers import Viewer

__all__ = ["shares"]


@pytest.fixture
def links(shares) -> Shares:
    return shares


def holder(link: wire.ShareLink, viewer: Viewer | None = None) -> Viewer:
    """Somebody whose browser has opened the link; nobody in particular by default."""
    return replace(viewer or Viewer.anonymous(), links=(link.id,))


def test_a_link_shows_the_lab_to_whoever_has_opened_it_until_it_is_revoked(rules, links):
    link = links.make(rules.ada, *LAB, wire.LinkCreate(name="colleagues"))
    assert link.url.endswith(f"/s/{link.secret}")
    assert links.open(link.secret) == (link.id, *LAB)
    assert sees(rules, holder(link))
    assert not sees(rules, rules.nobody)
    assert rules.labs.get(holder(link), *LAB).access == "view"
    links.revoke(rules.ada, *LAB, link.id)
    assert not sees(rules, holder(link))
    assert links.open(link.secret) is links.open("wrong") is None
    with pytest.raises(NotFound) as gone:
        links.accept_secret(rules.bob, wire.LinkAccept(link.secret))
    with pytest.raises(NotFound) as wrong:
        links.accept_secret(rules.bob, wire.LinkAccept("wrong"))
    assert (gone.value.code, gone.value.message) == (wrong.value.code, wrong.value.message)


def test_the_secret_is_not_kept_and_not_told_again(rules, links, shares):
    link = links.make(rules.ada, *LAB, wire.LinkCreate())
    with rules.store.read() as session:
        row = session.scalar(select(Share))
        assert link.secret not in str(vars(row))
    (listed,) = shares.list(rules.ada, *LAB)
    assert (listed.kind, listed.id) == ("link", link.id)
    assert link.secret not in str(listed)


def test_a_link_ends_in_its_time(rules, links, monkeypatch):
    now = rules.labs.now()
    link = links.make(rules.ada, *LAB, wire.LinkCreate(expires=now + timedelta(hours=1)))
    carol = holder(link, whoever("carol"))
    links.accept(carol, *LAB)
    assert sees(rules, whoever("carol"))
    with rules.store.write() as session:
        row = session.get_one(Share, link.id)
        # As if that hour had passed.
        for share in session.scalars(select(Share)):
            share.expires = now - timedelta(seconds=1)
        session.flush()
        links.spread(session, session.get_one(orm.Lab, row.lab_id))
    for viewer in (holder(link), carol, whoever("carol")):
        assert not sees(rules, viewer)
    assert links.with_me(whoever("carol"))[0] == []
    assert links.open(link.secret) is None
    with pytest.raises(Unusable):
        links.make(rules.ada, *LAB, wire.LinkCreate(expires=now))


def test_a_link_to_edit_takes_a_name(rules, links, shares):
    link = links.make(rules.ada, *LAB, wire.LinkCreate("edit"))
    bob = holder(link, rules.bob)
    for viewer in (holder(link), bob):
        assert rules.labs.get(viewer, *LAB).access == "view"
    with pytest.raises(NotFound):
        publish(rules, bob)
    with pytest.raises(Forbidden):
        links.accept(holder(link), *LAB)
    assert links.offered(bob, *LAB) == "edit"
    assert links.accept(bob, *LAB).access == "edit"
    assert links.offered(bob, *LAB) is None
    # By name, with any credential.
    assert publish(rules, rules.bob).author == "bob"
    mine = shares.get(rules.ada, *LAB, "user", "bob")
    assert (mine.access, mine.via) == ("edit", link.id)
    links.revoke(rules.ada, *LAB, link.id)
    assert not sees(rules, rules.bob)


def test_who_was_named_stays_when_the_link_goes(rules, links, shares):
    link = links.make(rules.ada, *LAB, wire.LinkCreate("edit"))
    links.accept_secret(rules.bob, wire.LinkAccept(link.secret))
    shares.set(rules.ada, *LAB, "bob", VIEW)
    links.revoke(rules.ada, *LAB, link.id)
    assert rules.labs.get(rules.bob, *LAB).access == "view"


def test_a_link_takes_nothing_away(rules, links, shares):
    shares.set(rules.ada, *LAB, "bob", EDIT)
    link = links.make(rules.ada, *LAB, wire.LinkCreate("view"))
    bob = holder(link, rules.bob)
    assert links.offered(bob, *LAB) is None
    assert links.accept(bob, *LAB).access == "edit"
    assert shares.get(rules.ada, *LAB, "user", "bob").via is None
    assert links.offered(holder(link, rules.ada), *LAB) is None


def test_a_link_is_of_one_lab_and_its_owners(rules, links):
    rules.publish(name="other", visibility="private")
    link = links.make(rules.ada, *LAB, wire.LinkCreate())
    with pytest.raises(NotFound):
        rules.labs.get(holder(link), "ada", "other")
    for viewer in (rules.bob, holder(link, rules.bob)):
        with pytest.raises(NotFound):
            links.make(viewer, *LAB, wire.LinkCreate())
        with pytest.raises(NotFound):
            links.revoke(viewer, *LAB, link.id)
    for absent in ("", "0" * 26, "a\0b"):
        with pytest.raises(NotFound):
            links.revoke(rules.ada, *LAB, absent)
    with pytest.raises(NotFound):
        links.revoke(rules.ada, "ada", "other", link.id)
