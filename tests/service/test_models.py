"""Models and their versions: names, numbers, who sees them, quota, and what comes back from the trash."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from service.model_bench import SHARED
from service.model_bench import bench as bench
from support.models import LAMBDA, SHARD, doubling, keras

from mlabs_ext import wire
from mlabs_ext.errors import Conflict, Forbidden, Full, NotFound, Stale, TooLarge, Unusable
from mlabs_ext.service.collection import Collection
from mlabs_ext.service.idempotency import Key
from mlabs_ext.service.plans import Plans
from mlabs_ext.service.viewers import Viewer


def names(found) -> list[str]:
    return [model.name for model in found[0]]


async def test_a_model_waits_then_is_ready_and_then_others_see_it(bench, tmp_path):
    made = bench.create(title="Doubling of numbers")
    assert (made.name, made.version, made.status) == ("doubling-of-numbers", 1, "queued")
    with pytest.raises(NotFound):
        bench.models.get(bench.nobody, "ada", made.name)
    assert names(bench.models.find(bench.nobody)) == []
    assert names(bench.models.find(bench.ada, owner="ada")) == [made.name]
    await bench.convert(tmp_path)
    seen = bench.models.get(bench.nobody, "ada", made.name)
    assert (seen.status, seen.format, seen.parameters) == ("ready", "tfjs-layers", 3)
    assert [file.path for file in seen.files] == ["model.json", SHARD]
    assert seen.url.endswith("/models/ada/doubling-of-numbers/1/model.json")
    assert names(bench.models.find(bench.nobody)) == [made.name]


async def test_the_latest_names_weights_that_never_change(bench, tmp_path):
    bench.create(name="m")
    await bench.convert(tmp_path)
    read = bench.blobs.get
    first = read(bench.models.file(bench.nobody, "ada", "m", "latest", "model.json").digest)
    assert f'"../1/{SHARD}"'.encode() in first
    bench.add("m", doubling(3.0))
    assert read(bench.models.file(bench.nobody, "ada", "m", "latest", "model.json").digest) == first
    await bench.convert(tmp_path)
    second = read(bench.models.file(bench.nobody, "ada", "m", "latest", "model.json").digest)
    assert f'"../2/{SHARD}"'.encode() in second
    weights = bench.models.file(bench.nobody, "ada", "m", 1, SHARD).digest
    assert read(weights) == doubling()["weights.bin"]
    described = read(bench.models.file(bench.nobody, "ada", "m", 1, "model.json").digest)
    assert f'["{SHARD}"]'.encode() in described


async def test_a_version_that_is_refused_leaves_the_one_before_it(bench, tmp_path):
    bench.create(name="m")
    await bench.convert(tmp_path)
    bench.add("m", keras("lambdas.keras3.keras"))
    await bench.convert(tmp_path)
    assert bench.models.get(bench.ada, "ada", "m").version == 1
    refused = bench.models.get(bench.ada, "ada", "m", 2)
    assert (refused.status, refused.error.code) == ("refused", "model_refused")
    assert LAMBDA in refused.error.message
    assert refused.error.detail == {"layer": "lambda"}
    with pytest.raises(NotFound):
        bench.models.get(bench.nobody, "ada", "m", 2)
    assert [one.version for one in bench.models.versions(bench.nobody, "ada", "m")[0]] == [1]
    assert [one.version for one in bench.models.versions(bench.ada, "ada", "m")[0]] == [2, 1]
    bench.add("m", doubling(5.0))
    await bench.convert(tmp_path)
    assert bench.models.get(bench.nobody, "ada", "m").version == 3


async def test_a_name_whose_model_was_refused_is_used_again(bench, tmp_path):
    bench.create(name="m", files={"net.h5": b"none"})
    with pytest.raises(Conflict):
        bench.create(name="m")
    await bench.convert(tmp_path)
    assert bench.create(name="m").version == 2
    await bench.convert(tmp_path)
    with pytest.raises(Conflict) as taken:
        bench.create(name="m")
    assert taken.value.detail == {"versions": "/models/ada/m/versions"}


async def test_a_name_made_of_a_file_whose_model_was_refused_is_used_again(bench, tmp_path):
    bench.create(files={"junk.h5": b"none"})
    await bench.convert(tmp_path)
    bench.create(bench.bob, files={"junk.h5": b"none"})
    again = bench.create(files={"junk.keras": b"none"})
    assert (again.owner, again.name, again.version) == ("ada", "junk", 2)
    # It waits, and may be good.
    assert bench.create(files={"junk.h5": b"other"}).name == "junk-2"
    await bench.convert(tmp_path)
    refused = bench.models.get(bench.ada, "ada", "junk", 2)
    assert "not a .keras file: one is a zip" in refused.error.message
    assert "HDF5" not in refused.error.message
    good = bench.create(title="Junk")
    assert (good.name, good.version) == ("junk", 3)
    await bench.convert(tmp_path)
    # The first is taken now, the second was refused.
    assert [bench.create(title="Junk").name, bench.create(title="Junk").name] == ["junk-2", "junk-3"]


def test_the_same_again_is_no_new_version(bench):
    bench.create(name="m")
    assert bench.add("m", doubling()).version == 1
    assert bench.add("m", doubling(7.0)).version == 2


def test_the_same_key_makes_one_model(bench):
    key = Key("k", "said")
    assert bench.create(title="M", key=key).name == bench.create(title="M", key=key).name == "m"
    assert bench.create(title="M").name == "m-2"


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"a.keras": b"x", "b.h5": b"y"},
        {"a.keras": b"x", "model.json": doubling()["model.json"]},
        {"weights.bin": b"x"},
        {"saved_model.pb": b"x"},
        {"a/model.json": b"{}", "b/model.json": b"{}"},
    ],
    ids=lambda files: " ".join(files) or "none",
)
def test_files_that_make_no_model_are_told_what_does(bench, files):
    with pytest.raises(Unusable, match=r"[Uu]pload") as refused:
        bench.models.create(bench.ada, wire.ModelCreate(), bench.stored(files))
    assert refused.value.code in ("model_files_invalid", "model_refused")
    assert bench.models.find(bench.ada, owner="ada")[0] == []


def test_a_folder_may_lie_around_the_files(bench):
    made = bench.create(files={f"net/v1/{name}": data for name, data in doubling().items()})
    assert [file.path for file in made.files] == ["model.json", "weights.bin"]


def test_only_its_owner_and_whom_it_is_shared_with_see_a_private_model(bench):
    bench.create(name="m", visibility="private")
    for viewer in (bench.bob, bench.nobody):
        with pytest.raises(NotFound) as absent:
            bench.models.get(viewer, "ada", "m")
        assert absent.value.message == "There is no model ada/m."
    assert bench.models.get(bench.admin, "ada", "m").visibility == "private"


async def test_shares_let_others_load_it_or_edit_it_and_end(bench, tmp_path):
    bench.create(name="m", visibility="private")
    await bench.convert(tmp_path)
    bench.shares.set(bench.ada, "ada", "m", "bob", wire.ShareChange())
    assert bench.models.get(bench.bob, "ada", "m").access == "view"
    assert [model.name for model in bench.shares.with_me(bench.bob)] == ["m"]
    with pytest.raises(NotFound):
        bench.add("m", doubling(9.0), bench.bob)
    bench.shares.set(bench.ada, "ada", "m", "bob", wire.ShareChange("edit"))
    assert bench.add("m", doubling(9.0), bench.bob).author == "bob"
    with pytest.raises(Forbidden):
        bench.models.change(bench.bob, "ada", "m", wire.ModelChange(visibility="public"))
    with pytest.raises(NotFound):
        bench.models.delete(bench.bob, "ada", "m")
    team = Viewer(name="dan", can_read=True, can_write=True, groups=("team",))
    bench.shares.set(bench.ada, "ada", "m", "team", wire.ShareChange(kind="group"))
    assert bench.models.get(team, "ada", "m").access == "view"
    assert [share.name for share in bench.shares.list(bench.ada, "ada", "m")] == ["bob", "team"]
    with pytest.raises(NotFound):
        bench.shares.list(bench.bob, "ada", "m")
    bench.shares.remove(bench.ada, "ada", "m", "user", "bob")
    with pytest.raises(NotFound):
        bench.models.get(bench.bob, "ada", "m")


def test_only_who_may_write_uploads(bench):
    reader = Viewer(name="ada", can_read=True)
    for viewer in (bench.nobody, reader):
        with pytest.raises(Forbidden):
            bench.models.create(viewer, wire.ModelCreate(), [])
        with pytest.raises(Forbidden):
            bench.models.expect(viewer, 1)


def test_fields_are_changed_by_who_read_them(bench):
    _, etag = bench.create(name="m"), bench.models.get_with_etag(bench.ada, "ada", "m")[1]
    changed = bench.models.change(bench.ada, "ada", "m", wire.ModelChange(title=" T "), etag)
    assert (changed.title, changed.description) == ("T", "")
    with pytest.raises(Stale):
        bench.models.change(bench.ada, "ada", "m", wire.ModelChange(title="U"), etag)
    with pytest.raises(Unusable):
        bench.models.change(bench.ada, "ada", "m", wire.ModelChange(title=" "))


async def test_a_model_that_was_taken_down_is_its_owners_alone(bench, tmp_path):
    bench.create(name="m")
    await bench.convert(tmp_path)
    with pytest.raises(Forbidden):
        bench.moderation.take_down(bench.bob, "ada", "m", "Why")
    bench.moderation.take_down(bench.admin, "ada", "m", "It is somebody else's.")
    with pytest.raises(NotFound):
        bench.models.file(bench.nobody, "ada", "m", 1, "model.json")
    assert bench.moderation.of_model(bench.ada, "ada", "m").reason == "It is somebody else's."
    bench.moderation.restore(bench.admin, "ada", "m")
    assert bench.models.get(bench.nobody, "ada", "m").taken_down is None


async def test_a_deleted_model_leads_nowhere_and_comes_back(bench, tmp_path):
    bench.create(name="m")
    await bench.convert(tmp_path)
    bench.models.delete(bench.ada, "ada", "m")
    with pytest.raises(NotFound):
        bench.models.file(bench.ada, "ada", "m", 1, "model.json")
    assert [model.name for model in bench.models.trash(bench.ada)] == ["m"]
    assert bench.models.restore(bench.ada, "ada", "m").version == 1
    bench.models.delete(bench.ada, "ada", "m")
    bench.create(name="m")
    with pytest.raises(Conflict):
        bench.models.restore(bench.ada, "ada", "m")
    assert bench.models.empty_trash(datetime.now(UTC) + timedelta(days=29)) == 0
    assert bench.models.empty_trash(datetime.now(UTC) + timedelta(days=31)) == 1
    assert bench.models.trash(bench.ada) == []


def test_models_count_as_storage_and_their_blobs_are_kept(bench):
    made = bench.create(name="m")
    size = sum(len(data) for data in doubling().values())
    assert bench.people.me(bench.ada).usage.storage_bytes == size
    collection = Collection(**{name: getattr(bench, name) for name in SHARED})
    now = datetime.now(UTC)
    for days in (0, 2, 4, 6):
        for folder in range(256):
            collection.collect(f"{folder:02x}", now + timedelta(days=days))
    assert all(bench.blobs.exists(file.digest) for file in made.files)


def test_there_is_no_room_beyond_the_plan(bench):
    bench.models.plans = Plans(
        store=bench.store, catalogue=bench.catalogue, plans={"free": {"storage": "1K"}}
    )
    with pytest.raises(Full):
        bench.create(files=doubling() | {"model.json": doubling()["model.json"] + b" " * 2000})
    with pytest.raises(Full):
        bench.models.expect(bench.ada, 2000)
    bench.models.max_size = 100
    with pytest.raises(TooLarge):
        bench.models.expect(bench.ada, 101)


def test_lists_have_pages(bench):
    made = [bench.create(title=f"M {n}").name for n in range(5)]
    found, cursor = bench.models.find(bench.ada, owner="ada", limit=3)
    rest, end = bench.models.find(bench.ada, owner="ada", limit=3, cursor=cursor)
    assert [model.name for model in (*found, *rest)] == made[::-1]
    assert end is None


async def test_words_are_looked_for_in_what_is_said_of_models(bench, tmp_path):
    bench.create(title="Digits", description="Reads 100% of what is written by hand.")
    bench.create(title="Sums", visibility="private")
    await bench.convert(tmp_path)
    counts = {"digits": 1, "DIGITS hand": 1, "digits sums": 0, "%": 1, "_": 0, "sums": 0, "ada": 1}
    for q, found in counts.items():
        assert len(names(bench.models.find(bench.nobody, q=q))) == found, q
    assert names(bench.models.find(bench.ada, owner="ada", q="sums")) == ["sums"]
