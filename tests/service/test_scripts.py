"""Notebooks as programs: what was code runs, what was not is a comment."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlabs_ext.errors import BadInput
from mlabs_ext.service.scripts import percent


def notebook(*cells: tuple[str, str], tags: list[Any] | None = None, **metadata: Any) -> bytes:
    made = [
        {"cell_type": kind, "id": f"c{n}", "metadata": {"tags": tags} if tags else {}, "source": source}
        | ({"outputs": [], "execution_count": None} if kind == "code" else {})
        for n, (kind, source) in enumerate(cells)
    ]
    root = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": made}
    return json.dumps(root).encode()


def program(*cells: tuple[str, str], **more: Any) -> str:
    return percent(notebook(*cells, **more))[0]


def test_cells_are_marked_and_text_is_a_comment():
    text = program(("markdown", "# T\n\ntext"), ("code", "x = 1"), ("raw", "raw"), ("code", "  "))
    assert text == "# %% [markdown]\n# # T\n#\n# text\n\n# %%\nx = 1\n\n# %% [raw]\n# raw\n"


COMMANDS = {
    "a magic": ("%matplotlib inline\nx = 1", "# %matplotlib inline\nx = 1"),
    "the shell": ("!ls", "# !ls"),
    "its result": ("files = !ls\nt = %time f()", "# files = !ls\n# t = %time f()"),
    "help": ("len?", "# len?"),
    "alone in a block": ("if x:\n    !ls", "if x:\n    pass  # !ls"),
    "a cell of another language": ("%%bash\nls\n", "# %%bash\n# ls"),
    "a string that looks like it": ("s = '''\n%d\n!x\n'''", "s = '''\n%d\n!x\n'''"),
    "a remainder": ("y = 7 \\\n  % 4", "y = 7 \\\n  % 4"),
}


@pytest.mark.parametrize(("source", "expected"), COMMANDS.values(), ids=COMMANDS)
def test_what_only_ipython_understands(source, expected):
    text = program(("code", source))
    assert text == f"# %%\n{expected}\n"
    compile(text, "program", "exec")


def test_tags_go_along_and_cannot_leave_their_line():
    text = program(("code", "x = 1"), tags=["parameters", "a\nimport os"])
    assert text.startswith('# %% tags=["parameters"]\nx = 1')


LANGUAGES = {
    "r": (".r", "#"),
    "julia": (".jl", "#"),
    "javascript": (".js", "//"),
    "octave": (".m", "%"),
    "a path": ("/../x.py", "#"),
}


@pytest.mark.parametrize(("extension", "comment"), LANGUAGES.values(), ids=LANGUAGES)
def test_other_languages(extension, comment):
    book = notebook(
        ("markdown", "a"), ("code", "!x"), language_info={"name": "x", "file_extension": extension}
    )
    text, named = percent(book)
    known = extension if extension in (".r", ".jl", ".js", ".m") else ".py"
    assert named == known
    assert text.startswith(f"{comment} %% [markdown]\n{comment} a\n")
    assert ("\n!x" in text) == (known != ".py")


def test_a_line_of_spaces_takes_no_time():
    assert program(("code", " " * 200_000 + "?!")).endswith("?!\n")


def test_what_is_no_notebook():
    with pytest.raises(BadInput):
        percent(b"[]")
