"""Forks: cheap, whole, and discreet about what their origin became."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import msgspec
import pytest

from mlabs_ext import wire
from mlabs_ext.errors import Conflict, NotFound, Unusable
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


def test_the_tree_names_an_unlisted_fork_to_nobody_who_does_not_have_its_address(rules):
    rules.publish(name="x")
    fork(rules, rules.bob, name="quiet")
    rules.labs.change(rules.bob, "bob", "quiet", wire.LabChange(visibility="unlisted"))
    assert rules.labs.forks(rules.nobody, "ada", "x").forks == []
    assert [node.lab for node in rules.labs.forks(rules.bob, "ada", "x").forks] == ["bob/quiet"]
    assert rules.labs.forks(rules.nobody, "bob", "quiet").lab == "bob/quiet"


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


IMAGE = "mlabs/python@sha256:" + "a" * 64
NEWER = "mlabs/python@sha256:" + "b" * 64
RUN = "01JCQ3W3T9V0Q8X5H7ZK2M0001"


def publish_a_run(rules, image: str | None = IMAGE, **of_run) -> None:
    """ada/x, whose one version was published with a run."""
    rules.publish(name="x", run=RUN)
    fields = {"id": RUN, "lab": "ada/x", "started": datetime.now(UTC), "environment": "python"}
    rules.runs.register(rules.ada, wire.RunCreate(**fields | {"image": image} | of_run))


@pytest.mark.parametrize(
    ("of_run", "image"),
    [
        pytest.param({}, IMAGE, id="as-it-ran"),
        pytest.param({"image": "python-py3.11-0123456789ab"}, "python-py3.11-0123456789ab", id="local"),
        pytest.param({"image": None}, None, id="nobody-said"),
        pytest.param({"environment": "jax"}, None, id="another-environment"),
        pytest.param({"accelerator": "gpu"}, None, id="another-accelerator"),
        pytest.param({"image": "x y"}, None, id="no-image-at-all"),
        pytest.param({"image": "../../etc"}, None, id="a-path-upwards"),
        pytest.param({"image": "x" * 301}, None, id="too-long"),
    ],
)
def test_a_fork_runs_on_what_its_origin_ran_on(rules, of_run, image):
    publish_a_run(rules, **of_run)
    assert fork(rules, rules.bob).image == image
    assert rules.labs.runtime(rules.spawner, "bob", "x")["image"] == image
    assert rules.labs.runtime(rules.spawner, "ada", "x")["image"] is None


def test_a_run_of_another_lab_pins_nothing(rules):
    rules.publish(name="other")
    rules.publish(name="x", run=RUN)
    rules.runs.register(
        rules.ada,
        wire.RunCreate(id=RUN, lab="ada/other", started=datetime.now(UTC), environment="python", image=IMAGE),
    )
    assert fork(rules, rules.bob).image is None


def test_a_fork_of_a_fork_keeps_the_image_until_it_has_run_on_another(rules):
    publish_a_run(rules)
    fork(rules, rules.bob)
    assert rules.labs.fork(rules.ada, "bob", "x", wire.ForkCreate(name="third")).image == IMAGE
    run = RUN[:-1] + "2"
    rules.runs.register(
        rules.bob,
        wire.RunCreate(id=run, lab="bob/x", started=datetime.now(UTC), environment="python", image=NEWER),
    )
    notebook = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}).encode()
    rules.versions.add(rules.bob, "bob", "x", wire.VersionCreate(msgspec.Raw(b"{}"), run=run), notebook)
    forks = [wire.ForkCreate(name="old", version=1), wire.ForkCreate(name="new")]
    images = [rules.labs.fork(rules.ada, "bob", "x", fields).image for fields in forks]
    assert images == [IMAGE, NEWER]


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        pytest.param({"title": "Mine"}, True, id="title"),
        pytest.param({"environment": "python"}, True, id="the-same-environment"),
        pytest.param({"image": None}, False, id="as-asked"),
        pytest.param({"environment": "jax"}, False, id="another-environment"),
        pytest.param({"environment": "jax", "image": None}, False, id="both"),
    ],
)
def test_a_pinned_image_goes_when_asked_or_with_its_environment(rules, change, kept):
    publish_a_run(rules)
    before = fork(rules, rules.bob)
    etag = rules.labs.etag(rules.bob, "bob", "x")
    after = rules.labs.change(rules.bob, "bob", "x", wire.LabChange(**change))
    assert after.image == (before.image if kept else None)
    assert (rules.labs.etag(rules.bob, "bob", "x") == etag) == (change == {"environment": "python"})
    again = rules.labs.change(rules.bob, "bob", "x", wire.LabChange(image=None))
    assert again.image is None


def test_a_new_accelerator_runs_on_the_image_of_its_own(rules):
    rules.publish(name="x", environment="pytorch", accelerator="gpu", run=RUN)
    fields = {"id": RUN, "lab": "ada/x", "started": datetime.now(UTC), "environment": "pytorch"}
    rules.runs.register(rules.ada, wire.RunCreate(**fields, accelerator="gpu", image=IMAGE))
    assert fork(rules, rules.bob).image == IMAGE
    assert rules.labs.change(rules.bob, "bob", "x", wire.LabChange(accelerator="none")).image is None


def test_only_null_may_be_said_of_an_image():
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"image": "evil/image"}', type=wire.LabChange)
    assert msgspec.json.decode(b'{"image": null}', type=wire.LabChange).image is None


def test_a_fork_of_a_lab_on_a_lent_machine_runs_on_none_unless_that_is_chosen(rules):
    rules.catalogue.community, rules.catalogue.local = True, False
    rules.publish(name="x", environment="python", accelerator="community", run=RUN)
    assert fork(rules, rules.bob).accelerator == "none"
    assert fork(rules, rules.bob, name="mine", accelerator="community").accelerator == "community"


def test_a_fork_may_do_without_the_accelerator(rules):
    rules.publish(name="x", environment="pytorch", accelerator="gpu", run=RUN)
    fields = {"id": RUN, "lab": "ada/x", "started": datetime.now(UTC), "environment": "pytorch"}
    rules.runs.register(rules.ada, wire.RunCreate(**fields, accelerator="gpu", image=IMAGE))
    copy = fork(rules, rules.bob, accelerator="none")
    assert (copy.environment, copy.accelerator, copy.image) == ("pytorch", "none", None)
    assert rules.versions.get(rules.bob, "bob", "x", 1).accelerator == "none"
    assert fork(rules, rules.bob, accelerator="gpu").image == IMAGE


def test_a_fork_cannot_have_an_accelerator_that_its_environment_lacks(rules):
    rules.publish(name="x")
    with pytest.raises(Unusable):
        fork(rules, rules.bob, accelerator="abacus")
    assert rules.labs.get(rules.ada, "ada", "x").forks == 0
