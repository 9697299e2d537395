"""Comments: who writes, changes, hides and sees them, about which cell, and how many at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, Forbidden, NotFound, TooMany, Unusable
from mlabs_ext.service.comments import MAX_REPLIES, Comments
from mlabs_ext.service.idempotency import Key
from mlabs_ext.service.notifications import Notifications
from mlabs_ext.service.viewers import Viewer


@pytest.fixture
def comments(rules):
    rules.publish(rules.ada, "# Hello there", "import numpy\nnumpy.zeros(3)", name="x", title="MNIST")
    return Comments(store=rules.store, addresses=rules.addresses, blobs=rules.blobs, most=500)


@pytest.fixture
def notifications(rules):
    return Notifications(store=rules.store, addresses=rules.addresses)


def say(comments, viewer, text="Nice.", lab="x", key=None, **fields):
    return comments.add(viewer, "ada", lab, wire.CommentCreate(text, **fields), key)


def texts(comments, viewer, **fields):
    return [comment.text for comment in comments.list(viewer, "ada", "x", **fields)[0]]


def test_the_newest_thread_comes_first_and_replies_in_order(rules, comments):
    first = say(comments, rules.bob, "One\r\n\r\ntwo  ")
    say(comments, rules.ada, "Later")
    for n in range(3):
        assert say(comments, rules.ada, f"Reply {n}", parent=first.id).parent == first.id
    later, thread = comments.list(rules.nobody, "ada", "x")[0]
    assert (later.text, later.replies, thread.text) == ("Later", [], "One\n\ntwo")
    assert [reply.text for reply in thread.replies] == ["Reply 0", "Reply 1", "Reply 2"]
    assert comments.thread(rules.nobody, thread.replies[1].id) == thread
    assert comments.edit(rules.bob, first.id, "One\n\ntwo").replies == thread.replies
    page, following = comments.list(rules.nobody, "ada", "x", limit=1)
    assert page == [later]
    assert comments.list(rules.nobody, "ada", "x", limit=1, cursor=following) == ([thread], None)
    with pytest.raises(BadInput):
        comments.list(rules.nobody, "ada", "x", cursor="?")


def test_replies_are_one_level_deep(rules, comments):
    first = say(comments, rules.bob)
    reply = say(comments, rules.ada, parent=first.id)
    rules.publish(name="y")
    for lab, parent in (("x", reply.id), ("y", first.id), ("x", "0" * 26)):
        with pytest.raises(Unusable):
            say(comments, rules.bob, lab=lab, parent=parent)


def test_a_comment_about_a_cell_says_which(rules, comments):
    made = say(comments, rules.bob, cell="cell-1")
    assert (made.cell, made.cell_label, made.version) == ("cell-1", "Cell 2: import numpy", 1)
    reply = say(comments, rules.ada, parent=made.id)
    assert (reply.cell, reply.version) == ("cell-1", 1)
    say(comments, rules.bob, "Of the lab")
    say(comments, rules.bob, "Of the title", cell="cell-0", version=1)
    assert texts(comments, rules.nobody, cell="cell-1") == ["Nice."]
    assert texts(comments, rules.nobody, cell="none") == []
    assert comments.newest(rules.nobody, "ada", "x", 2)[1:] == (True, comments.cells(rules.ada, "ada", "x"))
    assert comments.cells(rules.nobody, "ada", "x") == [
        wire.CommentedCell("cell-0", "Cell 1: Hello there", 1),
        wire.CommentedCell("cell-1", "Cell 2: import numpy", 1),
    ]
    with pytest.raises(Unusable) as error:
        say(comments, rules.bob, cell="cell-7")
    assert error.value.code == "cell_absent"
    with pytest.raises(NotFound):
        say(comments, rules.bob, version=2)


def test_only_its_author_changes_it(rules, comments):
    made = say(comments, rules.bob)
    for viewer in (rules.ada, rules.admin):
        with pytest.raises(NotFound):
            comments.edit(viewer, made.id, "x")
        with pytest.raises(NotFound):
            comments.delete(viewer, made.id)
    assert comments.edit(rules.bob, made.id, "Nice.").edited is None
    edited = comments.edit(rules.bob, made.id, "Better.")
    assert (edited.text, edited.edited is not None) == ("Better.", True)


@pytest.mark.parametrize("text", ["", "  \r\n ", "a\0b"], ids=["empty", "blank", "nul"])
def test_a_comment_has_words(rules, comments, text):
    with pytest.raises(Unusable):
        say(comments, rules.bob, text)


def test_what_was_deleted_leaves_a_place_only_where_somebody_replied(rules, comments):
    first, second = say(comments, rules.bob, "One"), say(comments, rules.bob, "Two")
    reply = say(comments, rules.ada, "Reply", parent=first.id)
    for made in (first, second):
        comments.delete(rules.bob, made.id)
    (left,) = comments.list(rules.bob, "ada", "x")[0]
    assert comments.newest(rules.bob, "ada", "x", 10) == ([left], False, [])
    assert (left.id, left.text, left.deleted is not None) == (first.id, None, True)
    assert [each.text for each in left.replies] == ["Reply"]
    with pytest.raises(NotFound):
        comments.edit(rules.bob, first.id, "Again")
    with pytest.raises(Unusable):
        say(comments, rules.bob, parent=first.id)
    comments.delete(rules.ada, reply.id)
    assert comments.list(rules.bob, "ada", "x") == ([], None)


def test_the_owner_hides_and_shows_again(rules, comments):
    made = say(comments, rules.bob)
    for viewer in (rules.bob, Viewer("eve", can_read=True, can_write=True)):
        with pytest.raises(NotFound):
            comments.hide(viewer, made.id)
    assert comments.hide(rules.ada, made.id).hidden == wire.Hidden("owner", None)
    assert texts(comments, rules.nobody) == [None]
    assert comments.list(rules.nobody, "ada", "x")[0][0].hidden.by == "owner"
    for viewer in (rules.ada, rules.bob, rules.admin):
        assert texts(comments, viewer) == ["Nice."]
    with pytest.raises(Unusable):
        say(comments, rules.bob, parent=made.id)
    assert comments.unhide(rules.ada, made.id).hidden is None
    assert texts(comments, rules.nobody) == ["Nice."]


def test_what_an_administrator_hid_only_they_show(rules, comments):
    made = say(comments, rules.bob)
    with pytest.raises(Unusable):
        comments.hide(rules.admin, made.id)
    comments.hide(rules.admin, made.id, "Insults")
    comments.hide(rules.ada, made.id)
    for viewer, reason in ((rules.bob, "Insults"), (rules.ada, "Insults"), (rules.nobody, None)):
        (seen,) = comments.list(viewer, "ada", "x")[0]
        assert seen.hidden == wire.Hidden("administrator", reason)
    with pytest.raises(Forbidden):
        comments.unhide(rules.ada, made.id)
    assert comments.unhide(rules.admin, made.id).hidden is None


def test_switched_off_they_wait(rules, comments):
    made = say(comments, rules.bob, cell="cell-1")
    assert not rules.labs.change(rules.ada, "ada", "x", wire.LabChange(comments=False)).comments
    for viewer in (rules.ada, rules.bob):
        assert comments.list(viewer, "ada", "x") == ([], None)
        assert comments.cells(viewer, "ada", "x") == []
        assert comments.newest(viewer, "ada", "x", 10) == ([], False, [])
        with pytest.raises(NotFound):
            comments.thread(viewer, made.id)
        with pytest.raises(Unusable) as error:
            say(comments, viewer)
        assert error.value.code == "comments_off"
    rules.labs.change(rules.ada, "ada", "x", wire.LabChange(comments=True))
    assert texts(comments, rules.bob) == ["Nice."]


def test_what_one_may_not_see_has_no_comments(rules, comments):
    made = say(comments, rules.bob)
    rules.labs.change(rules.ada, "ada", "x", wire.LabChange(visibility="private"))
    for call in (
        lambda: comments.list(rules.bob, "ada", "x"),
        lambda: comments.cells(rules.bob, "ada", "x"),
        lambda: comments.thread(rules.bob, made.id),
        lambda: comments.edit(rules.bob, made.id, "x"),
        lambda: comments.delete(rules.bob, made.id),
        lambda: say(comments, rules.bob),
        lambda: say(comments, rules.bob, cell="cell-1"),
        lambda: comments.thread(rules.bob, "\0"),
    ):
        with pytest.raises(NotFound):
            call()
    with pytest.raises(Forbidden):
        say(comments, rules.nobody)


def test_a_draft_has_none(rules, comments):
    rules.labs.create(rules.ada, wire.LabCreate(name="draft"), None)
    with pytest.raises(Unusable):
        say(comments, rules.ada, lab="draft")


def test_nobody_writes_more_by_hurrying(rules, comments):
    comments.most = 3
    done, refused = [], []

    def write(n):
        try:
            done.append(say(comments, rules.bob, f"{n}").id)
        except TooMany as error:
            refused.append(error.detail["retry_after"])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(8)))
    assert (len(done), len(refused)) == (3, 5)
    assert all(0 < wait <= 600 for wait in refused)
    comments.delete(rules.bob, done[0])
    with pytest.raises(TooMany):
        say(comments, rules.bob)
    say(comments, rules.ada)
    later = comments.now() + timedelta(seconds=601)
    comments.now = lambda: later
    say(comments, rules.bob)


def test_a_thread_has_an_end(rules, comments, monkeypatch):
    monkeypatch.setattr("mlabs_ext.service.comments.MAX_REPLIES", 2)
    assert MAX_REPLIES > 2
    first = say(comments, rules.bob)
    for _ in range(2):
        say(comments, rules.bob, parent=first.id)
    with pytest.raises(Unusable) as error:
        say(comments, rules.bob, parent=first.id)
    assert error.value.code == "thread_full"


def test_the_same_key_writes_once(rules, comments):
    key = Key("k", "said")
    assert say(comments, rules.bob, key=key) == say(comments, rules.bob, key=key)
    assert len(texts(comments, rules.bob)) == 1


def test_who_wrote_in_a_thread_is_told_of_replies_while_they_may_see_the_lab(rules, comments, notifications):
    first = say(comments, rules.bob, "How?")
    say(comments, rules.ada, "So.", parent=first.id)
    (note,) = notifications.list(rules.bob)[0]
    assert (note.kind, note.text) == ("comment.reply", "ada replied to you on “MNIST”: So.")
    assert (notifications.unread(rules.bob), notifications.unread(rules.ada)) == (1, 1)
    say(comments, rules.bob, "Thanks.", parent=first.id)
    assert notifications.unread(rules.bob) == 1
    rules.labs.change(rules.ada, "ada", "x", wire.LabChange(visibility="private"))
    assert (notifications.unread(rules.bob), notifications.list(rules.bob)[0]) == (0, [])
    assert notifications.unread(rules.ada) == 1


def test_the_owner_is_told_once_until_they_have_read(rules, comments, notifications):
    say(comments, rules.ada, "My own")
    assert notifications.unread(rules.ada) == 0
    say(comments, rules.bob, "One")
    made = say(comments, rules.bob, "Two\nlines")
    (note,) = notifications.list(rules.ada)[0]
    assert (note.kind, note.lab, note.run, note.status) == ("comment.new", "ada/x", None, None)
    assert note.text == "bob commented on “MNIST”: Two lines"
    assert (note.comment, note.url) == (made.id, made.url)
    assert notifications.unread_about(rules.ada, made.id) == note.id
    assert notifications.unread_about(rules.bob, made.id) is None
    notifications.read(rules.ada)
    newest = say(comments, rules.bob, "Three")
    assert [each.read is None for each in notifications.list(rules.ada)[0]] == [True, False]
    comments.delete(rules.bob, newest.id)
    assert len(notifications.list(rules.ada)[0]) == 1
    assert notifications.list(rules.bob) == ([], None)
