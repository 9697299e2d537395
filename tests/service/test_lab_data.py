"""Datasets of labs: attached by hand or by a line of the notebook, seen by whom may see both."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, Unusable
from mlabs_ext.service.dataset_files import Kept
from mlabs_ext.service.datasets import Datasets
from mlabs_ext.service.lab_data import MAX_DATASETS, LabDatasets

PUBLIC = {"visibility": "public", "license": "CC0-1.0", "description": "Measured by hand."}


@pytest.fixture
def uses(rules):
    """With bob's public `open` in two versions, his private `own`, and ada's lab x."""
    shared = {name: getattr(rules, name) for name in ("store", "blobs", "catalogue", "addresses", "plans")}
    data = rules.datasets = Datasets(**shared)
    files = [Kept("a.csv", rules.blobs.put(b"1"), 1)]
    data.create(rules.bob, wire.DatasetCreate(name="open", **PUBLIC), files)
    data.create(rules.bob, wire.DatasetCreate(name="own"), files)
    files = [Kept("b.csv", rules.blobs.put(b"2"), 1)]
    data.add_version(rules.bob, "bob", "open", wire.DatasetVersionCreate(), files)
    rules.publish(name="x")
    return LabDatasets(**shared)


def attach(uses, viewer, lab="ada/x", dataset="bob/open", version=None):
    pairs = tuple(lab.split("/")), tuple(dataset.split("/"))
    return uses.attach(viewer, *pairs, wire.DataAttach(version))


def of(uses, viewer, lab="ada/x"):
    return {use.dataset: (use.version, use.pinned) for use in uses.list(viewer, *lab.split("/"))}


def named(rules, *references, viewer=None, lab="x"):
    """ada publishes a version whose metadata names these."""
    cells = [{"id": "a", "cell_type": "code", "metadata": {}, "source": f"{references}", "outputs": []}]
    cells[0]["execution_count"] = None
    metadata = {"mlabs": {"data": list(references)}}
    nb = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    data = json.dumps(nb).encode()
    rules.versions.add(viewer or rules.ada, "ada", lab, wire.VersionCreate(), data)


def test_a_lab_has_the_latest_or_the_version_that_it_pins(rules, uses):
    assert attach(uses, rules.ada).path == "data/bob/open"
    assert of(uses, rules.nobody) == {"bob/open": (2, None)}
    attach(uses, rules.ada, version=1)
    assert of(uses, rules.nobody) == {"bob/open": (1, 1)}
    assert rules.datasets.get(rules.nobody, "bob", "open").labs == 1
    assert [lab.name for lab in uses.labs_of(rules.nobody, "bob", "open")] == ["x"]
    uses.detach(rules.ada, ("ada", "x"), ("bob", "open"))
    assert of(uses, rules.ada) == {}
    assert rules.datasets.get(rules.nobody, "bob", "open").labs == 0
    for wrong in (("bob/open", 3), ("bob/own", None), ("bob/never", None)):
        with pytest.raises(NotFound):
            attach(uses, rules.ada, dataset=wrong[0], version=wrong[1])
    with pytest.raises(NotFound):
        uses.detach(rules.ada, ("ada", "x"), ("bob", "open"))
    with pytest.raises(NotFound):
        attach(uses, rules.bob)


def test_each_sees_what_they_may_see_of_both(rules, uses):
    rules.publish(rules.bob, name="y")
    rules.publish(rules.bob, name="secret", visibility="private")
    for lab in ("bob/y", "bob/secret"):
        for dataset in ("bob/open", "bob/own"):
            attach(uses, rules.bob, lab, dataset)
    assert of(uses, rules.bob, "bob/y").keys() == {"bob/open", "bob/own"}
    assert of(uses, rules.ada, "bob/y").keys() == {"bob/open"}
    assert [lab.name for lab in uses.labs_of(rules.ada, "bob", "open")] == ["y"]
    with pytest.raises(NotFound):
        uses.labs_of(rules.ada, "bob", "own")
    rules.datasets.delete(rules.bob, "bob", "open")
    assert of(uses, rules.ada, "bob/y") == {}


def test_one_line_of_the_notebook_says_it(rules, uses):
    named(rules, "bob/open@1", "bob/own", "bob/never", "kaggle nonsense", "bob/open@9")
    assert of(uses, rules.ada) == {"bob/open": (1, 1)}
    named(rules, "bob/open")
    assert of(uses, rules.ada) == {"bob/open": (2, None)}
    named(rules)
    assert of(uses, rules.ada) == {}
    attach(uses, rules.ada)
    named(rules, "bob/open@1")
    named(rules)
    assert of(uses, rules.ada) == {"bob/open": (1, 1)}, "what was attached by hand stays"
    metadata = {"mlabs": {"data": ["@bob/open"]}}
    nb = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": []}
    rules.labs.create(rules.ada, wire.LabCreate(name="z"), json.dumps(nb).encode())
    assert of(uses, rules.ada, "ada/z") == {"bob/open": (2, None)}


def test_a_fork_uses_what_its_owner_may_see(rules, uses):
    rules.publish(rules.bob, name="y")
    for dataset in ("bob/open", "bob/own"):
        attach(uses, rules.bob, "bob/y", dataset)
    rules.labs.fork(rules.ada, "bob", "y", wire.ForkCreate())
    assert of(uses, rules.ada, "ada/y").keys() == {"bob/open"}
    rules.labs.fork(rules.bob, "bob", "y", wire.ForkCreate())
    assert of(uses, rules.bob, "bob/y-2").keys() == {"bob/open", "bob/own"}
    assert rules.datasets.get(rules.bob, "bob", "open").labs == 3


def test_there_is_an_end_to_it(rules, uses):
    files = [Kept("a.csv", rules.blobs.put(b"1"), 1)]
    for n in range(MAX_DATASETS + 1):
        rules.datasets.create(rules.ada, wire.DatasetCreate(name=f"d-{n}"), files)
    for n in range(MAX_DATASETS):
        attach(uses, rules.ada, dataset=f"ada/d-{n}")
    with pytest.raises(Unusable):
        attach(uses, rules.ada, dataset=f"ada/d-{MAX_DATASETS}")
    assert uses.list(rules.ada, "ada", "x")[0].added <= datetime.now(UTC)
