import logging

import pytest

from mlabs_spawner.gpu_times import LAST, RECENT, GpuTimes

LOG = logging.getLogger("times")
NOW = 1_000_000.0


@pytest.mark.parametrize(
    ("waits", "median"),
    [
        pytest.param([], None, id="nobody"),
        pytest.param([0, 0.5], None, id="at once"),
        pytest.param([60, 0, 600, 90], 90, id="the median of those who had to"),
    ],
)
def test_the_usual_wait(waits, median):
    times = GpuTimes(None, LOG)
    for seconds in waits:
        times.waited(NOW - seconds, NOW)
    assert times.usual_wait(NOW) == median
    assert times.usual_use(NOW) is None


def test_the_usual_use_is_the_average_of_the_last_ones():
    times = GpuTimes(None, LOG)
    times.kept(NOW - 100_000, NOW)
    for seconds in [100, 300] * (LAST // 2):
        times.kept(NOW - seconds, NOW)
    assert times.usual_use(NOW) == 200


def test_what_is_a_week_old_is_forgotten():
    times = GpuTimes(None, LOG)
    times.kept(NOW - 100, NOW)
    times.waited(NOW - 100, NOW)
    later = NOW + RECENT
    assert (times.usual_use(later), times.usual_wait(later)) == (None, None)


def test_the_next_hub_knows_too(tmp_path):
    file = tmp_path / "data" / "gpu-times.json"
    before = GpuTimes(file, LOG)
    before.waited(NOW - 60, NOW)
    before.kept(NOW - 600, NOW)
    after = GpuTimes(file, LOG)
    assert (after.usual_wait(NOW), after.usual_use(NOW)) == (60, 600)


@pytest.mark.parametrize("held", [b"{", b'{"waited": [1]}'], ids=["cut off", "of something else"])
def test_a_record_that_cannot_be_read_begins_anew(tmp_path, caplog, held):
    file = tmp_path / "gpu-times.json"
    file.write_bytes(held)
    times = GpuTimes(file, LOG)
    assert times.usual_wait(NOW) is None
    assert "begins anew" in caplog.text
    times.waited(NOW - 60, NOW)
    assert GpuTimes(file, LOG).usual_wait(NOW) == 60


def test_a_disk_that_refuses_stops_nobody(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    times = GpuTimes(tmp_path / "file" / "gpu-times.json", LOG)
    times.waited(NOW - 60, NOW)
    assert times.usual_wait(NOW) == 60
    assert "cannot be kept" in caplog.text
