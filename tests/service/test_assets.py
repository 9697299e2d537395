"""Assets: which file an address means, who may have it, and how many there may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, Forbidden, Full, NotFound, TooLarge, TooMany
from mlabs_ext.service import assets
from mlabs_ext.service.assets import Best, which_of
from mlabs_ext.service.plans import Plans

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def begin(rules: SimpleNamespace, **fields) -> str:
    """A run of ada's lab x."""
    create = wire.RunCreate(id=str(ULID()), lab="ada/x", started=START, environment="python", **fields)
    return rules.runs.register(rules.ada, create).id


def end(rules: SimpleNamespace, run: str) -> None:
    last = rules.runs.events(rules.ada, run)
    event = wire.RunEvent(len(last) + 1, "end", START, None, {"status": "succeeded"})
    rules.runs.append(rules.ada, run, [event])


def output(rules: SimpleNamespace, run: str, path: str, data: bytes) -> wire.Asset:
    return rules.assets.put_output(rules.ada, run, path, rules.blobs.put(data), len(data))


def beside(rules: SimpleNamespace, path: str, data: bytes, viewer=None) -> wire.Asset:
    return rules.assets.put(viewer or rules.ada, "ada", "x", path, rules.blobs.put(data), len(data))


def content(rules: SimpleNamespace, which, path: str = "model.json", viewer=None) -> bytes:
    found = rules.assets.find(viewer or rules.nobody, "ada", "x", which, path)
    return rules.blobs.get(found.asset.digest)


@pytest.fixture
def lab(rules):
    return rules.publish(name="x")


def test_latest_is_the_newest_file_of_that_path_be_it_of_a_run_or_uploaded(rules, lab):
    output(rules, begin(rules), "model.json", b"first")
    second = begin(rules)
    output(rules, second, "model.json", b"second")
    assert content(rules, "latest") == b"second"
    beside(rules, "model.json", b"by hand")
    assert content(rules, "latest") == b"by hand"
    output(rules, second, "model.json", b"a later checkpoint")
    assert content(rules, "latest") == b"a later checkpoint"


def test_the_address_of_a_run_is_fixed_once_nothing_of_the_run_can_still_come(rules, lab, monkeypatch):
    run = begin(rules)
    output(rules, run, "model.json", b"one")
    assert not rules.assets.find(rules.nobody, "ada", "x", run, "model.json").fixed
    end(rules, run)
    output(rules, run, "model.json", b"last")
    assert not rules.assets.find(rules.nobody, "ada", "x", run, "model.json").fixed
    monkeypatch.setattr(assets, "SETTLED", -timedelta(seconds=1))
    assert rules.assets.find(rules.nobody, "ada", "x", run, "model.json").fixed
    assert content(rules, run) == b"last"


def test_a_version_means_the_run_that_it_was_published_with(rules, lab, monkeypatch):
    monkeypatch.setattr(assets, "SETTLED", -timedelta(seconds=1))
    run, other = begin(rules), begin(rules)
    output(rules, run, "model.json", b"published")
    output(rules, other, "model.json", b"another")
    notebook = b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'
    rules.versions.add(rules.ada, "ada", "x", wire.VersionCreate(notebook={}, run=run), notebook)
    assert content(rules, 2) == b"published"
    assert content(rules, 1) == b"another"
    end(rules, run)
    assert rules.assets.find(rules.nobody, "ada", "x", 2, "model.json").fixed
    assert not rules.assets.find(rules.nobody, "ada", "x", 1, "model.json").fixed


def measured(rules: SimpleNamespace, value: float | None, data: bytes | None) -> None:
    """A run that logged an accuracy, and made a model."""
    run = begin(rules)
    if value is not None:
        event = wire.RunEvent(1, "metric", START, None, {"values": {"accuracy": value}, "step": 1})
        rules.runs.append(rules.ada, run, [event])
    if data is not None:
        output(rules, run, "model.json", data)


@pytest.mark.parametrize(("mode", "expected"), [("max", b"high"), ("min", b"low")])
def test_best_is_the_best_run_that_has_files(rules, lab, mode, expected):
    measured(rules, 0.9, b"high")
    measured(rules, 0.1, b"low")
    measured(rules, 0.99, None)
    measured(rules, None, b"unmeasured")
    assert content(rules, Best("accuracy", mode)) == expected


def test_best_of_a_metric_that_no_run_has(rules, lab):
    measured(rules, 0.9, b"high")
    with pytest.raises(NotFound, match="has a metric 'loss'"):
        content(rules, Best("loss", "min"))


