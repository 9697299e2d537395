"""What an administrator takes down nobody else sees, wherever they look; who did it and why is kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from mlabs_ext import wire
from mlabs_ext.errors import Forbidden, NotFound, TooMany, Unusable
from mlabs_ext.service.comments import Comments
from mlabs_ext.service.moderation import Moderation
from mlabs_ext.service.notifications import Notifications
from mlabs_ext.service.reports import Reports
from mlabs_ext.service.shares import Shares
from mlabs_ext.service.stars import Stars


@pytest.fixture
def all_rules(rules):
    """The rules over one store, with ada's public lab `x`."""
    rules.publish(name="x", title="Spam", description="Buy it.", tags=["t"])
    shared = {name: getattr(rules, name) for name in ("store", "blobs", "addresses")}
    made = {
        kind.__name__.lower(): kind(**shared)
        for kind in (Comments, Moderation, Notifications, Reports, Shares, Stars)
    }
    return SimpleNamespace(**vars(rules), **made)


def test_a_lab_that_was_taken_down_is_like_none(all_rules):
    rules = all_rules
    rules.labs.fork(rules.bob, "ada", "x", wire.ForkCreate())
    rules.stars.give(rules.bob, "ada", "x")
    rules.shares.set(rules.ada, "ada", "x", "bob", wire.ShareChange("view", "user"))
    assert rules.shares.with_me(rules.bob)[0]
    rules.moderation.take_down(rules.admin, "ada", "x", "Advertising")
    for viewer in (rules.bob, rules.nobody):
        for look in (
            lambda who: rules.labs.get(who, "ada", "x"),
            lambda who: rules.versions.get(who, "ada", "x", "latest"),
            lambda who: rules.versions.notebook(who, "ada", "x", 1),
            lambda who: rules.runs.list_of_lab(who, "ada", "x"),
            lambda who: rules.assets.list_of_lab(who, "ada", "x"),
            lambda who: rules.comments.list(who, "ada", "x"),
        ):
            with pytest.raises(NotFound):
                look(viewer)
        for search in ({}, {"owner": "ada"}, {"q": "spam", "owner": "ada"}, {"tag": "t", "owner": "ada"}):
            assert "ada" not in {lab.owner for lab in rules.labs.find(viewer, **search)[0]}, search
    assert rules.stars.mine(rules.bob) == ([], None)
    assert rules.shares.with_me(rules.bob) == ([], None)
    assert rules.labs.get(rules.bob, "bob", "x").forked_from.lab is None
    for viewer in (rules.ada, rules.admin):
        assert rules.labs.get(viewer, "ada", "x").taken_down is not None
        assert [lab.name for lab in rules.labs.find(viewer, owner="ada")[0]] == ["x"]
        with pytest.raises(Forbidden):
            rules.labs.fork(viewer, "ada", "x", wire.ForkCreate())


def test_its_owner_reads_why_and_cannot_undo_it(all_rules):
    rules = all_rules
    rules.moderation.take_down(rules.admin, "ada", "x", "Advertising")
    why = rules.moderation.of_lab(rules.ada, "ada", "x")
    assert (why.action, why.reason, why.by) == ("taken_down", "Advertising", None)
    assert rules.moderation.of_lab(rules.admin, "ada", "x").by == "admin"
    (note,) = rules.notifications.list(rules.ada)[0]
    assert note.text == "“Spam” was taken down by an administrator. Its page says why."
    rules.labs.change(rules.ada, "ada", "x", wire.LabChange(visibility="public", title="Ham"))
    rules.labs.delete(rules.ada, "ada", "x")
    rules.labs.restore(rules.ada, "ada", "x")
    with pytest.raises(NotFound):
        rules.labs.get(rules.bob, "ada", "x")
    with pytest.raises(Forbidden):
        rules.moderation.restore(rules.ada, "ada", "x")


def test_what_was_restored_is_as_before(all_rules):
    rules = all_rules
    before = rules.labs.get(rules.nobody, "ada", "x")
    rules.moderation.take_down(rules.admin, "ada", "x", "Advertising")
    rules.moderation.restore(rules.admin, "ada", "x", "A mistake")
    rules.moderation.restore(rules.admin, "ada", "x")
    assert rules.labs.get(rules.nobody, "ada", "x") == before
    assert [lab.name for lab in rules.labs.find(rules.nobody)[0]] == ["x"]
    with pytest.raises(NotFound):
        rules.moderation.of_lab(rules.ada, "ada", "x")
    record, _ = rules.moderation.record(rules.admin)
    assert [(row.action, row.by, row.reason, row.title) for row in record] == [
        ("restored", "admin", "A mistake", "ada/x"),
        ("taken_down", "admin", "Advertising", "ada/x"),
    ]


