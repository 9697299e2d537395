"""Proposals in either database: what they keep, and what goes with what they refer to."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from service.conftest import cells
from service.test_collection import passes
from sqlalchemy import func, select

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, Stale
from mlabs_ext.service import orm
from mlabs_ext.service.collection import Collection
from mlabs_ext.service.notifications import Notifications
from mlabs_ext.service.orm_notifications import Notification
from mlabs_ext.service.orm_proposals import Proposal, Remark
from mlabs_ext.service.proposals import Proposals
from mlabs_ext.service.upstreams import Upstreams

NAMES = ("store", "blobs", "catalogue", "addresses", "plans")


def written(*sources: str) -> bytes:
    return json.dumps(cells(*sources)).encode()


@pytest.fixture
def made(rules) -> SimpleNamespace:
    """bob's proposal to ada/x, of his fork's second version."""
    shared = {name: getattr(rules, name) for name in NAMES}
    rules.publish(name="x")
    rules.labs.fork(rules.bob, "ada", "x", wire.ForkCreate())
    rules.versions.add(rules.bob, "bob", "x", wire.VersionCreate(), written("# Hello", "2 + 2"))
    proposals = Proposals(**shared)
    fields = wire.ProposalCreate(source="bob/x", title="Two")
    proposal = proposals.make(rules.bob, "ada", "x", fields)
    return SimpleNamespace(proposals=proposals, proposal=proposal, shared=shared)


def count(rules, table) -> int:
    with rules.store.read() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_what_was_proposed_outlives_the_fork_but_not_the_lab(rules, made):
    collection = Collection(**{name: made.shared[name] for name in NAMES})
    rules.labs.delete(rules.bob, "bob", "x")
    assert rules.labs.empty_own_trash(rules.bob) == 1
    passes(rules, collection)
    data, digest = made.proposals.notebook(rules.ada, "ada", "x", 1)
    assert json.loads(data)["cells"][1]["source"] == ["2 + 2"]
    made.proposals.say(rules.ada, "ada", "x", 1, "Kept.")
    rules.labs.delete(rules.ada, "ada", "x")
    with pytest.raises(NotFound):
        made.proposals.get(rules.ada, "ada", "x", 1)
    rules.labs.empty_own_trash(rules.ada)
    assert [count(rules, table) for table in (Proposal, Remark, Notification)] == [0, 0, 0]
    assert passes(rules, collection) > 0
    assert not rules.blobs.exists(digest)


def test_a_lab_comes_back_from_the_trash_with_its_proposals(rules, made):
    rules.labs.delete(rules.ada, "ada", "x")
    rules.labs.restore(rules.ada, "ada", "x")
    assert made.proposals.get(rules.ada, "ada", "x", 1)[0].title == "Two"


def test_an_acceptance_is_of_what_was_looked_at(rules, made):
    sides = made.proposals.sides(rules.ada, "ada", "x", 1)
    assert (sides.into, [json.loads(one)["cells"][1]["source"] for one in sides.notebooks]) == (
        1,
        [["1 + 1"], ["1 + 1"], ["2 + 2"]],
    )
    rules.versions.add(rules.ada, "ada", "x", wire.VersionCreate(), written("# Hello", "3 + 3"))
    given = rules.ada, "ada", "x", 1, written("# Hello", "2 + 2"), sides
    with pytest.raises(Stale):
        made.proposals.accept(*given)
    sides = made.proposals.sides(rules.ada, "ada", "x", 1)
    done = made.proposals.accept(*given[:-1], sides, "Thanks")
    assert (done.state, done.merged, done.answer) == ("accepted", 3, "Thanks")
    assert rules.versions.get(rules.nobody, "ada", "x", 3).author == "bob"


def test_what_the_lab_has_already_is_accepted_without_a_version(rules, made):
    rules.versions.add(rules.ada, "ada", "x", wire.VersionCreate(), written("# Hello", "2 + 2"))
    sides = made.proposals.sides(rules.ada, "ada", "x", 1)
    done = made.proposals.accept(rules.ada, "ada", "x", 1, sides.notebooks[1], sides)
    assert done.merged == 2
    assert rules.labs.get(rules.ada, "ada", "x").version == 2


def test_notifications(rules, made):
    notifications = Notifications(**made.shared)
    assert notifications.unread(rules.ada) == 1
    [told], _ = notifications.list(rules.ada)
    assert (told.kind, told.proposal, told.lab) == ("proposal.new", 1, "ada/x")
    made.proposals.decline(rules.ada, "ada", "x", 1, "No.")
    [told], _ = notifications.list(rules.bob)
    assert told.kind == "proposal.declined"
    rules.labs.change(rules.ada, "ada", "x", wire.LabChange(visibility="private"))
    assert notifications.list(rules.bob)[0] == []
    assert notifications.unread(rules.bob) == 0


def test_what_is_older_than_what_was_taken_in_takes_nothing_back(rules, made):
    upstreams = Upstreams(**made.shared)
    for source in ("3 + 3", "4 + 4"):
        rules.versions.add(rules.ada, "ada", "x", wire.VersionCreate(), written("# Hello", source))
    noted = cells("# Hello", "2 + 2") | {"metadata": {"mlabs": {"upstream": {"lab": "ada/x", "version": 3}}}}
    sides = upstreams.sides(rules.bob, "bob", "x", 2, notebook=json.dumps(noted).encode())
    assert (sides.base, sides.version, sides.into) == (3, 3, None)
    assert sides.notebooks[0] == sides.notebooks[2]


def test_a_version_knows_what_it_stands_on(rules, made):
    rules.versions.add(rules.ada, "ada", "x", wire.VersionCreate(), written("# Hello", "3 + 3"))
    noted = cells("5") | {"metadata": {"mlabs": {"upstream": {"lab": "ada/x", "version": 2}}}}
    taken, _ = rules.versions.add(rules.bob, "bob", "x", wire.VersionCreate(), json.dumps(noted).encode())
    assert taken.merged == 2
    fork = rules.labs.fork(rules.ada, "bob", "x", wire.ForkCreate(name="again"))
    assert rules.versions.get(rules.ada, "ada", fork.name, 1).merged is None
    with rules.store.read() as session:
        assert session.scalar(select(orm.Lab.forked_version).where(orm.Lab.name == "again")) == 3
