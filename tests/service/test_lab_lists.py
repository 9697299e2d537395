"""What searches find, in which order, and what they never find; the same in both databases."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from service.conftest import cells
from sqlalchemy import delete, text

from mlabs_ext import wire
from mlabs_ext.errors import BadInput
from mlabs_ext.service import lab_lists, orm
from mlabs_ext.service.index_queue import IndexQueue
from mlabs_ext.service.lab_lists import SORTS


@pytest.fixture
def queue(rules) -> IndexQueue:
    return IndexQueue(store=rules.store, blobs=rules.blobs)


def read_all(queue: IndexQueue) -> None:
    """What the service does in the background."""
    while waiting := queue.waiting():
        for one in waiting:
            found = queue.text(queue.blobs.get(one.notebook)) if one.notebook and not one.known else None
            queue.done(one.key, found)


def names(rules: SimpleNamespace, viewer=None, **asked) -> list[str]:
    return [lab.name for lab in rules.labs.find(viewer or rules.nobody, **asked)[0]]


@pytest.fixture
def shelf(rules) -> SimpleNamespace:
    """Labs with the same word in different places, the last one changed last."""
    publish(rules, "in-code", "Two", "# Words", "model = RandomForest(learning_rate=0.1)")
    publish(rules, "in-text", "Three", "# A forest of random trees")
    publish(rules, "in-description", "Four", "# Nothing", description="A random forest, explained.")
    publish(rules, "in-title", "Random forest", "# Nothing")
    publish(rules, "in-tag", "Six", "# Nothing", tags=["random", "forest"])
    return rules


def publish(rules, name: str, title: str, *sources: str, **fields) -> wire.Lab:
    return rules.publish(rules.ada, *sources, name=name, title=title, **fields)


def test_all_that_is_said_of_a_lab_and_in_it_is_searched(shelf):
    assert names(shelf, q="randomforest") == ["in-code"]
    assert names(shelf, q="learning_rate") == ["in-code"]
    assert names(shelf, q="explained") == ["in-description"]
    assert names(shelf, q="trees") == ["in-text"]
    assert names(shelf, q="in-tag") == ["in-tag"]
    assert len(names(shelf, q="ada random")) == 5


def test_labs_that_are_named_so_come_first(shelf):
    assert names(shelf, q="random forest") == ["in-tag", "in-title", "in-description", "in-text"]
    assert names(shelf, q="random forest", sort="recent") == names(shelf, q="random forest", sort="relevance")
    publish(shelf, "newest", "Seven", "# A random forest")
    assert names(shelf, q="random forest")[:2] == ["in-tag", "in-title"]
    assert names(shelf, q="random forest", sort="recent")[0] == "newest"
    shelf.labs.fork(shelf.bob, "ada", "in-title", wire.ForkCreate(name="fork"))
    assert names(shelf, q="random forest")[:3] == ["in-title", "fork", "in-tag"]
    assert names(shelf, q="random forest", sort="popular")[0] == "in-title"


def test_phrases(shelf):
    assert names(shelf, q='"random forest"') == ["in-tag", "in-title", "in-description"]
    assert names(shelf, q='"forest of random"') == ["in-text"]
    assert names(shelf, q='"random fores"') == []
    assert names(shelf, q='"rate 0"') == ["in-code"]


HOSTILE = [
    '"', "'", "*", "a*b", "NOT", "AND OR NOT", "random AND", "NEAR(random forest)", "title:random", "^random",
    "{head}: random", "random -forest", "random+forest", "(((", ")", "random:*", "!random", "random & | !",
    "<->", "\\", "random\\", "'; DROP TABLE lab; --", "%", "_", "\0random", "random\0forest", "\ufffd",
    "é" * 400, '"random" *', "=listed", "<ra", "listed", "🙂 random", "random\u200bforest", "x" * 100_000,
]  # fmt: skip


def test_no_syntax_does_anything(shelf):
    for q in HOSTILE:
        for sort in (None, "recent", "popular"):
            found, following = shelf.labs.find(shelf.nobody, q=q, sort=sort)
            assert following is None, q
            assert len(found) < 6, q


def test_what_search_finds_follows_every_change(rules):
    lab = publish(rules, "x", "Zebra", "# Stripes", tags=["animal"])
    assert names(rules, q="zebra") == names(rules, q="stripe") == names(rules, q="animal") == ["x"]
    rules.labs.change(rules.ada, "ada", "x", wire.LabChange(title="Horse", tags=[]))
    assert names(rules, q="zebra") == names(rules, q="animal") == []
    assert names(rules, q="horse stripes") == ["x"]
    version(rules, "x", "# Spots")
    assert names(rules, q="stripes") == []
    assert names(rules, q="horse spots") == ["x"]
    rules.labs.delete(rules.ada, "ada", "x")
    assert names(rules, q="horse") == names(rules, rules.ada, q="horse", owner="ada") == []
    assert rules.labs.restore(rules.ada, "ada", "x").id == lab.id
    assert names(rules, q="horse") == ["x"]


def version(rules, name: str, *sources: str) -> None:
    notebook = json.dumps(cells(*sources)).encode()
    rules.versions.add(rules.ada, "ada", name, wire.VersionCreate(notebook=b"{}"), notebook)


def test_a_change_that_fails_changes_nothing_that_is_found(rules):
    publish(rules, "x", "Zebra", "# Stripes")
    with pytest.raises(ZeroDivisionError), rules.store.write() as session:
        lab = session.query(orm.Lab).one()
        lab.title = "Horse"
        session.flush()
        1 / 0  # noqa: B018
    assert names(rules, q="horse") == []
    assert names(rules, q="zebra") == ["x"]


def test_forks_and_restored_labs_are_read_soon(rules, queue):
    publish(rules, "x", "Zebra", "# Stripes")
    rules.labs.fork(rules.bob, "ada", "x", wire.ForkCreate(name="y"))
    assert sorted(names(rules, q="zebra")) == ["x", "y"]
    rules.labs.delete(rules.ada, "ada", "x")
    rules.labs.restore(rules.ada, "ada", "x")
    assert names(rules, q="stripes") == []
    read_all(queue)
    assert sorted(names(rules, q="stripes")) == ["x", "y"]
    assert queue.waiting() == []
    version(rules, "x", "# Spots")
    read_all(queue)
    rules.versions.restore(rules.ada, "ada", "x", 1)
    read_all(queue)
    assert sorted(names(rules, q="stripes")) == ["x", "y"]


def test_what_is_gone_leaves_no_words(rules):
    for name in ("x", "y", "z"):
        publish(rules, name, f"Zebra {name}", "# Stripes")
        version(rules, name, "# Spots")
    with rules.store.write() as session:
        session.execute(delete(orm.Lab).where(orm.Lab.name != "y"))
    with rules.store.write() as session:
        assert session.scalar(text("SELECT count(*) FROM lab_words")) == 1
        if rules.store.is_sqlite:
            session.execute(text("INSERT INTO lab_words (lab_words) VALUES ('integrity-check')"))
    assert names(rules, q="zebra") == ["y"]


def test_what_is_read_late_does_not_undo_what_was_changed_since(rules, queue):
    publish(rules, "x", "Zebra", "# Stripes")
    (one,) = queue.waiting()
    version(rules, "x", "# Spots")
    queue.done(one.key, queue.text(json.dumps(cells("# Stripes")).encode()))
    assert names(rules, q="stripes") == []
    assert names(rules, q="spots") == ["x"]


@pytest.mark.parametrize("kind", ["private", "unlisted", "draft", "trash"])
def test_others_never_find(rules, kind):
    fields = {"title": "Zebra", "name": "x", "tags": ["stripes"], "visibility": "public"}
    if kind == "draft":
        rules.labs.create(rules.ada, wire.LabCreate(**fields), None)
    else:
        fields["visibility"] = kind if kind in ("private", "unlisted") else "public"
        rules.publish(rules.ada, "# Hooves", **fields)
    if kind == "trash":
        rules.labs.delete(rules.ada, "ada", "x")
    own = [] if kind == "trash" else ["x"]
    for q in ("zebra", "stripes", "ada", '"zebra"', "zeb"):
        for sort in (None, *SORTS):
            for viewer in (rules.nobody, rules.bob, rules.ada, rules.spawner):
                assert names(rules, viewer, q=q, sort=sort) == [], (q, sort)
            for viewer in (rules.nobody, rules.bob, rules.spawner):
                assert names(rules, viewer, q=q, owner="ada", sort=sort) == [], (q, sort)
            assert names(rules, rules.ada, q=q, owner="ada", sort=sort) == own
            assert names(rules, rules.admin, q=q, owner="ada", sort=sort) == own


def test_what_becomes_private_is_found_no_more(rules):
    publish(rules, "x", "Zebra", "# Stripes")
    rules.labs.change(rules.ada, "ada", "x", wire.LabChange(visibility="private"))
    assert names(rules, q="zebra") == []
    rules.labs.change(rules.ada, "ada", "x", wire.LabChange(visibility="public"))
    assert names(rules, q="zebra stripes") == ["x"]


@pytest.fixture
def mixed(rules) -> SimpleNamespace:
    for n in range(12):
        fields = {"tags": ["even"] if n % 2 == 0 else []}
        runtime = (
            ("pytorch", "gpu") if n % 3 == 0 else ("pytorch", "none") if n % 3 == 1 else ("python", "none")
        )
        viewer = rules.ada if n < 9 else rules.bob
        rules.publish(
            viewer, "# Word", name=f"lab-{n}", title=f"Zebra {n}", environment=runtime[0],
            accelerator=runtime[1], **fields,
        )  # fmt: skip
    return rules


FILTERS = [
    {"accelerator": "gpu"},
    {"accelerator": "none", "environment": "pytorch"},
    {"accelerator": "gpu", "environment": "python"},
    {"accelerator": "gpu", "tag": "even"},
    {"environment": "pytorch", "owner": "bob"},
    {"accelerator": "gpu", "owner": "ada", "tag": "even"},
    {"accelerator": "tpu"},
    {"tag": "a\0"},
]


@pytest.mark.parametrize("few", [2, 1000])
def test_filters_leave_the_same_with_words_as_without(mixed, few, monkeypatch):
    monkeypatch.setattr(lab_lists, "FEW", few)
    whole = mixed.labs.find(mixed.nobody, limit=100)[0]
    for filters in FILTERS:
        wanted = [lab.name for lab in whole if fits(lab, filters)]
        for sort in (None, "recent"):
            assert names(mixed, **filters, sort=sort) == wanted, filters
            assert names(mixed, q="zebra wor", **filters, sort=sort) == wanted, filters
        assert sorted(names(mixed, q="zebra", **filters, sort="popular")) == sorted(wanted), filters


def fits(lab: wire.Lab, filters: dict[str, str]) -> bool:
    said = {name: value for name, value in filters.items() if name != "tag"}
    return all(getattr(lab, name) == value for name, value in said.items()) and (
        filters.get("tag") in (None, *lab.tags)
    )


@pytest.mark.parametrize("named", [500, 4])
@pytest.mark.parametrize("sort", [None, *SORTS])
def test_searches_can_be_walked_without_gaps_or_repeats(mixed, sort, named, monkeypatch):
    monkeypatch.setattr(lab_lists, "NAMED", named)
    mixed.labs.change(mixed.ada, "ada", "lab-3", wire.LabChange(title="No more", description="zebra"))
    whole, cursor, walked = names(mixed, q="zebra", sort=sort, limit=100), None, []
    while True:
        page, cursor = mixed.labs.find(mixed.nobody, q="zebra", sort=sort, limit=5, cursor=cursor)
        walked += [lab.name for lab in page]
        if cursor is None:
            break
    assert walked == whole
    assert sorted(walked) == sorted(f"lab-{n}" for n in range(12))
    if sort is None:
        assert walked[-1] == "lab-3"
    with pytest.raises(BadInput):
        other = "popular" if sort != "popular" else "recent"
        _, cursor = mixed.labs.find(mixed.nobody, q="zebra", sort=sort, limit=5)
        mixed.labs.find(mixed.nobody, q="zebra", sort=other, cursor=cursor)


def test_results_say_where_the_words_are(shelf):
    found = {lab.name: lab.found for lab in shelf.labs.find(shelf.nobody, q="random forest")[0]}
    assert found["in-title"] == wire.Found("title", "Random forest", [(0, 6), (7, 13)])
    assert found["in-tag"] == wire.Found("tags", "random, forest", [(0, 6), (8, 14)])
    assert found["in-description"].where == "description"
    assert found["in-text"] == wire.Found("text", "A forest of random trees", [(2, 8), (12, 18)])
    (lab,), _ = shelf.labs.find(shelf.nobody, q="learning_rate")
    assert lab.found.where == "code"
    assert [lab.found.text[a:b] for a, b in lab.found.marks] == ["learning_rate"]
    assert not shelf.labs.find(shelf.nobody)[0][0].found
