"""What is no notebook is refused with the reason, and nothing that it holds breaks the reader."""

from __future__ import annotations

import json
import threading
import time

import pytest
from support import needs
from support.raw_notebooks import code, parse, raw, with_output

from mlabs_ext import notebook
from mlabs_ext.errors import BadInput

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


def test_a_key_that_stands_twice_among_many_is_found_at_once():
    keys = ",".join(f'"k{n}":0' for n in [*range(500_000), 499_999])
    begun = time.process_time()
    with pytest.raises(BadInput, match="'k499999' stands twice"):
        notebook.parse(f"{{{keys}}}".encode())
    assert time.process_time() - begun < 10


def test_a_long_key_is_not_written_out_for_each_part_below_it():
    root = raw(metadata={"k" * 2_000_000: list(range(200_000))})
    root["cells"] = [code("\ud800")]
    begun = time.process_time()
    with pytest.raises(BadInput, match=r"surrogate pair in cells\[0\].source"):
        parse(root)
    assert time.process_time() - begun < 5


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


INVALID = sorted((needs.corpus() / "invalid").glob("*.ipynb"))


@pytest.mark.corpus
@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.name)
def test_invalid_notebooks_of_the_corpus_are_refused(path):
    with pytest.raises(BadInput) as caught:
        notebook.parse(path.read_bytes())
    assert caught.value.body()["error"]["status"] == 400
