"""With whom a lab is shared, what they may do, and that it ends: on both databases."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from service.conftest import cells
from support.known_tokens import person
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import Forbidden, MLabsError, NotFound, Stale, TooMany, Unusable
from mlabs_ext.service.comparisons import Comparisons
from mlabs_ext.service.notifications import Notifications
from mlabs_ext.service.orm_shares import Share
from mlabs_ext.service.schedules import Schedules
from mlabs_ext.service.shares import Shares
from mlabs_ext.service.viewers import READ, Viewer

LAB = "ada", "secret"
VIEW, EDIT = wire.ShareChange("view"), wire.ShareChange("edit")


def parts(rules) -> dict:
    return {name: getattr(rules, name) for name in ("store", "blobs", "catalogue", "addresses", "plans")}


def whoever(name: str, *groups: str) -> Viewer:
    return Viewer.from_model(person(name) | {"groups": list(groups)})


@pytest.fixture
def shares(rules) -> Shares:
    """ada's private lab, which nobody else knows of yet."""
    rules.publish(name="secret", visibility="private")
    return Shares(**parts(rules))


def sees(rules, viewer: Viewer) -> bool:
    try:
        rules.labs.get(viewer, *LAB)
    except NotFound as error:
        with pytest.raises(NotFound) as absent:
            rules.labs.get(viewer, "ada", "absent")
        assert error.message == absent.value.message.replace("absent", "secret")
        return False
    return True


def publish(rules, viewer: Viewer, **fields) -> wire.Version:
    notebook = json.dumps(cells("# New", str(ULID()))).encode()
    return rules.versions.add(viewer, *LAB, wire.VersionCreate(**fields), notebook)[0]


@pytest.mark.parametrize(
    ("kind", "who", "viewer"),
    [("user", "bob", whoever("bob")), ("group", "team", whoever("dan", "others", "team"))],
    ids=["person", "group"],
)
def test_a_lab_is_seen_for_as_long_as_it_is_shared(rules, shares, kind, who, viewer):
    assert not sees(rules, viewer)
    shared = shares.set(rules.ada, *LAB, who, wire.ShareChange("view", kind))
    assert (shared.kind, shared.name, shared.access) == (kind, who, "view")
    assert rules.labs.get(viewer, *LAB).access == "view"
    assert [lab.name for lab in shares.with_me(viewer)[0]] == ["secret"]
    assert not sees(rules, whoever("eve", "teams", "bob"))
    shares.remove(rules.ada, *LAB, kind, who)
    assert not sees(rules, viewer)
    assert shares.with_me(viewer) == ([], None)


def test_a_person_is_told_once_and_only_while_it_lasts(rules, shares):
    notifications = Notifications(store=rules.store, addresses=rules.addresses)
    for access in (VIEW, EDIT):
        shares.set(rules.ada, *LAB, "bob", access)
    (note,) = notifications.list(rules.bob)[0]
    assert (note.kind, note.lab, notifications.unread(rules.bob)) == ("lab.shared", "ada/secret", 1)
    assert note.text.startswith("ada shares “")
    shares.remove(rules.ada, *LAB, "user", "bob")
    assert (notifications.unread(rules.bob), notifications.list(rules.bob)[0]) == (0, [])


def test_a_group_is_no_person_and_the_hub_says_who_is_in_it(rules, shares):
    shares.set(rules.ada, *LAB, "team", wire.ShareChange("view", "group"))
    assert not sees(rules, whoever("team"))
    assert not sees(rules, replace(whoever("dan", "team"), groups=None))
    assert not sees(rules, replace(whoever("dan", "team"), can_read=False))


def test_a_token_that_may_read_reads_and_changes_nothing(rules, shares):
    shares.set(rules.ada, *LAB, "bob", EDIT)
    reader = Viewer.from_model(person("bob", [READ]))
    assert sees(rules, reader)
    with pytest.raises(Forbidden):
        publish(rules, reader)


def test_lists_and_searches_of_others_do_not_show_it(rules, shares):
    shares.set(rules.ada, *LAB, "bob", EDIT)
    for asked in ({}, {"owner": "ada"}, {"q": "hello"}):
        assert rules.labs.find(rules.bob, **asked)[0] == []
    assert shares.with_me(rules.ada)[0] == []


