"""Blobs that nobody names any more go, and no others."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta

import pytest
from service.test_blobs import blobs_in
from sqlalchemy import String, select

from mlabs_ext import wire
from mlabs_ext.service import orm
from mlabs_ext.service.collection import FOLDERS, NAMES, Collection
from mlabs_ext.service.orm_batch import Batch
from mlabs_ext.service.orm_garbage import Garbage
from mlabs_ext.service.orm_thumbnails import Thumbnail
from mlabs_ext.service.rendering.model import Picture
from mlabs_ext.service.thumbnails import Thumbnails

# Digests of something else than blobs.
OTHERS = {"version.code_sha256", "run.code_sha256", "run.packages", "package_list.sha256", "garbage.blob"}
# What a slice begins at is the checkpoint of the one before; what came is told again by its digest.
OTHERS |= {"pool_lease.start", "pool_lease.digest"}
OTHERS |= {"thumbnail.notebook", "dataset_version.digest"}
HOUR = timedelta(hours=1)


@pytest.fixture
def collection(rules) -> Collection:
    return Collection(**{name: getattr(rules, name) for name in ("store", "blobs", "catalogue", "addresses")})


def later(rules, hours: float) -> None:
    """Let time pass: all there is gets older."""
    for file in rules.blobs.unfinished.parent.glob("[0-9a-f][0-9a-f]/*"):
        then = file.stat().st_mtime - hours * 3600
        os.utime(file, (then, then))
    with rules.store.write() as session:
        for noted in session.scalars(select(Garbage)):
            noted.since -= hours * HOUR


def one_pass(collection: Collection) -> int:
    return sum(collection.sweep(datetime.now(UTC)) for _ in range(FOLDERS))


def passes(rules, collection: Collection) -> int:
    """What is removed within two days."""
    removed = one_pass(collection)
    for _ in range(2):
        later(rules, 25)
        removed += one_pass(collection)
    return removed


def test_every_column_that_names_a_blob_is_known():
    named = {f"{name.class_.__tablename__}.{name.key}" for name in NAMES}
    columns = {
        f"{table.name}.{column.name}"
        for table in orm.Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, String) and column.type.length == 71
    }
    assert columns == named | OTHERS
    indexed = {
        f"{table.name}.{next(iter(index.columns)).name}"
        for table in orm.Base.metadata.tables.values()
        for index in table.indexes
    }
    assert named <= indexed


def test_what_is_named_stays_and_the_rest_goes(rules, collection):
    lab = rules.publish(name="x")
    kept = [rules.versions.get(rules.ada, "ada", "x", 1).notebook_sha256]
    for n in range(2):
        kept.append(rules.blobs.put(f"asset {n}".encode()))
        rules.assets.put(rules.ada, "ada", "x", f"{n}.txt", kept[-1], 7)
    thumbnails = Thumbnails(store=rules.store, blobs=rules.blobs)
    thumbnails.keep(kept[0], Picture(b"small", 3, 2, ""))
    kept.append(rules.blobs.put(b"small"))
    kept.append(rules.blobs.put(b"batch"))
    with rules.store.write() as session:
        now = rules.labs.now()
        run = orm.Run(
            id="r", lab_id=lab.id, user="ada", kind="batch", run_all=True, environment="python",
            accelerator="none", parameters={}, started=now, seen=now,
        )  # fmt: skip
        session.add(run)
        session.flush()
        session.add(Batch(run_key=run.key, notebook=kept[-1], queued=now, due=now))
    garbage = [rules.blobs.put(f"nobody's {n}".encode()) for n in range(30)]
    assert passes(rules, collection) == 30
    assert all(map(rules.blobs.exists, kept))
    assert not any(map(rules.blobs.exists, garbage))
    assert passes(rules, collection) == 0


def test_nothing_goes_within_a_day(rules, collection):
    """Who has copied the database has the time to copy its blobs."""
    digest = rules.blobs.put(b"nobody's")
    removed = []
    for hours in (0.9, 0.2, 23, 0.9, 0.2):
        later(rules, hours)
        removed.append(one_pass(collection))
    assert removed == [0, 0, 0, 0, 1]
    assert not rules.blobs.exists(digest)


def test_what_was_deleted_for_good_goes(rules, collection):
    rules.publish(name="x")
    rules.publish(rules.bob, "2 + 2", name="y")
    mine, other = (
        rules.versions.get(viewer, viewer.name, name, 1).notebook_sha256
        for viewer, name in ((rules.ada, "x"), (rules.bob, "y"))
    )
    rules.labs.fork(rules.bob, "ada", "x", wire.ForkCreate())
    for viewer, name in ((rules.ada, "x"), (rules.bob, "y")):
        rules.labs.delete(viewer, viewer.name, name)
    assert passes(rules, collection) == 0
    rules.labs.empty_own_trash(rules.ada)
    rules.labs.empty_own_trash(rules.bob)
    assert passes(rules, collection) == 1
    assert rules.blobs.exists(mine), "the fork has it"
    assert not rules.blobs.exists(other)


def test_the_picture_of_a_notebook_goes_with_its_last_version(rules, collection):
    rules.publish(name="x")
    notebook = rules.versions.get(rules.ada, "ada", "x", 1).notebook_sha256
    Thumbnails(store=rules.store, blobs=rules.blobs).keep(notebook, Picture(b"small", 3, 2, ""))
    rules.labs.fork(rules.bob, "ada", "x", wire.ForkCreate())
    for viewer in (rules.ada, rules.bob):
        assert passes(rules, collection) == 0
        rules.labs.delete(viewer, viewer.name, "x")
        rules.labs.empty_own_trash(viewer)
    assert passes(rules, collection) == 2
    with rules.store.read() as session:
        assert session.scalars(select(Thumbnail)).all() == []


def test_what_is_put_again_or_named_again_stays(rules, collection):
    digests = again, written, named = [rules.blobs.put(data) for data in (b"again", b"written", b"named")]
    later(rules, 2)
    assert one_pass(collection) == 0
    later(rules, 23)
    rules.blobs.put(b"again")
    with rules.blobs.writer() as writer:
        writer.write(b"written")
        assert writer.commit() == written
    rules.publish(name="x")
    rules.assets.put(rules.ada, "ada", "x", "named.txt", named, 5)
    later(rules, 2)
    assert one_pass(collection) == 0
    assert all(map(rules.blobs.exists, digests))
    assert passes(rules, collection) == 2
    assert [rules.blobs.exists(digest) for digest in (again, written, named)] == [False, False, True]


def test_a_blob_that_gets_a_name_at_the_last_moment_stays(rules, collection, monkeypatch):
    """Between the look at a folder and the removal."""
    digest = rules.blobs.put(b"late")
    rules.publish(name="x")
    remove = collection._remove

    def named_first(digests, before):
        rules.assets.put(rules.ada, "ada", "x", "late.txt", digest, 4)
        return remove(digests, before)

    monkeypatch.setattr(collection, "_remove", named_first)
    assert passes(rules, collection) == 0
    assert rules.blobs.exists(digest)


def test_who_writes_is_not_waited_for(rules, collection):
    if rules.store.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    rules.blobs.put(b"nobody's")
    rules.publish(name="x")
    with rules.store.write() as session:
        session.scalars(select(orm.Version)).one().message = "busy"
        session.flush()
        busy = threading.Thread(target=lambda: removed.append(passes(rules, collection)))
        removed: list[int] = []
        busy.start()
        busy.join(20)
        assert removed == [0]
    later(rules, 0)
    assert one_pass(collection) == 1


@pytest.mark.parametrize("place", ["local", "memory", pytest.param("s3", marks=pytest.mark.s3)])
def test_every_place_lists_and_collects(place, request, tmp_path):
    blobs = blobs_in(place, request, tmp_path)
    digests = {blobs.put(f"{n}".encode()) for n in range(5)}
    before = datetime.now(UTC) - HOUR
    found = {digest: at for n in range(FOLDERS) for digest, at in blobs.list(f"{n:02x}")}
    assert found.keys() == digests
    assert all(abs(at - datetime.now(UTC)) < HOUR / 2 for at in found.values())
    digest = digests.pop()
    assert not blobs.collect(digest, before)
    assert blobs.get(digest)
    assert blobs.collect(digest, datetime.now(UTC) + HOUR)
    assert not blobs.collect(digest, datetime.now(UTC) + HOUR)
    assert not blobs.exists(digest)
    assert all(map(blobs.exists, digests))


def test_publishing_what_is_just_being_collected(rules, collection):
    """Notebooks whose blobs are about to go are published again amid the pass that removes them."""
    for number in range(8):
        failures: list[BaseException] = []
        publisher = threading.Thread(target=publish_all, args=(rules, failures))
        publisher.start()
        one_pass(collection)
        publisher.join()
        assert failures == [], number
        with rules.store.read() as session:
            digests = set(session.scalars(select(orm.Version.notebook)))
        assert len(digests) == 8
        assert all(map(rules.blobs.exists, digests))
        for lab in rules.labs.find(rules.ada, owner="ada")[0]:
            rules.labs.delete(rules.ada, "ada", lab.name)
        rules.labs.empty_own_trash(rules.ada)
        later(rules, 2)
        one_pass(collection)
        later(rules, 25)


def publish_all(rules, failures: list[BaseException]) -> None:
    try:
        for number in range(8):
            rules.publish(rules.ada, str(number))
    except BaseException as error:
        failures.append(error)