def test_the_record_outlives_the_lab(all_rules):
    rules = all_rules
    rules.moderation.take_down(rules.admin, "ada", "x", "Advertising")
    rules.labs.delete(rules.ada, "ada", "x")
    rules.labs.empty_own_trash(rules.ada)
    ((row,), _) = rules.moderation.record(rules.admin)
    assert (row.title, row.owner, row.said) == ("ada/x", "ada", "Spam\n\nBuy it.")


@pytest.mark.parametrize("who", ["ada", "bob", "nobody"])
def test_others_decide_nothing(all_rules, who):
    rules, viewer = all_rules, getattr(all_rules, who)
    for call in (
        lambda: rules.moderation.take_down(viewer, "ada", "x", "Why"),
        lambda: rules.moderation.restore(viewer, "ada", "x"),
        lambda: rules.moderation.take_profile_down(viewer, "ada", "Why"),
        lambda: rules.moderation.record(viewer),
        lambda: rules.reports.open(viewer),
        lambda: rules.reports.dismiss(viewer, "1"),
    ):
        with pytest.raises(Forbidden):
            call()


def test_taking_down_needs_a_reason(all_rules):
    for reason in ("", "  "):
        with pytest.raises(Unusable):
            all_rules.moderation.take_down(all_rules.admin, "ada", "x", reason)
    assert all_rules.labs.get(all_rules.nobody, "ada", "x").taken_down is None


def test_reports_wait_until_somebody_decides(all_rules):
    rules = all_rules
    made = rules.comments.add(rules.bob, "ada", "x", wire.CommentCreate("Insult"))
    for fields in ({"lab": "ada/x"}, {"comment": made.id}, {"person": "bob"}):
        rules.reports.send(rules.ada, wire.ReportCreate("Bad", **fields))
    comment = next(row for row in rules.reports.open(rules.admin)[0] if row.kind == "comment")
    assert (comment.title, comment.said, comment.owner) == ("bob on ada/x", "Insult", "bob")
    rules.comments.hide(rules.admin, made.id, "Insult")
    rules.moderation.take_down(rules.admin, "ada", "x", "Advertising")
    (left,) = rules.reports.open(rules.admin)[0]
    assert (left.kind, left.about, left.reason, left.user) == ("profile", "bob", "Bad", "ada")
    rules.reports.dismiss(rules.admin, left.id, "Nothing wrong")
    rules.reports.dismiss(rules.admin, left.id)
    assert rules.reports.open(rules.admin) == ([], None)
    record, _ = rules.moderation.record(rules.admin)
    assert [row.action for row in record] == ["dismissed", "taken_down", "taken_down"]
    with pytest.raises(NotFound):
        rules.reports.dismiss(rules.admin, "0")


def test_one_person_reports_a_thing_once(all_rules):
    rules = all_rules

    def report(reason):
        return rules.reports.send(rules.bob, wire.ReportCreate(reason, lab="ada/x"))

    with ThreadPoolExecutor(3) as pool:
        assert len({sent.id for sent in pool.map(report, ["One", "Two", "Three"])}) == 1
    report("Last")
    (row,) = rules.reports.open(rules.admin)[0]
    assert row.reason == "Last"


def test_reports_are_of_what_one_sees_and_not_too_many(all_rules):
    rules = all_rules
    rules.publish(name="secret", visibility="private")
    for fields in ({"lab": "ada/secret"}, {"lab": "ada/none"}, {"comment": "0" * 26}):
        with pytest.raises(NotFound):
            rules.reports.send(rules.bob, wire.ReportCreate("Bad", **fields))
    for fields in ({}, {"lab": "ada/x", "person": "ada"}, {"person": ""}):
        with pytest.raises(Unusable):
            rules.reports.send(rules.bob, wire.ReportCreate("Bad", **fields))
    with pytest.raises(Unusable):
        rules.reports.send(rules.bob, wire.ReportCreate("  ", lab="ada/x"))
    with pytest.raises(Forbidden):
        rules.reports.send(rules.nobody, wire.ReportCreate("Bad", lab="ada/x"))
    for n in range(10):
        rules.reports.send(rules.bob, wire.ReportCreate("Bad", person=f"p{n}"))
    with pytest.raises(TooMany):
        rules.reports.send(rules.bob, wire.ReportCreate("Bad", lab="ada/x"))
