"""A new lab is seen by no more people than what it comes from, unless its author says so."""

from __future__ import annotations

import json

import pytest

from mlabs_ext import wire
from mlabs_ext.service.visibility import narrower

# What the lab is that the notebook names, and who sees the new one.
NAMED = {
    "public": "public",
    "unlisted": "unlisted",
    "private": "private",
    "deleted": "private",
    "absent": "private",
    "no lab": "private",
}


def written(make_notebook, lab):
    return json.dumps(make_notebook("# New") | {"metadata": {"mlabs": {"lab": lab}}}).encode()


@pytest.mark.parametrize("kind", NAMED)
def test_who_sees_a_new_lab_whose_notebook_names_another(rules, make_notebook, kind):
    names = {"absent": "bob/absent", "no lab": "../.."}
    visibility = kind if kind in ("unlisted", "private") else "public"
    rules.publish(rules.bob, name="theirs", visibility=visibility)
    if kind == "deleted":
        rules.labs.delete(rules.bob, "bob", "theirs")
    data = written(make_notebook, names.get(kind, "bob/theirs"))
    made = rules.labs.create(rules.ada, wire.LabCreate(name="new"), data)
    assert made.visibility == NAMED[kind]
    said = rules.labs.create(rules.ada, wire.LabCreate(name="said", visibility="public"), data)
    assert said.visibility == "public"


def test_the_administrators_default_is_no_wider_for_it(rules, make_notebook):
    rules.labs.default_visibility = "unlisted"
    rules.publish(rules.bob, name="theirs", visibility="public")
    made = rules.labs.create(rules.ada, wire.LabCreate(name="new"), written(make_notebook, "bob/theirs"))
    assert made.visibility == "unlisted"
    assert rules.labs.create(rules.ada, wire.LabCreate(name="draft"), None).visibility == "unlisted"


def test_the_narrower_of_two():
    assert narrower("public", "unlisted") == narrower("unlisted", "public") == "unlisted"
    assert narrower("private", "unlisted") == "private"
