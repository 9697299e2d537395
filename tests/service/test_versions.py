"""Versions: contiguous whatever happens at once, and fixed forever."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, Stale
from mlabs_ext.service.idempotency import Key


def fields(**given) -> wire.VersionCreate:
    return wire.VersionCreate(notebook=b"{}", **given)


def add(rules, source: str, name: str = "x", **kwargs):
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [
            {
                "id": "a",
                "cell_type": "code",
                "metadata": {},
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
        ],
    }
    given = kwargs.pop("fields", fields())
    return rules.versions.add(rules.ada, "ada", name, given, json.dumps(notebook).encode(), **kwargs)


def test_a_version_says_what_was_published(rules):
    rules.publish(name="x")
    version, created = add(rules, "print(2)", fields=fields(message="twice", environment="jax", title="New"))
    assert created
    assert (version.lab, version.number, version.author, version.message) == ("ada/x", 2, "ada", "twice")
    assert (version.environment, version.cells) == ("jax", 1)
    data, digest = rules.versions.notebook(rules.nobody, "ada", "x", 2)
    assert digest == version.notebook_sha256
    assert version.size == len(data)
    assert json.loads(data)["cells"][0]["source"] in ("print(2)", ["print(2)"])
    lab = rules.labs.get(rules.nobody, "ada", "x")
    assert (lab.version, lab.environment, lab.title) == (2, "jax", "New")
    first = rules.versions.get(rules.nobody, "ada", "x", 1)
    assert first.environment == "python"
    assert rules.versions.get(rules.nobody, "ada", "x", "latest") == version


def test_the_same_notebook_is_not_a_new_version(rules):
    rules.publish(name="x")
    first, _ = add(rules, "2")
    again, created = add(rules, "2", fields=fields(title="But a new title"))
    assert (again, created) == (first, False)
    assert rules.labs.get(rules.ada, "ada", "x").title == "But a new title"
    assert add(rules, "1")[1]
    assert add(rules, "2")[0].number == 4


def test_a_draft_becomes_visible_with_its_first_version(rules):
    rules.labs.create(rules.ada, wire.LabCreate(name="x"), None)
    for number in ("latest", 0, 1):
        with pytest.raises(NotFound):
            rules.versions.get(rules.ada, "ada", "x", number)
    assert add(rules, "1")[0].number == 1
    assert rules.labs.get(rules.nobody, "ada", "x").visibility == "public"


@pytest.mark.parametrize("number", [0, 2, 10**9, 2**31, 2**70])
def test_versions_that_are_not(rules, number):
    rules.publish(name="x")
    with pytest.raises(NotFound) as raised:
        rules.versions.get(rules.ada, "ada", "x", number)
    assert raised.value.code == "version_not_found"


def test_versions_are_listed_newest_first(rules):
    rules.publish(name="x")
    for n in range(4):
        add(rules, str(n))
    page, cursor = rules.versions.list(rules.nobody, "ada", "x", limit=3)
    rest, end = rules.versions.list(rules.nobody, "ada", "x", limit=3, cursor=cursor)
    assert [version.number for version in page + rest] == [5, 4, 3, 2, 1]
    assert end is None


def test_versions_added_at_once_are_contiguous(rules):
    rules.publish(name="x")
    with ThreadPoolExecutor(16) as pool:
        numbers = [version.number for version, _ in pool.map(lambda n: add(rules, f"n = {n}"), range(30))]
    assert sorted(numbers) == list(range(2, 32))


def test_of_many_at_once_with_one_etag_one_wins(rules):
    rules.publish(name="x")
    etag = rules.labs.etag(rules.ada, "ada", "x")

    def publish(n: int) -> int | None:
        try:
            return add(rules, f"n = {n}", if_match=etag)[0].number
        except Stale:
            return None

    with ThreadPoolExecutor(10) as pool:
        numbers = list(pool.map(publish, range(10)))
    assert [n for n in numbers if n] == [2]


def test_one_key_twenty_times_at_once_makes_one_version(rules):
    rules.publish(name="x")
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda n: add(rules, "2", key=Key("k", "s")), range(20)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][1] is True
    assert rules.labs.get(rules.ada, "ada", "x").version == 2


@pytest.mark.parametrize("order", ["registered first", "published first"])
def test_a_run_belongs_to_the_version_that_was_published_with_it(rules, order):
    rules.labs.create(rules.ada, wire.LabCreate(name="x"), None)
    run = wire.RunCreate(id=str(ULID()), lab="ada/x", started=rules.runs.now(), environment="python")
    if order == "registered first":
        assert rules.runs.register(rules.ada, run).version is None
    add(rules, "1", fields=fields(run=run.id))
    rules.runs.register(rules.ada, run)
    assert rules.runs.get(rules.nobody, run.id).version == 1
    assert rules.labs.get(rules.nobody, "ada", "x").runs == 1
    add(rules, "2", fields=fields(run=run.id))
    assert rules.runs.get(rules.nobody, run.id).version == 2
    assert rules.labs.get(rules.nobody, "ada", "x").runs == 1


def test_nobody_binds_a_run_of_another_lab(rules):
    rules.publish(name="other")
    rules.publish(name="x")
    run = wire.RunCreate(id=str(ULID()), lab="ada/other", started=rules.runs.now(), environment="python")
    rules.runs.register(rules.ada, run)
    add(rules, "2", fields=fields(run=run.id))
    assert rules.runs.get(rules.ada, run.id).version == 1
