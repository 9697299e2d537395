"""Each repair is told; what needs none is said to be as it was."""

from __future__ import annotations

import json

import pytest
from support import needs

from mlabs_ext import notebook
from mlabs_ext.notebook_changes import MAX_KINDS, Change, noted


def code(**more):
    return {
        "id": "a",
        "cell_type": "code",
        "metadata": {},
        "source": "1",
        "outputs": [],
        "execution_count": 1,
    } | more


def changes(*cells, metadata=None, minor=5, **more):
    root = {"nbformat": 4, "nbformat_minor": minor, "metadata": metadata or {}, "cells": list(cells), **more}
    with noted() as found:
        notebook.clean(notebook.parse(json.dumps(root).encode()))
    return found


def output(**fields):
    return code(outputs=[{"output_type": "display_data", "data": {}, "metadata": {}} | fields])


WITHOUT_ID = {key: value for key, value in code().items() if key != "id"}
TOLD = {
    "nothing": (changes(code()), []),
    "an older format": (changes(code(), minor=2), [Change("format", "4.2", 1)]),
    "a newer one": (changes(code(), minor=99), [Change("format", "4.99", 1)]),
    "no ids": (changes(WITHOUT_ID, WITHOUT_ID), [Change("ids_made", "", 2)]),
    "ids twice": (changes(code(), code(), code()), [Change("ids_twice", "", 2)]),
    "ids that are none": (
        changes(code(id="a b"), minor=4),
        [Change("format", "4.4", 1), Change("ids_unusable", "", 1), Change("ids_made", "", 1)],
    ),
    "fields of others": (
        changes(code(deepnote_x=1), code(id="b", deepnote_x=2), signature="x"),
        [Change("dropped", "signature", 1), Change("dropped", "deepnote_x", 2)],
    ),
    "no source, no outputs": (
        changes({"id": "a", "cell_type": "code", "metadata": None}),
        [Change("completed", name, 1) for name in ("metadata", "source", "outputs")],
    ),
    "a count as text": (changes(code(execution_count="7")), [Change("rewritten", "execution_count", 1)]),
    "a count that is none": (changes(code(execution_count=-1)), [Change("dropped", "execution_count", 1)]),
    "tags": (changes(code(metadata={"tags": ["a,b"]})), [Change("rewritten", "tags", 1)]),
    "null among tags": (changes(code(metadata={"tags": None})), [Change("dropped", "tags", 1)]),
    "a kernel without a title": (
        changes(code(), metadata={"kernelspec": {"name": "python3"}}),
        [Change("completed", "kernelspec", 1)],
    ),
    "an empty kernel": (changes(code(), metadata={"kernelspec": {}}), [Change("dropped", "kernelspec", 1)]),
    "a language without a name": (
        changes(
            code(),
            metadata={
                "kernelspec": {"name": "k", "display_name": "K"},
                "language_info": {"pygments_lexer": None},
            },
        ),
        [Change("completed", "language_info", 1), Change("dropped", "pygments_lexer", 1)],
    ),
    "an output of format 3": (
        changes(code(outputs=[{"output_type": "pyout", "prompt_number": 1, "text": "x", "metadata": {}}])),
        [Change("rewritten", "pyout", 1)],
    ),
    "a stream without a name": (
        changes(code(outputs=[{"output_type": "stream", "text": ""}])),
        [Change("completed", "name", 1)],
    ),
    "an error without words": (
        changes(code(outputs=[{"output_type": "error", "ename": "E", "evalue": None}])),
        [Change("completed", "evalue", 1), Change("completed", "traceback", 1)],
    ),
    "numbers as text": (changes(output(data={"text/plain": 3})), [Change("rewritten", "text/plain", 1)]),
    "nothing as text": (changes(output(data={"text/html": None})), [Change("dropped", "text/html", 1)]),
    "Colab": (
        changes(
            code(metadata={"executionInfo": {}, "outputId": "x"}),
            code(id="b", metadata={"executionInfo": {}}),
            metadata={"colab": {"provenance": [], "name": "x"}},
        ),
        [
            Change("private", "provenance", 1),
            Change("private", "executionInfo", 2),
            Change("private", "outputId", 1),
        ],
    ),
}


@pytest.mark.parametrize(("found", "expected"), TOLD.values(), ids=TOLD)
def test_what_was_changed_is_told(found, expected):
    assert sorted(found) == sorted(expected)


def test_formats_2_and_3_are_told():
    sheet = {"cells": [{"cell_type": "markdown", "source": "x"}]}
    with noted() as found:
        notebook.parse(json.dumps({"nbformat": 2, "worksheets": [sheet]}).encode())
    assert "It was in format 2, and is now in 4.5." in [change.text for change in found]


def test_words():
    assert Change("ids_made", "", 1).text == "A cell had no id, and got one."
    taken = Change("private", "executionInfo", 12)
    assert taken.text == "Private metadata was taken off: `executionInfo`, 12 times."


def test_a_hostile_notebook_is_told_briefly():
    found = changes(code(**{f"{n}" * 50: n for n in range(1000, 2000)}))
    assert len(found) == MAX_KINDS
    assert max(len(change.what) for change in found) == 60


def test_nobody_asks():
    root = {"nbformat": 4, "nbformat_minor": 2, "metadata": {}, "cells": []}
    with noted() as found:
        pass
    notebook.parse(json.dumps(root).encode())
    assert found == []


@pytest.mark.corpus
@pytest.mark.parametrize("path", sorted(needs.corpus().glob("*.ipynb")), ids=lambda path: path.name)
def test_what_was_read_once_needs_no_repair(path):
    written = notebook.dumps(notebook.clean(notebook.parse(path.read_bytes())))
    with noted() as found:
        notebook.clean(notebook.parse(written))
    assert found == []
