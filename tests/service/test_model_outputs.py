"""What runs write becomes a model when somebody says so, and versions of it from then on."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from service.model_bench import SHARED
from service.model_bench import bench as bench
from support.models import doubling
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, Unusable
from mlabs_ext.service.model_outputs import ModelOutputs


@pytest.fixture
def lab(bench) -> SimpleNamespace:
    """ada's lab x, and the rules about its outputs."""
    bench.publish(name="x")
    bench.outputs = ModelOutputs(bench.models, **{name: getattr(bench, name) for name in SHARED})
    return bench


def begin(bench, files: dict[str, bytes]) -> str:
    now = datetime.now(UTC)
    create = wire.RunCreate(id=str(ULID()), lab="ada/x", started=now, environment="python")
    run = bench.runs.register(bench.ada, create).id
    for path, data in files.items():
        bench.assets.put_output(bench.ada, run, path, bench.blobs.put(data), len(data))
    return run


def end(bench, run: str, status: str = "succeeded") -> None:
    bench.runs.append(bench.ada, run, [wire.RunEvent(1, "end", datetime.now(UTC), None, {"status": status})])


def take(bench, run: str, path: str, viewer=None, **fields) -> wire.Model:
    return bench.outputs.take(viewer or bench.ada, wire.ModelTake(run, path, **fields))


def saved(by: float, folder: str = "tfjs") -> dict[str, bytes]:
    return {f"{folder}/{name}": data for name, data in doubling(by).items()}


def test_files_of_a_run_become_a_model_of_its_lab(lab):
    run = begin(lab, {**saved(2.0), "tfjs/notes.txt": b"x", "plot.png": b"y"})
    made = take(lab, run, "tfjs/model.json", name="sum")
    assert (made.name, made.lab, made.run, made.follows) == ("sum", "ada/x", run, "tfjs/model.json")
    assert [file.path for file in made.files] == ["model.json", "weights.bin"]
    assert [model.name for model in lab.models.of_run(lab.ada, run)] == ["sum"]
    assert [model.name for model in lab.models.of_lab(lab.ada, "ada", "x")] == ["sum"]
    assert lab.models.of_lab(lab.nobody, "ada", "x") == []


def test_later_runs_that_succeed_add_versions_by_themselves(lab):
    take(lab, begin(lab, {"net.keras": b"1"}), "net.keras", name="net")
    good, bad = begin(lab, {"net.keras": b"2"}), begin(lab, {"net.keras": b"3"})
    lab.outputs.settle()
    assert lab.models.get(lab.ada, "ada", "net").newest == 1
    end(lab, bad, "failed")
    end(lab, good)
    lab.outputs.settle()
    lab.outputs.settle()
    newest = lab.models.get(lab.ada, "ada", "net", 2)
    assert (newest.newest, newest.run, newest.message) == (2, good, f"From run {good}")


def test_a_run_that_ended_before_its_file_came_counts_too(lab):
    take(lab, begin(lab, {"net.keras": b"1"}), "net.keras", name="net")
    run = begin(lab, {})
    end(lab, run)
    lab.assets.put_output(lab.ada, run, "net.keras", lab.blobs.put(b"late"), 4)
    lab.outputs.settle()
    assert lab.models.get(lab.ada, "ada", "net").newest == 2


def test_what_no_longer_is_followed_adds_nothing(lab):
    take(lab, begin(lab, {"net.keras": b"1"}), "net.keras", name="net")
    run = begin(lab, {"net.keras": b"2"})
    lab.models.change(lab.ada, "ada", "net", wire.ModelChange(follows=None))
    end(lab, run)
    lab.outputs.settle()
    assert lab.models.get(lab.ada, "ada", "net").newest == 1


def test_a_broken_file_is_no_version(lab):
    take(lab, begin(lab, saved(2.0)), "tfjs/model.json", name="net")
    run = begin(lab, saved(3.0) | {"tfjs/weights.bin": b"short"})
    end(lab, run)
    lab.outputs.settle()
    assert lab.models.get(lab.ada, "ada", "net").newest == 1


def test_a_model_is_seen_by_no_more_people_than_its_lab(lab):
    lab.labs.change(lab.ada, "ada", "x", wire.LabChange(visibility="private"))
    assert take(lab, begin(lab, {"net.h5": b"1"}), "net.h5").visibility == "private"
    assert take(lab, begin(lab, {"net.h5": b"2"}), "net.h5", visibility="public").visibility == "public"


def test_only_who_ran_it_takes_it(lab):
    run = begin(lab, {"net.h5": b"1"})
    for viewer in (lab.bob, lab.admin):
        with pytest.raises(Unusable, match="Only who ran it"):
            take(lab, run, "net.h5", viewer)
    with pytest.raises(NotFound):
        take(lab, run, "other.h5")
    lab.labs.change(lab.ada, "ada", "x", wire.LabChange(visibility="private"))
    with pytest.raises(NotFound):
        take(lab, run, "net.h5", lab.bob)


def test_it_is_offered_to_who_ran_it(lab):
    run = begin(lab, {"a.h5": b"1", "plot.png": b"2", "tfjs/model.json": b"{}"})
    shape, outputs = lab.runs.get(lab.ada, run), lab.assets.list_of_run(lab.ada, run)
    assert lab.outputs.offered(lab.ada, shape, outputs, []) == ["a.h5", "tfjs/model.json"]
    assert lab.outputs.offered(lab.bob, shape, outputs, []) == []
    made = take(lab, run, "a.h5", follow=True)
    assert lab.outputs.offered(lab.ada, shape, outputs, [made]) == ["tfjs/model.json"]


def test_a_lab_that_is_gone_leaves_its_models(lab):
    take(lab, begin(lab, {"net.h5": b"1"}), "net.h5", name="net")
    lab.labs.delete(lab.ada, "ada", "x")
    assert lab.models.get(lab.ada, "ada", "net").lab is None
    lab.labs.empty_own_trash(lab.ada)
    kept = lab.models.get(lab.ada, "ada", "net")
    assert (kept.lab, kept.run, kept.version) == (None, None, 1)
