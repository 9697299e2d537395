"""What runs log: kept as events, summed up a row a metric, thinned out when read."""

from __future__ import annotations

import pytest
from service.run_bench import append, create, done, end, execute, told

from mlabs_ext.errors import NotFound, Unusable
from mlabs_ext.service.run_data import RunData
from mlabs_ext.service.run_metrics import Value, spread

SHARED = ("store", "blobs", "catalogue", "addresses", "plans")


@pytest.fixture
def data(rules):
    return RunData(**{name: getattr(rules, name) for name in SHARED})


def metric(values, step=None, points=()):
    return "metric", {"values": values, "step": step} | ({"points": points} if points else {})


def test_the_last_of_each_name(rules, run):
    after = append(rules, run, execute(), metric({"loss": 0.5, "lr": 1}, 0), metric({"loss": "NaN"}, 1))
    assert after.metrics == {"loss": "NaN", "lr": 1}
    assert after.resources == {}


def test_a_series(rules, run, data):
    append(
        rules, run, execute(), metric({"loss": 0.5}, 10), metric({"loss": 0.25}, None),
        metric({"loss": 0.1, "acc": 1}, 12, [[11, 5.0, {"loss": "Infinity"}],
                                             [12, 6.0, {"loss": 0.1, "acc": 1}]]),
    )  # fmt: skip
    found = {one.name: one for one in data.series(rules.nobody, run.id).series}
    assert sorted(found) == ["acc", "loss"]
    assert (found["loss"].steps, found["loss"].values) == ([10, 1, 11, 12], [0.5, 0.25, None, 0.1])
    assert found["loss"].times[2:] == [5.0, 6.0]
    assert found["loss"].count == 4
    [only] = data.series(rules.nobody, run.id, ["acc"]).series
    assert only.name == "acc"


def test_a_long_series_keeps_its_extremes(rules, run, data):
    points = [[n, float(n), {"a": 1000.0 if n == 777 else n % 7}] for n in range(1000)]
    steps = [metric({"a": 1}, 999, points) for _ in range(5)]
    append(rules, run, execute(), *steps)
    [series] = data.series(rules.nobody, run.id, points=100).series
    assert series.count == 5000
    assert len(series.values) <= 100
    assert series.values.count(1000.0) == 5
    assert min(series.values) == 0


def test_names_are_bounded(rules, run, data):
    append(rules, run, execute(), metric({f"a{n}": n for n in range(200)}), metric({"a0": 7, "late": 1}))
    after = rules.runs.get(rules.ada, run.id)
    assert len(after.metrics) == 200
    assert after.metrics["a0"] == 7
    assert "late" not in after.metrics
    assert len(data.series(rules.ada, run.id).series) == 200


@pytest.mark.parametrize(
    "step",
    [metric({}), metric({"a": "much"}), metric({"": 1}), metric({"a" * 201: 1}), metric({"a\0": 1}),
     metric({"a": 1}, 1.5), metric({f"{n}": 1 for n in range(201)}), metric({"a": 1}, 1, [[1, {"a": 1}]]),
     ("packages", {"packages": {"a": 1}}), ("packages", {}), ("usage", {"memory_peak": -1})],
    ids=["nothing", "a word", "no name", "a long name", "NUL", "a broken step", "too many", "a torn point",
         "a version that is a number", "no packages", "negative"],
)  # fmt: skip
def test_what_does_not_fit(rules, run, step):
    with pytest.raises(Unusable):
        append(rules, run, step)


def test_use(rules, run):
    first, last = {"memory_peak": 10, "cpu_seconds": 1.5}, {"memory_peak": 20, "gpu_memory_peak": 5}
    assert append(rules, run, execute(), ("usage", first), ("usage", last)).resources == {
        "memory_peak": 20, "cpu_seconds": 1.5, "gpu_memory_peak": 5,
    }  # fmt: skip


def test_packages_are_kept_once(rules, run, data):
    other = rules.runs.register(rules.ada, create())
    for one in (run, other):
        append(rules, one, execute(), ("packages", {"packages": {"numpy": "2.0", "a": "1"}}))
        assert data.packages(rules.nobody, one.id).packages == {"a": "1", "numpy": "2.0"}
        [_, event] = rules.runs.events(rules.ada, one.id)
        assert list(event.data) == ["sha256"]
    third = rules.runs.register(rules.ada, create())
    assert data.packages(rules.ada, third.id).packages is None


def test_runs_that_one_may_not_see(rules, data):
    rules.publish(name="secret", visibility="private")
    run = rules.runs.register(rules.ada, create("ada/secret"))
    for rule in (data.series, data.packages):
        with pytest.raises(NotFound):
            rule(rules.bob, run.id)
        with pytest.raises(NotFound):
            rule(rules.ada, "01JCQ3W3T9V0Q8X5H7ZK2M0009")


def test_they_go_with_their_run(rules, run, data):
    append(rules, run, execute(), metric({"a": 1}), done(), end("succeeded"))
    rules.runs.delete(rules.ada, run.id)
    with pytest.raises(NotFound):
        data.series(rules.ada, run.id)


def test_sent_again_they_count_once(rules, run, data):
    for _ in range(2):
        rules.runs.append(rules.ada, run.id, told(execute(), metric({"a": 1}), metric({"a": 2})))
    assert data.series(rules.ada, run.id).series[0].count == 2


@pytest.mark.parametrize(("count", "most"), [(5, 10), (1000, 10), (1000, 2), (2001, 2000)])
def test_spread(count, most):
    values = [Value(n, 0.0, None if n % 3 else float(n)) for n in range(count)]
    kept = spread(values, most)
    assert len(kept) <= max(most, 4)
    assert (kept[0], kept[-1]) == (values[0], values[-1])