def test_lists_hold_each_path_once_as_the_address_leads_to_it(rules, lab):
    first, second = begin(rules), begin(rules)
    output(rules, first, "a.txt", b"1")
    output(rules, first, "b/c.txt", b"22")
    output(rules, second, "a.txt", b"333")
    listed = rules.assets.list_of_lab(rules.nobody, "ada", "x")
    assert [(asset.path, asset.size, asset.run) for asset in listed] == [
        ("a.txt", 3, second),
        ("b/c.txt", 2, first),
    ]
    assert [asset.path for asset in rules.assets.list_of_run(rules.nobody, first)] == ["a.txt", "b/c.txt"]
    assert listed[0].url.endswith(f"assets/ada/x/{second}/a.txt")


def test_the_same_file_again_changes_nothing(rules, lab):
    run = begin(rules)
    assert output(rules, run, "a.txt", b"1") == output(rules, run, "a.txt", b"1")


def test_private_labs_and_runs_of_drafts_are_their_owners_alone(rules, lab):
    run = begin(rules)
    output(rules, run, "model.json", b"one")
    rules.labs.change(rules.ada, "ada", "x", wire.LabChange(visibility="private"))
    for viewer in (rules.nobody, rules.bob):
        for which in ("latest", run, 1, Best("accuracy", "max")):
            with pytest.raises(NotFound) as error:
                content(rules, which, viewer=viewer)
            assert error.value.code == "lab_not_found"
        with pytest.raises(NotFound):
            rules.assets.list_of_run(viewer, run)
    assert content(rules, run, viewer=rules.ada) == b"one"


def test_files_of_a_draft_run_stay_hidden_after_the_first_publish(rules):
    rules.labs.create(rules.ada, wire.LabCreate(name="x", title="X"), None)
    run = begin(rules)
    output(rules, run, "model.json", b"a try")
    notebook = b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'
    rules.versions.add(rules.ada, "ada", "x", wire.VersionCreate(notebook={}), notebook)
    assert rules.assets.list_of_lab(rules.nobody, "ada", "x") == []
    with pytest.raises(NotFound):
        content(rules, "latest")
    assert content(rules, "latest", viewer=rules.ada) == b"a try"


def test_nobody_adds_to_what_is_somebody_elses(rules, lab):
    run = begin(rules)
    with pytest.raises(NotFound):
        beside(rules, "a", b"1", rules.bob)
    with pytest.raises(NotFound):
        rules.assets.put_output(rules.bob, run, "a", rules.blobs.put(b"1"), 1)
    with pytest.raises(Forbidden):
        rules.assets.expect_output(rules.nobody, run, "a")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "a/",
        "a\0b",
        "a\\b",
        "a\nb",
        ".",
        "x" * 201,
        "x/" * 300,
    ],
)
def test_paths_that_no_file_may_have(rules, lab, path):
    with pytest.raises(BadInput) as error:
        rules.assets.expect(rules.ada, "ada", "x", path)
    assert error.value.code == "path_invalid"


def test_what_was_uploaded_can_be_deleted_and_what_a_run_made_not(rules, lab):
    output(rules, begin(rules), "model.json", b"of the run")
    beside(rules, "model.json", b"by hand")
    rules.assets.delete(rules.ada, "ada", "x", "model.json")
    assert content(rules, "latest") == b"of the run"
    with pytest.raises(NotFound):
        rules.assets.delete(rules.ada, "ada", "x", "model.json")


def test_deleting_a_run_takes_its_files_along(rules, lab):
    run = begin(rules)
    output(rules, run, "model.json", b"one")
    rules.runs.delete(rules.ada, run)
    with pytest.raises(NotFound):
        content(rules, "latest")


def test_size_count_and_storage_are_limited(rules, lab):
    rules.assets.max_size, rules.assets.max_files = 10, 2
    with pytest.raises(TooLarge):
        rules.assets.expect(rules.ada, "ada", "x", "a", 11)
    beside(rules, "a", b"1")
    beside(rules, "b", b"2")
    beside(rules, "b", b"3")
    with pytest.raises(TooMany):
        beside(rules, "c", b"4")


def test_files_count_against_the_storage_of_the_plan(rules, lab):
    shared = {name: getattr(rules, name) for name in ("store", "blobs", "catalogue", "addresses")}
    rules.assets.plans = Plans(plans={"free": {"storage": "1K"}}, **shared)
    beside(rules, "a", b"x" * 300)
    with pytest.raises(Full, match="ada/x"):
        beside(rules, "b", b"y" * 1000)
    with pytest.raises(Full):
        rules.assets.expect(rules.ada, "ada", "x", "b", 1000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("latest", "latest"), ("7", 7), ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAV")],
)
def test_what_stands_in_an_address(text, expected):
    assert which_of(text) == expected


@pytest.mark.parametrize(("metric", "mode"), [(None, "max"), ("", "max"), ("loss", "least")])
def test_best_needs_a_metric_and_a_mode(metric, mode):
    with pytest.raises(BadInput, match="val_accuracy"):
        which_of("best", metric, mode)
