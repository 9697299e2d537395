import json
import threading
from pathlib import Path

import nbformat
import pytest

from mlabs_ext import notebook
from mlabs_ext.errors import BadInput

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"


def raw(*cells, metadata=None, minor=5, major=4, **more):
    return {
        "nbformat": major,
        "nbformat_minor": minor,
        "metadata": metadata or {},
        "cells": list(cells),
        **more,
    }


def code(source="1", outputs=(), **more):
    return {
        "cell_type": "code",
        "metadata": {},
        "source": source,
        "outputs": list(outputs),
        "execution_count": None,
    } | more


def markdown(source, **more):
    return {"cell_type": "markdown", "metadata": {}, "source": source, **more}


def parse(root):
    return notebook.parse(json.dumps(root).encode())


def with_output(output):
    return raw(code(outputs=[output], id="a"))


TEXT = json.dumps(raw(code(id="a")))

UNREADABLE = {
    "empty": (b"", "empty"),
    "blank": (b" \n ", "empty"),
    "truncated": (TEXT[:-10].encode(), "line 1"),
    "byte order mark": (b"\xef\xbb\xbf" + TEXT.encode(), "byte order mark"),
    "UTF-16": (TEXT.encode("utf-16"), "UTF-8"),
    "not JSON": (b"<html>", "not JSON"),
    "trailing": (TEXT.encode() + b"x", "Extra data"),
    "root list": (b"[]", "an object, not a list"),
    "root text": (b'"notebook"', "an object, not text"),
    "root null": (b"null", "an object, not null"),
    "root number": (b"4", "an object, not a number"),
    "a million lists": (b"[" * 1_000_000 + b"]" * 1_000_000, "nests deeper"),
    "a million open lists": (b"[" * 1_000_000, "nests deeper"),
    "a thousand objects": (b'{"a":' * 1000 + b"1" + b"}" * 1000, "nests deeper"),
    "deep metadata": (
        json.dumps(raw(metadata={"a": json.loads("[" * 150 + "]" * 150)})).encode(),
        "nests deeper",
    ),
    "NaN": (TEXT.replace("null", "NaN").encode(), "NaN"),
    "Infinity": (TEXT.replace("null", "-Infinity").encode(), "-Infinity"),
    "lone surrogate": (TEXT.replace('"1"', '"\\ud800"').encode(), "cells[0].source"),
    "lone surrogate in a key": (
        TEXT.replace('"metadata": {}', '"metadata": {"\\uDC00": 1}').encode(),
        "surrogate",
    ),
    "invalid UTF-8": (TEXT.encode().replace(b'"1"', b'"\xff"'), "is not UTF-8"),
    "duplicate keys": (b'{"nbformat": 4, "nbformat": 3}', "'nbformat' stands twice"),
    "100,000-digit integer": (TEXT.replace("null", "1" * 100_000).encode(), "100000 digits"),
    "1e400": (TEXT.replace("null", "1e400").encode(), "1e400"),
    "nbformat 5": (json.dumps(raw(major=5)).encode(), "nbformat 5"),
    "nbformat 1": (json.dumps(raw(major=1)).encode(), "nbformat 1"),
    "nbformat text": (json.dumps(raw(major="4")).encode(), "nbformat must be"),
    "nbformat 1e400": (TEXT.replace('"nbformat": 4', '"nbformat": 1e400').encode(), "1e400"),
    "nbformat 4.0": (TEXT.replace('"nbformat": 4', '"nbformat": 4.0').encode(), "nbformat must be"),
    "nbformat true": (json.dumps(raw(major=True)).encode(), "nbformat must be"),
    "minor absent": (b'{"nbformat": 4, "metadata": {}, "cells": []}', "nbformat_minor"),
    "minor negative": (json.dumps(raw(minor=-1)).encode(), "nbformat_minor"),
    "no cells": (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "cells must be a list"),
    "cells an object": (json.dumps(raw() | {"cells": {}}).encode(), "cells must be a list"),
    "cell a list": (json.dumps(raw([])).encode(), "cells[0] must be an object"),
    "metadata a list": (json.dumps(raw() | {"metadata": []}).encode(), "metadata"),
    "id with a space": (json.dumps(raw(code(id="a b"))).encode(), "cells[0].id"),
    "id a number": (json.dumps(raw(code(id=3))).encode(), "cells[0].id"),
    "id too long": (json.dumps(raw(code(id="a" * 65))).encode(), "cells[0].id"),
    "unknown cell type": (
        json.dumps(raw(code(id="a"), code(cell_type="sql", id="b"))).encode(),
        'cells[1] has the unknown type "sql"',
    ),
    "cell type a list": (json.dumps(raw(code(cell_type=["code"]))).encode(), "unknown type"),
    "integer source": (json.dumps(raw(code(1))).encode(), "cells[0].source must be text, not a number"),
    "source of numbers": (json.dumps(raw(code([1, 2]))).encode(), "cells[0].source must be text, not a list"),
    "outputs text": (json.dumps(raw(code() | {"outputs": "x"})).encode(), "cells[0].outputs"),
    "unknown output": (json.dumps(with_output({"output_type": "hologram"})).encode(), "cells[0].outputs[0]"),
    "stream text a number": (
        json.dumps(with_output({"output_type": "stream", "text": 1})).encode(),
        "outputs[0].text",
    ),
    "traceback of numbers": (
        json.dumps(with_output({"output_type": "error", "traceback": [1]})).encode(),
        "cells[0].outputs[0]",
    ),
    "kernelspec text": (json.dumps(raw(metadata={"kernelspec": "python"})).encode(), "kernelspec"),
    "tags text": (json.dumps(raw(code(metadata={"tags": "a"}))).encode(), "tags"),
    "no worksheets": (b'{"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}}', "worksheets"),
    "worksheet a number": (b'{"nbformat": 3, "nbformat_minor": 0, "worksheets": [1]}', "worksheets[0]"),
    "old cell without type": (b'{"nbformat": 2, "worksheets": [{"cells": [{}]}]}', "worksheets[0].cells[0]"),
}


