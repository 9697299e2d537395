"""Notebooks that other programs write oddly are repaired, and old formats are upgraded."""

from __future__ import annotations

import nbformat
import pytest
from support.raw_notebooks import code, markdown, parse, raw, with_output

REPAIRED = {
    "Kaggle: ids in 4.4": (raw(code(id="abc"), minor=4), lambda nb: nb.cells[0].id == "abc"),
    "Kaggle: unusable ids in 4.4": (raw(code(id="a b"), minor=4), lambda nb: " " not in nb.cells[0].id),
    "Deepnote: no outputs, no count": (
        raw(
            {
                "cell_type": "code",
                "metadata": {"tags": None},
                "source": "1",
                "deepnote_to_be_reexecuted": True,
            }
        ),
        lambda nb: nb.cells[0].outputs == [],
    ),
    "Deepnote: markdown with outputs": (
        raw(markdown("x", outputs=[], execution_count=None)),
        lambda nb: True,
    ),
    "Kotlin: language without a name": (
        raw(
            metadata={
                "kernelspec": {"name": "kotlin", "display_name": "Kotlin", "language": "kotlin"},
                "language_info": {"version": "2.0", "pygments_lexer": None},
            }
        ),
        lambda nb: nb.metadata.language_info.name == "kotlin",
    ),
    "Kotlin: count as text": (raw(code(execution_count="7")), lambda nb: nb.cells[0].execution_count == 7),
    "nteract: kernel without a display name": (
        raw(metadata={"kernelspec": {"name": "python3"}}),
        lambda nb: nb.metadata.kernelspec.display_name == "python3",
    ),
    "nteract: display data without metadata": (
        with_output({"output_type": "display_data", "data": {"text/plain": "x"}, "transient": {}}),
        lambda nb: nb.cells[0].outputs[0].metadata == {},
    ),
    "empty kernelspec": (raw(metadata={"kernelspec": {}}), lambda nb: "kernelspec" not in nb.metadata),
    "null metadata": (raw() | {"metadata": None}, lambda nb: nb.metadata == {}),
    "null cell metadata": (raw(code(metadata=None)), lambda nb: nb.cells[0].metadata == {}),
    "source absent": (raw({"cell_type": "markdown", "metadata": {}}), lambda nb: nb.cells[0].source == ""),
    "stream without a name": (
        with_output({"output_type": "stream", "text": ["a\n", "b"]}),
        lambda nb: nb.cells[0].outputs[0] == {"output_type": "stream", "name": "stdout", "text": "a\nb"},
    ),
    "error without a traceback": (
        with_output({"output_type": "error", "ename": "E", "evalue": None}),
        lambda nb: nb.cells[0].outputs[0].traceback == [],
    ),
    "traceback as text": (
        with_output({"output_type": "error", "ename": "E", "evalue": "", "traceback": "a\nb"}),
        lambda nb: nb.cells[0].outputs[0].traceback == ["a", "b"],
    ),
    "numbers and nulls as outputs": (
        with_output(
            {"output_type": "display_data", "data": {"text/plain": 3, "text/html": None}, "metadata": {}}
        ),
        lambda nb: nb.cells[0].outputs[0].data == {"text/plain": "3"},
    ),
    "data as lines of text": (
        with_output({"output_type": "display_data", "data": {"text/plain": [1, "a"]}, "metadata": {}}),
        lambda nb: nb.cells[0].outputs[0].data == {"text/plain": '[1, "a"]'},
    ),
    "outputs named as in format 3": (
        with_output({"output_type": "pyout", "prompt_number": 2, "text": "x", "metadata": {}}),
        lambda nb: nb.cells[0].outputs[0].data == {"text/plain": "x"},
    ),
    "tags with commas and twice": (
        raw(code(metadata={"tags": ["a,b", "a"]})),
        lambda nb: nb.cells[0].metadata.tags == ["a", "b"],
    ),
    "unknown keys at the root": (raw(signature="x", worksheets=[]), lambda nb: "worksheets" not in nb),
    "minor 99": (raw(code(id="a", future=1), minor=99), lambda nb: nb.nbformat_minor == 5),
    "duplicate ids": (
        raw(code("1", id="a"), code("2", id="a"), code("2", id="a")),
        lambda nb: nb.cells[0].id == "a" and len({cell.id for cell in nb.cells}) == 3,
    ),
    "id absent": (raw(code()), lambda nb: len(nb.cells[0].id) == 8),
    "surrogate pair": (raw(code("\U0001f34e")), lambda nb: nb.cells[0].source == "\U0001f34e"),
}


@pytest.mark.parametrize(("root", "holds"), REPAIRED.values(), ids=REPAIRED)
def test_harmless_deviations_are_repaired(root, holds):
    nb = parse(root)
    assert holds(nb)
    nbformat.validate(nb)
    assert (nb.nbformat, nb.nbformat_minor) == (4, 5)


OLD = {
    "format 2": {
        "nbformat": 2,
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "markdown", "source": "# Old"},
                    {
                        "cell_type": "code",
                        "language": "python",
                        "input": ["a = 1", "a"],
                        "prompt_number": 1,
                        "outputs": [{"output_type": "pyout", "prompt_number": 1, "text": "1", "png": "AAAA"}],
                    },
                ]
            }
        ],
    },
    "format 3": {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": "x"},
        "worksheets": [
            {"cells": [{"cell_type": "heading", "level": 1, "source": "Old", "metadata": {}}]},
            {
                "cells": [
                    {
                        "cell_type": "code",
                        "input": ["a = 1\n", "a"],
                        "prompt_number": 1,
                        "metadata": {},
                        "outputs": [
                            {
                                "output_type": "pyout",
                                "prompt_number": 1,
                                "text": ["1"],
                                "png": "AAAA",
                                "metadata": {},
                            },
                        ],
                    },
                ]
            },
        ],
    },
}


@pytest.mark.parametrize("root", OLD.values(), ids=OLD)
def test_old_formats_are_upgraded(root):
    nb = parse(root)
    assert [cell.source for cell in nb.cells] == ["# Old", "a = 1\na"]
    assert nb.cells[1].outputs[0].data == {"text/plain": "1", "image/png": "AAAA"}
    assert nb.metadata == {}
    nbformat.validate(nb)


def test_json_within_renamed_outputs_is_read_as_strictly():
    nb = parse(with_output({"output_type": "pyout", "json": "{", "metadata": None}))
    assert nb.cells[0].outputs[0].data == {"text/plain": "{"}


@pytest.mark.parametrize("text", ["{", '{"a": NaN}', "[" * 5000])
def test_json_within_old_outputs_is_read_as_strictly(text):
    output = {"output_type": "display_data", "json": text}
    root = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {},
        "worksheets": [{"cells": [{"cell_type": "code", "input": "", "outputs": [output]}]}],
    }
    assert parse(root).cells[0].outputs[0].data == {"text/plain": text}


def test_ids_that_are_made_up_are_the_same_every_time():
    root = raw(code("a"), code("a"), markdown("b"), minor=4)
    assert [c.id for c in parse(root).cells] == [c.id for c in parse(root).cells]
