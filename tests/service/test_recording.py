"""Whatever is done is on record, by whom, in the same transaction; and nobody changes the record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from mlabs_ext import request_ids, wire
from mlabs_ext.errors import Conflict, Forbidden
from mlabs_ext.service import askers
from mlabs_ext.service.askers import Asker
from mlabs_ext.service.audits import Audits
from mlabs_ext.service.orm_audit import Act
from mlabs_ext.service.viewers import Viewer

ADMIN = Viewer("admin", admin=True, can_read=True, can_write=True)
LATER = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture(autouse=True)
def by_ada():
    asker = askers.current.set(Asker("ada"))
    request = request_ids.current.set("a-request-of-adas")
    yield
    askers.current.reset(asker)
    request_ids.current.reset(request)


@pytest.fixture
def audits(rules):
    shared = {"store": rules.store, "blobs": rules.blobs, "catalogue": rules.catalogue}
    return Audits(**shared, addresses=rules.addresses)


def told(audits, **wanted):
    entries, _ = audits.list(ADMIN, wire.AuditQuery(**wanted), limit=100)
    return [(one.action, one.kind, one.about, one.detail) for one in reversed(entries)]


def test_the_life_of_a_lab(rules, audits):
    lab = rules.publish(rules.ada, name="digits")
    rules.labs.change(rules.ada, "ada", lab.name, wire.LabChange(visibility="private"))
    rules.labs.change(rules.ada, "ada", lab.name, wire.LabChange(visibility="public"))
    rules.labs.change(rules.ada, "ada", lab.name, wire.LabChange(title="Nothing that matters"))
    rules.labs.fork(rules.bob, "ada", "digits", wire.ForkCreate())
    rules.labs.delete(rules.ada, "ada", "digits")
    rules.labs.restore(rules.ada, "ada", "digits")
    assert told(audits) == [
        ("published", "lab", "ada/digits", "version 1"),
        ("made_private", "lab", "ada/digits", "was public"),
        ("made_public", "lab", "ada/digits", "was private"),
        ("forked", "lab", "bob/digits", "from ada/digits"),
        ("deleted", "lab", "ada/digits", ""),
        ("restored", "lab", "ada/digits", ""),
    ]
    entry = audits.list(ADMIN, wire.AuditQuery(action="published"))[0][0]
    assert (entry.actor, entry.request, entry.address) == ("ada", "a-request-of-adas", None)


def test_what_fails_leaves_no_entry(rules, audits):
    rules.publish(rules.ada, name="digits")
    before = told(audits)
    with pytest.raises(Conflict):
        rules.publish(rules.ada, name="digits")
    assert told(audits) == before


def test_shares_and_links(rules, audits):
    from mlabs_ext.service.shares import Shares

    shared = {"store": rules.store, "blobs": rules.blobs, "catalogue": rules.catalogue}
    shares = Shares(**shared, addresses=rules.addresses)
    rules.publish(rules.ada, name="digits")
    shares.set(rules.ada, "ada", "digits", "bob", wire.ShareChange())
    shares.set(rules.ada, "ada", "digits", "bob", wire.ShareChange(access="edit"))
    shares.remove(rules.ada, "ada", "digits", "user", "bob")
    link = shares.make(rules.ada, "ada", "digits", wire.LinkCreate(name="for the class"))
    shares.revoke(rules.ada, "ada", "digits", link.id)
    assert [(action, detail) for action, _, _, detail in told(audits)[1:]] == [
        ("shared", "view, user bob"),
        ("shared", "edit, user bob"),
        ("unshared", "user bob"),
        ("link_made", "view, link for the class"),
        ("link_revoked", "link for the class"),
    ]
    assert link.secret not in str(told(audits))


def test_plans(rules, audits):
    rules.plans.known = {"pro": None, "free": None}
    rules.plans.give(ADMIN, "bob", "pro")
    rules.plans.give(ADMIN, "bob", None)
    rules.plans.give(ADMIN, "bob", None)
    assert told(audits) == [
        ("plan_given", "person", "bob", "pro"),
        ("plan_given", "person", "bob", "by groups again"),
    ]


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"actor": "ada"}, 3),
        ({"actor": "bob"}, 0),
        ({"action": "made_private"}, 1),
        ({"about": "ada/digits"}, 2),
        ({"kind": "dataset"}, 0),
        ({"request": "a-request-of-adas"}, 3),
        ({"since": LATER}, 0),
        ({"until": LATER}, 3),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else str(value),
)
def test_filters(rules, audits, wanted, count):
    rules.publish(rules.ada, name="digits")
    rules.publish(rules.ada, name="others")
    rules.labs.change(rules.ada, "ada", "digits", wire.LabChange(visibility="private"))
    assert len(told(audits, **wanted)) == count


def test_it_is_read_in_pages_and_by_administrators_alone(rules, audits):
    for number in range(5):
        rules.publish(rules.ada, name=f"lab-{number}")
    first, cursor = audits.list(ADMIN, wire.AuditQuery(), limit=3)
    rest, end = audits.list(ADMIN, wire.AuditQuery(), limit=3, cursor=cursor)
    assert [one.about for one in (*first, *rest)] == [f"ada/lab-{n}" for n in (4, 3, 2, 1, 0)]
    assert end is None
    for viewer in (rules.ada, Viewer.anonymous()):
        with pytest.raises(Forbidden):
            audits.list(viewer, wire.AuditQuery())


def test_nobody_changes_it(rules, audits):
    rules.publish(rules.ada, name="digits")
    with (
        pytest.raises(DBAPIError, match="the record is not changed"),
        rules.store.engine.begin() as connection,
    ):
        connection.execute(update(Act).values(actor="bob"))
    assert {one.actor for one in audits.list(ADMIN, wire.AuditQuery())[0]} == {"ada"}


@pytest.mark.parametrize(("keep_days", "left"), [(30, 0), (0, 1), (400, 1)])
def test_it_is_kept_for_its_time(rules, audits, keep_days, left):
    rules.publish(rules.ada, name="digits")
    audits.keep_days = keep_days
    audits.forget(datetime.now(UTC) + timedelta(days=31))
    assert len(told(audits)) == left


def test_what_mlabs_does_by_itself_has_no_actor(rules, audits):
    askers.current.set(Asker())
    rules.publish(rules.ada, name="digits")
    assert audits.list(ADMIN, wire.AuditQuery())[0][0].actor is None


def test_reading_it_uses_an_index(rules):
    if not rules.store.is_sqlite:
        pytest.skip("PostgreSQL reads small tables whole")
    for where in ("", "WHERE actor = 'ada'", "WHERE about = 'ada/digits'"):
        with rules.store.read() as session:
            query = f"EXPLAIN QUERY PLAN SELECT * FROM act {where} ORDER BY at DESC, id DESC LIMIT 50"
            plan = " ".join(row.detail for row in session.execute(text(query)))
        assert "INDEX ix_act" in plan and "TEMP B-TREE" not in plan
