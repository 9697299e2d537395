"""What a kernel says of metrics, whatever it says."""

from __future__ import annotations

import pytest

from mlabs_ext.lab.metric_values import event_data, events, finite, is_metric, points_of


def said(*points) -> dict:
    return {"comm_id": "mlabs-metrics", "data": {"points": list(points)}}


def test_ours_among_comms():
    assert is_metric(b'{"comm_id": "mlabs-metrics", "data": {}}')
    assert not is_metric(b'{"comm_id": "0123", "data": {"state": "mlabs-metrics"}}')


def test_points():
    assert points_of(said([3, 1.5, {"loss": 0.5, "lr": "NaN"}])) == [(3, 1.5, {"loss": 0.5, "lr": "NaN"})]


@pytest.mark.parametrize(
    "point",
    ["x", [1, 2.0], [1, "now", {"a": 1}], [1, 2.0, {}], [1, 2.0, {"a": "much"}], [1, 2.0, {"a": True}],
     [1, 2.0, {"": 1}], [1, 2.0, {"a": 1e308}], None],
    ids=str,
)  # fmt: skip
def test_what_does_not_fit_is_left_out(point):
    assert points_of(said(point, [1, 2.0, {"a": 1}])) == [(1, 2.0, {"a": 1})]


@pytest.mark.parametrize("content", [{}, {"data": 1}, {"data": {"points": 3}}], ids=str)
def test_no_points(content):
    assert points_of(content) == []


def test_bounds():
    points = points_of(said(*([n, 0.0, {f"m{i}" * 200: i for i in range(300)}] for n in range(1200))))
    assert len(points) == 1000
    assert points[-1][0] == 1199
    assert (len(points[0][2]), max(map(len, points[0][2]))) == (200, 200)


@pytest.mark.parametrize("step", [1.5, True, 2**60, "1"], ids=str)
def test_a_step_that_is_none(step):
    assert points_of(said([step, 0.0, {"a": 1}])) == [(None, 0.0, {"a": 1})]


def test_an_event():
    one = (1, 0.0, {"a": 1.0})
    assert event_data([one]) == {"values": {"a": 1.0}, "step": 1}
    both = [one, (2, 1.0, {"b": 2.0})]
    assert event_data(both) == {"values": {"a": 1.0, "b": 2.0}, "step": 2, "points": both}


def test_events_are_no_larger_than_what_is_recorded_of_one():
    small = [(n, 0.0, {"a": 1}) for n in range(2500)]
    assert [len(one["points"]) for one in events(small)] == [1000, 1000, 500]
    large = [(n, 0.0, {f"m{i}": i for i in range(200)}) for n in range(120)]
    assert [len(one["points"]) for one in events(large)] == [50, 50, 20]
    assert list(events([])) == []


def test_numbers_that_json_has_not():
    assert [finite(x) for x in (0.5, float("nan"), float("inf"), float("-inf"))] == [
        0.5, "NaN", "Infinity", "-Infinity"
    ]  # fmt: skip
