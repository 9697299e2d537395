"""Datasets: versions that never change, seen and changed by whom labs would be, within a quota."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, Conflict, Forbidden, Full, NotFound, Stale, TooLarge, Unusable
from mlabs_ext.names import split_dataset
from mlabs_ext.notebook import sha256
from mlabs_ext.service.collection import Collection
from mlabs_ext.service.dataset_files import Kept
from mlabs_ext.service.datasets import Datasets
from mlabs_ext.service.idempotency import Key
from mlabs_ext.service.plan_file import read

PUBLIC = {"visibility": "public", "license": "CC0-1.0", "description": "Measured by hand."}


@pytest.fixture
def data(rules):
    shared = {name: getattr(rules, name) for name in ("store", "blobs", "catalogue", "addresses", "plans")}
    return Datasets(**shared)


def kept(data, **files):
    """Blobs of these contents, by path; `a__csv` is `a.csv`."""
    named = {name.replace("__", "."): text.encode() for name, text in files.items()}
    return [Kept(path, data.blobs.put(text), len(text)) for path, text in named.items()]


def make(data, viewer, files=None, key=None, **fields):
    return data.create(viewer, wire.DatasetCreate(**fields), files or kept(data, a__csv="1,2\n"), key)


def add(data, viewer, files=(), name="d", **fields):
    return data.add_version(viewer, "ada", name, wire.DatasetVersionCreate(**fields), files)


def paths(version):
    return [file.path for file in version.items]


def test_a_dataset_begins_with_its_first_version(rules, data):
    made = make(data, rules.ada, title="Fleurs d'été", **PUBLIC)
    assert (made.name, made.version, made.files, made.size) == ("fleurs-d-ete", 1, 1, 4)
    assert made.url.endswith("/@ada/datasets/fleurs-d-ete")
    version = data.version(rules.nobody, "ada", made.name, "latest")
    assert (version.number, version.author, paths(version)) == (1, "ada", ["a.csv"])
    assert version.items[0].digest == sha256(b"1,2\n")
    assert version.items[0].url.endswith("/data/ada/fleurs-d-ete/1/a.csv")
    assert make(data, rules.ada, title="Fleurs d'été").name == "fleurs-d-ete-2"
    with pytest.raises(Conflict):
        make(data, rules.ada, name="fleurs-d-ete")
    with pytest.raises(Forbidden):
        make(data, rules.nobody)


def test_a_title_comes_from_the_files_where_nobody_gives_one(rules, data):
    assert make(data, rules.ada, kept(data, iris__csv="1")).title == "iris"
    folder = [Kept(f"birds/{n}.png", data.blobs.put(b"x"), 1) for n in range(2)]
    assert make(data, rules.ada, folder).title == "birds"
    assert make(data, rules.ada, kept(data, a="1", b="2")).title == "Dataset"


@pytest.mark.parametrize(
    ("missing", "code"), [("license", "license_required"), ("description", "description_required")]
)
def test_public_ones_say_what_they_are_and_what_may_be_done_with_them(rules, data, missing, code):
    fields = {name: value for name, value in PUBLIC.items() if name != missing}
    with pytest.raises(Unusable) as error:
        make(data, rules.ada, **fields)
    assert error.value.code == code
    assert error.value.detail == {"field": missing}
    make(data, rules.ada, name="d", **(fields | {"visibility": "private"}))
    with pytest.raises(Unusable):
        data.change(rules.ada, "ada", "d", wire.DatasetChange(visibility="public"))
    changed = wire.DatasetChange(**PUBLIC)
    assert data.change(rules.ada, "ada", "d", changed).visibility == "public"
    with pytest.raises(Unusable):
        data.change(
            rules.ada, "ada", "d", wire.DatasetChange(**{missing: None if missing == "license" else ""})
        )
    with pytest.raises(Unusable):
        make(data, rules.ada, license="Mine alone")


def test_versions_are_sets_of_files_that_never_change(rules, data):
    make(data, rules.ada, name="d", **PUBLIC)
    second = add(data, rules.ada, kept(data, b__csv="3"), keep=True, message="More")
    assert (second.number, paths(second), second.message) == (2, ["a.csv", "b.csv"], "More")
    assert add(data, rules.ada, kept(data, b__csv="3"), keep=True).number == 2, "the very same is no new one"
    third = add(data, rules.ada, remove=["a.csv"])
    assert (third.number, paths(third)) == (3, ["b.csv"])
    assert paths(data.version(rules.nobody, "ada", "d", 1)) == ["a.csv"]
    fourth = add(data, rules.ada, kept(data, b__csv="4"))
    assert paths(fourth) == ["b.csv"]
    assert data.get(rules.nobody, "ada", "d").version == 4
    digests = [data.file(rules.nobody, "ada", "d", n, "b.csv").asset.digest for n in (2, 3, 4, "latest")]
    assert digests == [sha256(text) for text in (b"3", b"3", b"4", b"4")]
    assert [data.file(rules.nobody, "ada", "d", n, "b.csv").fixed for n in (2, "latest")] == [True, False]
    listed, following = data.versions(rules.nobody, "ada", "d", limit=3)
    assert [version.number for version in listed] == [4, 3, 2]
    assert [v.number for v in data.versions(rules.nobody, "ada", "d", cursor=following)[0]] == [1]
    for number, path in ((5, "b.csv"), (0, "b.csv"), (2**40, "b.csv"), (1, "b.csv"), (1, "a\0")):
        with pytest.raises(NotFound):
            data.file(rules.nobody, "ada", "d", number, path)
    with pytest.raises(NotFound):
        add(data, rules.ada, remove=["never.csv"])
    with pytest.raises(Unusable):
        add(data, rules.ada, remove=["b.csv"])


def test_who_sees_and_changes_it_is_as_with_labs(rules, data):
    make(data, rules.ada, name="d")
    for viewer in (rules.bob, rules.nobody):
        for call in (data.get, data.versions):
            with pytest.raises(NotFound):
                call(viewer, "ada", "d")
    for viewer in (rules.ada, rules.admin):
        assert data.get(viewer, "ada", "d").visibility == "private"
    data.change(rules.ada, "ada", "d", wire.DatasetChange(**PUBLIC))
    assert data.get(rules.nobody, "ada", "d").title == "d"
    for call in (
        lambda: data.change(rules.bob, "ada", "d", wire.DatasetChange(title="Mine")),
        lambda: data.delete(rules.bob, "ada", "d"),
        lambda: add(data, rules.bob, kept(data, x="1")),
        lambda: data.restore(rules.bob, "ada", "d"),
    ):
        with pytest.raises(NotFound):
            call()
    _found, etag = data.get_with_etag(rules.ada, "ada", "d")
    assert data.change(rules.ada, "ada", "d", wire.DatasetChange(title="T"), if_match=etag).title == "T"
    with pytest.raises(Stale):
        data.change(rules.ada, "ada", "d", wire.DatasetChange(title="U"), if_match=etag)


def test_lists_hold_what_is_public_and_ones_own(rules, data):
    for n in range(3):
        make(data, rules.ada, name=f"open-{n}", title=f"Open {n}", **PUBLIC)
    make(data, rules.ada, name="mine")
    make(data, rules.ada, name="hidden", visibility="unlisted")

    def names(viewer, **asked):
        return [item.name for item in data.find(viewer, **asked)[0]]

    assert names(rules.nobody) == names(rules.bob, owner="ada") == ["open-2", "open-1", "open-0"]
    assert set(names(rules.ada, owner="ada")) >= {"mine", "hidden", "open-1"}
    _first, following = data.find(rules.nobody, limit=2)
    assert [item.name for item in data.find(rules.nobody, limit=2, cursor=following)[0]] == ["open-0"]
    assert names(rules.nobody, q="OPEN 1") == ["open-1"]
    assert names(rules.nobody, q="measured hand ada") == ["open-2", "open-1", "open-0"]
    assert names(rules.nobody, q="100%_") == names(rules.nobody, q="mine") == []
    assert names(rules.nobody, sort="popular") == ["open-2", "open-1", "open-0"]
    with pytest.raises(BadInput):
        names(rules.nobody, sort="heaviest")


def test_the_trash_keeps_it_for_a_while(rules, data):
    make(data, rules.ada, name="d")
    data.delete(rules.ada, "ada", "d")
    with pytest.raises(NotFound):
        data.get(rules.ada, "ada", "d")
    make(data, rules.ada, name="d")
    assert [item.name for item, _ in data.trash(rules.ada)] == ["d"]
    assert data.restore(rules.ada, "ada", "d").name == "d-2"
    with pytest.raises(NotFound):
        data.restore(rules.ada, "ada", "d")
    data.delete(rules.ada, "ada", "d-2")
    now = datetime.now(UTC)
    assert (data.empty_trash(now), data.empty_trash(now + timedelta(days=31))) == (0, 1)
    assert data.trash(rules.ada) == []


@pytest.mark.parametrize("path", ["../a", "/a", "a//b", "a/../b", "a\0b", "a\\b", ".", "", "x" * 501])
def test_paths_lead_nowhere_else(rules, data, path):
    with pytest.raises(BadInput):
        make(data, rules.ada, [Kept(path, data.blobs.put(b"1"), 1)])


def test_a_path_is_a_file_or_a_folder(rules, data):
    blob = data.blobs.put(b"1")
    with pytest.raises(BadInput):
        make(data, rules.ada, [Kept("a", blob, 1), Kept("a/b", blob, 1)])
    with pytest.raises(Unusable):
        data.create(rules.ada, wire.DatasetCreate(), [])


def test_there_is_an_end_to_files_and_bytes(rules, data):
    data.max_files, data.max_size = 2, 10
    blob = data.blobs.put(b"1")
    with pytest.raises(TooLarge):
        make(data, rules.ada, [Kept(f"{n}", blob, 1) for n in range(3)])
    with pytest.raises(TooLarge):
        make(data, rules.ada, [Kept("a", blob, 11)])


def test_the_quota_counts_each_content_once(rules, data):
    rules.plans.known = read({"free": {"storage": "1K"}}, rules.catalogue)
    make(data, rules.ada, kept(data, a="x" * 600), name="d")
    make(data, rules.ada, kept(data, other="x" * 600))
    with pytest.raises(Full):
        add(data, rules.ada, kept(data, b="y" * 600), keep=True)
    assert data.get(rules.ada, "ada", "d").version == 1
    assert data.room(rules.ada) == 424
    with pytest.raises(Full):
        data.room(rules.ada, 425)
    assert data.room(rules.bob) == 1024


def test_what_a_run_made_becomes_a_dataset(rules, data):
    rules.publish(name="x", visibility="private")
    run = str(ULID())
    started = datetime.now(UTC)
    rules.runs.register(rules.ada, wire.RunCreate(id=run, lab="ada/x", started=started, environment="python"))
    for path, text in (("out/a.csv", b"1"), ("model.h5", b"2")):
        rules.assets.put_output(rules.ada, run, path, rules.blobs.put(text), len(text))
    whole = data.create(rules.ada, wire.DatasetCreate(run=run, name="all"))
    assert paths(data.version(rules.ada, "ada", "all", 1)) == ["model.h5", "out/a.csv"]
    assert whole.size == 2
    data.create(rules.ada, wire.DatasetCreate(run=run, name="one", paths=["out/a.csv"]))
    assert paths(data.version(rules.ada, "ada", "one", 1)) == ["out/a.csv"]
    with pytest.raises(NotFound):
        data.create(rules.ada, wire.DatasetCreate(run=run, paths=["never"]))
    with pytest.raises(NotFound):
        data.create(rules.bob, wire.DatasetCreate(run=run))


def test_a_key_makes_it_once(rules, data):
    key = Key("k", "said")
    twice = [make(data, rules.ada, key=key) for _ in range(2)]
    assert twice[0] == twice[1]
    with pytest.raises(Unusable):
        make(data, rules.ada, key=Key("k", "something else"))


def test_its_files_are_no_garbage(rules, data):
    make(data, rules.ada, name="d")
    blob = sha256(b"1,2\n")
    shared = {name: getattr(rules, name) for name in ("store", "blobs", "catalogue", "addresses", "plans")}
    collection = Collection(**shared)
    later = datetime.now(UTC) + timedelta(days=1)
    for days in range(3):
        collection.collect(blob[7:9], later + timedelta(days=2 * days))
    assert rules.blobs.exists(blob)


def test_references():
    assert split_dataset("ada/penguins@2") == split_dataset("@ada/penguins@2") == ("ada", "penguins", 2)
    assert split_dataset("ada/penguins") == ("ada", "penguins", None)
    for wrong in (
        "penguins",
        "ada/",
        "/x",
        "ada/x@",
        "ada/x@0",
        "ada/x@latest",
        "ada/X",
        f"ada/x@{'9' * 30}",
    ):
        with pytest.raises(BadInput):
            split_dataset(wrong)
