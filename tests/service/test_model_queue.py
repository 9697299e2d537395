"""Conversions survive what happens to services, and end sometime."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from service.model_bench import bench as bench
from support.models import RememberingConverter, doubling, keras

from mlabs_ext.errors import NotFound
from mlabs_ext.service.model_queue import SILENT
from mlabs_ext.service.plans import Plans


def later(bench, seconds: float) -> None:
    """Let the queue think that time has passed."""
    now = datetime.now(UTC) + timedelta(seconds=seconds)
    bench.queue.now = lambda: now


def test_each_is_claimed_once_and_the_oldest_first(bench):
    first, second = bench.create(name="a"), bench.create(name="b")
    assert bench.queue.claim(0) == []
    (one,) = bench.queue.claim(1)
    (two,) = bench.queue.claim(5)
    assert [one.model, two.model] == [first.id, second.id]
    assert bench.queue.claim(5) == []


def test_one_whose_service_ended_is_begun_again_and_given_up_in_the_end(bench):
    bench.create(name="m", files={"net.keras": b"x"})
    (job,) = bench.queue.claim(1)
    later(bench, SILENT.total_seconds() - 5)
    bench.queue.going_on([job])
    later(bench, SILENT.total_seconds() + 10)
    assert bench.queue.claim(1) == []
    for tries in (2, 3):
        later(bench, 60 * tries)
        (job,) = bench.queue.claim(1)
    later(bench, 600)
    assert bench.queue.claim(1) == []
    given_up = bench.models.get(bench.ada, "ada", "m")
    assert (given_up.status, given_up.error.code) == ("refused", "model_unconverted")


async def test_what_ends_after_it_was_begun_elsewhere_changes_nothing(bench, tmp_path):
    bench.create(name="m", files=keras())
    (lost,) = bench.queue.claim(1)
    later(bench, 60)
    await bench.convert(tmp_path)
    before = bench.models.get(bench.nobody, "ada", "m")
    bench.queue.refused(lost, NotFound("Late."))
    bench.queue.again(lost)
    assert bench.models.get(bench.nobody, "ada", "m") == before


def test_a_model_that_was_deleted_waits_in_the_trash(bench):
    bench.create(name="m")
    bench.models.delete(bench.ada, "ada", "m")
    assert bench.queue.claim(5) == []
    bench.models.restore(bench.ada, "ada", "m")
    assert len(bench.queue.claim(5)) == 1


async def test_what_was_converted_needs_room_too(bench, tmp_path):
    bench.create(name="m", files=keras())
    # What came, and less than a kilobyte more.
    room = {"storage": f"{-(-len(keras()['net.keras']) // 1024)}K"}
    bench.queue.plans = Plans(store=bench.store, catalogue=bench.catalogue, plans={"free": room})
    await bench.convert(tmp_path)
    full = bench.models.get(bench.ada, "ada", "m")
    assert (full.status, full.error.code) == ("refused", "storage_full")


@pytest.mark.parametrize("count", [1, 3])
async def test_latest_is_the_highest_number_whichever_ends_first(bench, tmp_path, count):
    bench.create(name="m")
    for number in range(count):
        bench.add("m", doubling(10.0 + number))
    jobs = bench.queue.claim(10)
    for job in reversed(jobs):
        later(bench, 0)
        target = tmp_path / str(job.number)
        target.mkdir()
        files = {path: bench.blobs.local_path(stored.digest) for path, stored in job.files.items()}
        bench.queue.done(job, await RememberingConverter().convert(files, target), target)
    assert bench.models.get(bench.nobody, "ada", "m").version == count + 1
