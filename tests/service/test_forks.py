"""Forks: cheap, whole, and discreet about what their origin became."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from mlabs_ext import wire
from mlabs_ext.errors import Conflict, NotFound
from mlabs_ext.service.idempotency import Key


def fork(rules, viewer, lab: str = "x", **fields) -> wire.Lab:
    return rules.labs.fork(viewer, "ada", lab, wire.ForkCreate(**fields))


def test_a_fork_has_the_same_blobs_and_says_where_it_comes_from(rules):
    rules.publish(name="x", tags=["t"], description="d")
    copy = fork(rules, rules.bob)
    assert (copy.owner, copy.name, copy.version) == ("bob", "x", 1)
    assert copy.forked_from == wire.Origin("ada/x", 1)
    assert (copy.tags, copy.description, copy.title) == (["t"], "d", "Hello")
    mine = rules.versions.get(rules.nobody, "bob", "x", 1)
    theirs = rules.versions.get(rules.nobody, "ada", "x", 1)
    assert mine.notebook_sha256 == theirs.notebook_sha256
    assert (mine.author, theirs.author) == ("bob", "ada")
    assert rules.labs.get(rules.nobody, "ada", "x").forks == 1
    assert [lab.name for lab in rules.labs.find(rules.nobody, tag="t", owner="bob")[0]] == ["x"]


def test_names_of_forks(rules):
    rules.publish(name="x")
    assert fork(rules, rules.ada).name == "x-2"
    assert fork(rules, rules.ada, name="other").name == "other"
    with pytest.raises(Conflict):
        fork(rules, rules.ada, name="x")
    assert rules.labs.get(rules.ada, "ada", "x").forks == 2


@pytest.mark.parametrize(
    ("parent", "who", "works"),
    [
        ("public", "bob", True),
        ("unlisted", "bob", True),
        ("private", "bob", False),
        ("private", "ada", True),
    ],
)
def test_what_one_sees_one_forks_and_nobody_else_sees_more(rules, parent, who, works):
    rules.publish(name="x", visibility=parent)
    viewer = getattr(rules, who)
    if not works:
        with pytest.raises(NotFound):
            fork(rules, viewer)
        return
    assert fork(rules, viewer).visibility == parent


@pytest.mark.parametrize("version", [0, 2, -1, 2**40])
def test_a_version_that_is_not_cannot_be_forked(rules, version):
    rules.publish(name="x")
    with pytest.raises(NotFound):
        fork(rules, rules.bob, version=version)


def test_a_draft_cannot_be_forked(rules):
    rules.labs.create(rules.ada, wire.LabCreate(name="x"), None)
    with pytest.raises(NotFound):
        fork(rules, rules.ada)


@pytest.mark.parametrize("fate", ["private", "deleted", "purged"])
def test_forks_outlive_their_parent_and_forget_its_name(rules, fate):
    rules.publish(name="x")
    fork(rules, rules.bob, name="copy")
    if fate == "private":
        rules.labs.change(rules.ada, "ada", "x", wire.LabChange(visibility="private"))
    else:
        rules.labs.delete(rules.ada, "ada", "x")
    if fate == "purged":
        rules.labs.keep_deleted = 0
        assert rules.labs.empty_trash(rules.labs.now()) == 1
    copy = rules.labs.get(rules.bob, "bob", "copy")
    assert copy.forked_from == wire.Origin(None, 1)
    assert rules.versions.notebook(rules.nobody, "bob", "copy", 1)[0]
    if fate == "private":
        assert rules.labs.get(rules.ada, "bob", "copy").forked_from == wire.Origin("ada/x", 1)


def test_the_tree_hides_what_may_not_be_seen_and_keeps_its_shape(rules):
    rules.publish(name="x")
    fork(rules, rules.bob, name="middle")
    rules.labs.fork(rules.ada, "bob", "middle", wire.ForkCreate(name="leaf"))
    fork(rules, rules.bob, name="hidden-leaf")
    for name in ("middle", "hidden-leaf"):
        rules.labs.change(rules.bob, "bob", name, wire.LabChange(visibility="private"))
    tree = rules.labs.forks(rules.nobody, "ada", "x")
    assert (tree.lab, tree.title) == ("ada/x", "Hello")
    (middle,) = tree.forks
    assert (middle.lab, middle.title) == (None, None)
    assert [node.lab for node in middle.forks] == ["ada/leaf"]
    seen = rules.labs.forks(rules.bob, "ada", "x")
    assert {node.lab for node in seen.forks} == {"bob/middle", "bob/hidden-leaf"}


def test_a_long_chain_of_forks_is_cut_not_crashed(rules):
    rules.publish(name="x")
    parent = "x"
    for n in range(120):
        parent = fork(rules, rules.ada, parent, name=f"x-{n}").name
    node, depth = rules.labs.forks(rules.nobody, "ada", "x"), 0
    while node.forks:
        (node,), depth = node.forks, depth + 1
    assert depth == 100


def test_one_key_makes_one_fork(rules):
    rules.publish(name="x")
    with ThreadPoolExecutor(20) as pool:
        made = list(
            pool.map(
                lambda _: rules.labs.fork(rules.bob, "ada", "x", wire.ForkCreate(), key=Key("k", "s")),
                range(20),
            )
        )
    assert len({lab.id for lab in made}) == 1
    assert rules.labs.get(rules.ada, "ada", "x").forks == 1


def test_a_fork_against_a_delete_is_whole_or_not_there(rules):
    for round_ in range(8):
        name = f"r-{round_}"
        rules.publish(name=name)

        def try_fork(n: int, name: str = name) -> wire.Lab | None:
            try:
                return fork(rules, rules.bob, name, name=f"{name}-{n}")
            except NotFound:
                return None

        with ThreadPoolExecutor(5) as pool:
            forks = [pool.submit(try_fork, n) for n in range(4)]
            pool.submit(rules.labs.delete, rules.ada, "ada", name).result()
        for made in filter(None, (future.result() for future in forks)):
            assert rules.versions.notebook(rules.bob, "bob", made.name, 1)[0]