def test_edit_publishes_and_changes_fields(rules, shares):
    shares.set(rules.ada, *LAB, "bob", EDIT)
    etag = rules.labs.etag(rules.bob, *LAB)
    version = publish(rules, rules.bob, title="By both", message="More")
    assert (version.number, version.author) == (2, "bob")
    changed = rules.labs.change(rules.bob, *LAB, wire.LabChange(description="New", tags=["vision"]))
    assert (changed.owner, changed.title, changed.description) == ("ada", "By both", "New")
    with pytest.raises(Stale):
        rules.labs.change(rules.bob, *LAB, wire.LabChange(title="Late"), etag)
    assert rules.versions.restore(rules.bob, *LAB, 1)[0].number == 3
    # What is said and is so already is no change.
    assert rules.labs.change(rules.bob, *LAB, wire.LabChange(visibility="private")).visibility == "private"


def test_view_changes_nothing_and_edit_not_everything(rules, shares):
    schedules = Schedules(batches=None, **parts(rules))
    shares.set(rules.ada, *LAB, "bob", VIEW)
    changes = [
        lambda who: publish(rules, who),
        lambda who: rules.labs.change(who, *LAB, wire.LabChange(title="Mine")),
        lambda who: rules.versions.restore(who, *LAB, 1),
    ]
    owners = [
        lambda who: rules.labs.delete(who, *LAB),
        lambda who: rules.labs.delete(who, *LAB, '"stale"'),
        lambda who: rules.labs.restore(who, *LAB),
        lambda who: rules.assets.expect(who, *LAB, "a.txt", 1),
        lambda who: rules.assets.delete(who, *LAB, "a.txt"),
        lambda who: schedules.find(who, *LAB),
        lambda who: schedules.delete(who, *LAB),
        lambda who: shares.list(who, *LAB),
        lambda who: shares.set(who, *LAB, "eve", VIEW),
        lambda who: shares.remove(who, *LAB, "user", "bob"),
    ]
    for change in (*changes, *owners):
        with pytest.raises(NotFound) as refused:
            change(rules.bob)
        assert refused.value.code == "lab_not_found"
    shares.set(rules.ada, *LAB, "bob", EDIT)
    for change in owners:
        with pytest.raises(NotFound) as refused:
            change(rules.bob)
        assert refused.value.code == "lab_not_found"
    for change in (
        lambda: rules.labs.change(rules.bob, *LAB, wire.LabChange(visibility="public")),
        lambda: publish(rules, rules.bob, visibility="public"),
    ):
        with pytest.raises(Forbidden) as refused:
            change()
        assert refused.value.code == "owner_required"
    lab = rules.labs.get(rules.ada, *LAB)
    assert (lab.title, lab.version, lab.visibility) == ("Hello", 1, "private")


def test_a_version_of_somebody_elses_names_no_run_of_the_owners(rules, shares):
    """Else the record of a run that nobody else may see would come with the version."""
    rules.labs.create(rules.ada, wire.LabCreate(name="draft"), None)
    run = str(ULID())
    rules.runs.register(rules.ada, wire.RunCreate(run, "ada/draft", rules.labs.now(), "python"))
    shares.set(rules.ada, "ada", "draft", "bob", EDIT)
    notebooks = [json.dumps(cells(source)).encode() for source in ("1", "2")]
    rules.versions.add(rules.ada, "ada", "draft", wire.VersionCreate(), notebooks[0])
    rules.versions.add(rules.bob, "ada", "draft", wire.VersionCreate(run=run), notebooks[1])
    _, second = Comparisons(**parts(rules)).sides(rules.bob, "ada", "draft", "1", "2")
    assert second.run is None


def test_what_is_published_counts_as_the_owners(rules, shares):
    shares.set(rules.ada, *LAB, "bob", EDIT)
    before = rules.people.me(rules.ada).usage.storage_bytes
    publish(rules, rules.bob)
    assert rules.people.me(rules.ada).usage.storage_bytes > before
    assert rules.people.me(rules.bob).usage.storage_bytes == 0


def test_a_fork_is_private_to_who_forks_and_forgets_its_origin_with_the_share(rules, shares):
    shares.set(rules.ada, *LAB, "bob", VIEW)
    shares.set(rules.ada, *LAB, "eve", VIEW)
    fork = rules.labs.fork(rules.bob, *LAB, wire.ForkCreate())
    assert (fork.visibility, fork.forked_from.lab) == ("private", "ada/secret")
    for other in (rules.ada, whoever("eve"), rules.nobody):
        with pytest.raises(NotFound):
            rules.labs.get(other, "bob", "secret")
    assert rules.labs.forks(whoever("eve"), *LAB).forks == []
    shares.remove(rules.ada, *LAB, "user", "bob")
    assert rules.labs.get(rules.bob, "bob", "secret").forked_from.lab is None


