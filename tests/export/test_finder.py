"""The index of a search without a server."""

from __future__ import annotations

import json

from mlabs_ext.export.finder import DESCRIPTION, index
from mlabs_ext.export.wanted import Lab


def lab(name: str, description: str = "") -> Lab:
    return Lab("a d", name, f"Title of {name}", description, ["vision"], "python", "none", "public", 1)


def test_each_lab_is_there_once_with_the_page_that_has_its_card():
    first = {"@a%20d/one": "", "@a%20d": "", "static/mlabs.css?v=1": ""}
    second = {"@a%20d/two": "", "@a%20d/one": ""}
    found = json.loads(index([lab("two"), lab("one"), lab("unseen")], [first, second]))["labs"]
    assert [(entry["path"], entry["page"]) for entry in found] == [("@a%20d/two/", 2), ("@a%20d/one/", 1)]
    assert found[0] == {
        "path": "@a%20d/two/", "page": 2, "title": "Title of two", "owner": "a d", "environment": "python",
        "accelerator": "none", "tags": ["vision"], "text": "",
    }  # fmt: skip


def test_long_descriptions_are_cut():
    found = json.loads(index([lab("one", "x" * 9999)], [{"@a%20d/one": ""}]))["labs"]
    assert len(found[0]["text"]) == DESCRIPTION