@pytest.mark.parametrize(("data", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_notebooks_are_refused_with_the_reason(data, reason):
    with pytest.raises(BadInput) as caught:
        notebook.parse(data)
    assert caught.value.code == "notebook_invalid"
    assert reason in caught.value.message
    assert len(caught.value.message) < 500


def test_a_shallow_stack_does_not_matter():
    """Just under the depth limit everything works, also in a thread that is deep in calls already."""
    deep = json.loads("[" * 90 + "]" * 90)
    root = raw(code(outputs=[{"output_type": "display_data", "data": {"application/json": deep}}], id="a"))
    found = []

    def nested(depth):
        return found.append(notebook.dumps(notebook.clean(parse(root)))) if depth == 0 else nested(depth - 1)

    thread = threading.Thread(target=nested, args=(200,))
    thread.start()
    thread.join()
    assert json.loads(found[0])["cells"][0]["outputs"][0]["data"]["application/json"] == deep


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


VALID = sorted(CORPUS.glob("*.ipynb"))
INVALID = sorted((CORPUS / "invalid").glob("*.ipynb"))


@pytest.mark.corpus
@pytest.mark.parametrize("path", VALID, ids=lambda path: path.name)
def test_every_notebook_of_the_corpus_is_read(path):
    nb = notebook.parse(path.read_bytes())
    nbformat.validate(nb)
    written = notebook.dumps(nb)
    assert notebook.dumps(notebook.parse(written)) == written


@pytest.mark.corpus
@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.name)
def test_invalid_notebooks_of_the_corpus_are_refused(path):
    with pytest.raises(BadInput) as caught:
        notebook.parse(path.read_bytes())
    assert caught.value.body()["error"]["status"] == 400


def test_clean_takes_private_metadata_off_and_nothing_else():
    info = {"user": {"displayName": "Ada", "userId": "1"}, "elapsed": 3}
    cell = code(
        metadata={
            "executionInfo": info,
            "outputId": "x",
            "colab": {"base_uri": "u", "height": 3},
            "tags": ["t"],
        }
    )
    nb = parse(
        raw(
            cell,
            metadata={
                "colab": {"name": "a.ipynb", "provenance": [{"file_id": "secret"}], "authorship_tag": "ABX"},
                "papermill": {
                    "duration": 2,
                    "environment_variables": {"TOKEN": "x"},
                    "input_path": "/home/ada/a.ipynb",
                },
                "vscode": {"interpreter": {"hash": "x"}},
                "mlabs": {"environment": "python"},
            },
        )
    )
    assert notebook.clean(nb) is nb
    assert nb.metadata == {
        "colab": {"name": "a.ipynb"},
        "papermill": {"duration": 2},
        "mlabs": {"environment": "python"},
    }
    assert nb.cells[0].metadata == {"colab": {"height": 3}, "tags": ["t"]}


TITLES = {
    "heading": (["# Hello *big* `world`"], "Hello big world"),
    "top level wins": (["##### Copyright 2019", "# Quickstart"], "Quickstart"),
    "no top level": (["text\n### One", "## Two"], "One"),
    "underlined": (["Intro\n=====\n"], "Intro"),
    "closed": (["# A # "], "A"),
    "link": (["# [MNIST](https://example.org) &amp; more"], "MNIST & more"),
    "HTML": (['<h1 align="center">Big<br> one</h1>'], "Big one"),
    "code is no heading": (["```\n# no\n```\n# yes"], "yes"),
    "snake_case": (["# my_long_name"], "my_long_name"),
    "none": (["text"], None),
    "empty": (["# "], None),
    "long": (["# " + "a" * 500], "a" * 200),
}


@pytest.mark.parametrize(("sources", "title"), TITLES.values(), ids=TITLES)
def test_title(sources, title):
    assert notebook.title_of(parse(raw(code("# not this"), *map(markdown, sources)))) == title


RUNTIMES = {
    "none": ({}, {}),
    "mlabs": (
        {
            "mlabs": {
                "environment": "pytorch",
                "accelerator": "gpu",
                "lab": "ada/mnist",
                "data": ["ada/penguins@2"],
            }
        },
        {"environment": "pytorch", "accelerator": "gpu", "lab": "ada/mnist", "data": ("ada/penguins@2",)},
    ),
    "mlabs of wrong types": ({"mlabs": {"environment": 1, "accelerator": [], "lab": {}, "data": "x"}}, {}),
    "mlabs a list": ({"mlabs": []}, {}),
    "Colab": ({"accelerator": "GPU", "colab": {"gpuType": "T4"}}, {"accelerator": "gpu"}),
    "Colab TPU": ({"accelerator": "TPU"}, {}),
    "Colab None": ({"accelerator": "None", "colab": {}}, {"accelerator": "none"}),
    "Colab of a wrong type": ({"accelerator": ["GPU"]}, {}),
    "Kaggle": (
        {
            "kaggle": {
                "isGpuEnabled": True,
                "accelerator": "nvidiaTeslaT4",
                "dataSources": [
                    {"sourceType": "datasetVersion", "sourceId": 12},
                    {"sourceType": "competition", "sourceId": 3136},
                    1,
                ],
            }
        },
        {"accelerator": "gpu", "sources": ("kaggle:datasetVersion/12", "kaggle:competition/3136")},
    ),
    "Kaggle T4": ({"kaggle": {"accelerator": "nvidiaTeslaT4"}}, {"accelerator": "gpu"}),
    "Kaggle P100": ({"kaggle": {"accelerator": "GPU P100"}}, {"accelerator": "gpu"}),
    "Kaggle old, with": ({"kaggle": {"isGpuEnabled": True}}, {"accelerator": "gpu"}),
    "Kaggle old, without": ({"kaggle": {"isGpuEnabled": False}}, {"accelerator": "none"}),
    "Kaggle: the newer field counts": (
        {"kaggle": {"isGpuEnabled": True, "accelerator": "none"}},
        {"accelerator": "none"},
    ),
    "Kaggle TPU": ({"kaggle": {"isGpuEnabled": False, "accelerator": "tpuV5e8"}}, {"accelerator": "none"}),
    "Kaggle of wrong types": ({"kaggle": {"isGpuEnabled": "true", "accelerator": ["gpu"]}}, {}),
    "Kaggle without": ({"kaggle": {"isGpuEnabled": False, "accelerator": "none"}}, {"accelerator": "none"}),
    "a project of the trainer": ({"mlabs": {"trainer": {"format": 1}}}, {"trainer": True}),
    "no project": ({"mlabs": {"trainer": "yes"}}, {}),
    "ours before theirs": ({"accelerator": "GPU", "mlabs": {"accelerator": "none"}}, {"accelerator": "none"}),
}


@pytest.mark.parametrize(("metadata", "expected"), RUNTIMES.values(), ids=RUNTIMES)
def test_runtime(metadata, expected):
    assert notebook.runtime_of(parse(raw(metadata=metadata))) == notebook.Runtime(**expected)


def test_set_runtime_changes_only_what_is_given():
    nb = parse(raw(metadata={"mlabs": {"environment": "python", "note": "kept"}}))
    notebook.set_runtime(nb, accelerator="gpu", lab="ada/mnist", data=["ada/penguins@2"])
    assert nb.metadata.mlabs == {
        "environment": "python",
        "note": "kept",
        "accelerator": "gpu",
        "lab": "ada/mnist",
        "data": ["ada/penguins@2"],
    }


def test_set_source():
    nb = parse(raw(metadata={"mlabs": {"environment": "jax", "lab": "eve/mnist", "source": "old"}}))
    assert notebook.set_source(nb, "https://x").metadata.mlabs == {
        "environment": "jax",
        "source": "https://x",
    }
    assert notebook.set_source(parse(raw(metadata={"mlabs": {"lab": "eve/mnist"}})), "").metadata == {}
    assert notebook.set_source(parse(raw(metadata={"mlabs": []})), "u").metadata.mlabs == {"source": "u"}


def test_code_digest_depends_on_code_only():
    def digest(*cells):
        return notebook.code_sha256(parse(raw(*cells)))

    assert digest(code("a"), markdown("x")) == digest(markdown("y"), code("a\n"), code(" "))
    assert digest(code("a"), code("b")) != digest(code("a\nb"))
    assert digest().startswith("sha256:")


def test_digest():
    assert notebook.sha256(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