def test_a_draft_and_a_deleted_lab_are_the_owners_alone(rules, shares):
    rules.labs.create(rules.ada, wire.LabCreate(name="draft"), None)
    shares.set(rules.ada, "ada", "draft", "bob", EDIT)
    shares.set(rules.ada, *LAB, "bob", EDIT)
    rules.labs.delete(rules.ada, *LAB)
    for name in ("draft", "secret"):
        with pytest.raises(NotFound):
            rules.labs.get(rules.bob, "ada", name)
    assert shares.with_me(rules.bob)[0] == []
    rules.labs.restore(rules.ada, *LAB)
    assert sees(rules, rules.bob)


def test_the_newest_word_counts_and_the_most_that_is_held(rules, shares):
    dan = whoever("dan", "team")
    shares.set(rules.ada, *LAB, "team", wire.ShareChange("edit", "group"))
    shares.set(rules.ada, *LAB, "dan", EDIT)
    shares.set(rules.ada, *LAB, "dan", VIEW)
    assert [(share.name, share.access) for share in shares.list(rules.ada, *LAB)] == [
        ("team", "edit"),
        ("dan", "view"),
    ]
    assert rules.labs.get(dan, *LAB).access == "edit"
    assert len(shares.with_me(dan)[0]) == 1
    assert shares.get(rules.ada, *LAB, "user", "dan").access == "view"


def test_what_cannot_be_shared_is_said(rules, shares, monkeypatch):
    monkeypatch.setattr(shares, "max_per_lab", 1)
    wrong: list[tuple[str, type[MLabsError], str]] = [
        ("ada", Unusable, "share_invalid"),
        ("", Unusable, "share_invalid"),
        ("x" * 256, Unusable, "share_invalid"),
        ("a\0b", Unusable, "fields_invalid"),
    ]
    for who, kind, code in wrong:
        with pytest.raises(kind) as refused:
            shares.set(rules.ada, *LAB, who, VIEW)
        assert refused.value.code == code
    shares.set(rules.ada, *LAB, "bob", VIEW)
    shares.set(rules.ada, *LAB, "bob", EDIT)
    with pytest.raises(TooMany):
        shares.set(rules.ada, *LAB, "eve", VIEW)
    for kind, who in (("user", "eve"), ("group", "bob"), ("user", "a\0b")):
        with pytest.raises(NotFound):
            shares.remove(rules.ada, *LAB, kind, who)


def test_shares_go_with_their_lab(rules, shares):
    shares.set(rules.ada, *LAB, "bob", VIEW)
    rules.labs.delete(rules.ada, *LAB)
    rules.labs.empty_trash(rules.labs.now() + timedelta(days=31))
    with rules.store.read() as session:
        assert session.query(Share).all() == []


def test_a_forks_version_goes_back_to_its_original(rules, shares):
    shares.set(rules.ada, *LAB, "bob", EDIT)
    fork = rules.labs.fork(rules.bob, *LAB, wire.ForkCreate(name="mine"))
    notebook = cells("2 + 2") | {"metadata": {"mlabs": {"lab": "bob/mine", "environment": "pytorch"}}}
    rules.versions.add(rules.bob, "bob", "mine", wire.VersionCreate(), json.dumps(notebook).encode())
    version = rules.versions.to_original(rules.bob, "bob", fork.name)
    assert (version.lab, version.number, version.author) == ("ada/secret", 2, "bob")
    assert version.message == "From bob/mine, version 2"
    stored = json.loads(rules.versions.notebook(rules.ada, *LAB, 2)[0])
    own = {"lab": "ada/secret", "environment": "python", "accelerator": "none"}
    assert stored["metadata"]["mlabs"] == own
    assert "".join(stored["cells"][0]["source"]) == "2 + 2"


def test_nothing_goes_back_without_the_right_to_edit(rules, shares):
    shares.set(rules.ada, *LAB, "bob", VIEW)
    rules.labs.fork(rules.bob, *LAB, wire.ForkCreate(name="mine"))
    rules.publish(rules.bob, name="new")
    shares.set(rules.ada, *LAB, "eve", EDIT)
    tries = [(rules.bob, "bob", "mine"), (rules.bob, "bob", "new"), (rules.ada, "ada", "secret")]
    for viewer, owner, name in tries:
        with pytest.raises(NotFound) as refused:
            rules.versions.to_original(viewer, owner, name)
        assert refused.value.code == "original_not_found"
    with pytest.raises(NotFound):
        rules.versions.to_original(whoever("eve"), "bob", "mine")
    assert rules.labs.get(rules.ada, *LAB).version == 1
