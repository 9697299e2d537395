"""Scripts and texts become notebooks, the same every time, and start nothing."""

from __future__ import annotations

import json
import subprocess

import pytest

from mlabs_ext import notebook
from mlabs_ext.errors import BadInput
from mlabs_ext.service.import_script import converted

PERCENT = """# %% [markdown]
# # Digits

# %%
import torch

# %% tags=["parameters"]
rate = 0.1
"""
LIGHT = """# # Digits
#
# Some words.

# +
import torch

rate = 0.1
# -

print(rate)
"""
HEADED = """# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: {name}
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   mlabs:
#     environment: pytorch
# ---

# %%
1 + 1
"""
PLAIN = """#!/usr/bin/env python
\"\"\"Trains a network.\"\"\"

import torch

# A comment.
def train():
    pass


if __name__ == "__main__":
    train()
"""
MARKDOWN = """# Digits

Some words.

```python
import torch
```
"""
RMARKDOWN = """---
title: "Digits"
---

Some words.

```{r}
library(dplyr)
```
"""

HEAD = "# ---\n# jupyter:\n#   {}\n# ---\n\n# %%\n1\n"
STRANGE = [
    "jupytext: 3",
    "jupytext: [1]",
    "kernelspec: 3",
    "language_info: [1]",
    "a: !!python/object:os.system x",
    "a: &a [*a]",
]
MADE = {
    "cells": ("x.py", PERCENT, [("markdown", "# Digits"), ("code", "import torch"), ("code", "rate = 0.1")]),
    "light": (
        "x.py",
        LIGHT,
        [
            ("markdown", "# Digits\n\nSome words."),
            ("code", "import torch\n\nrate = 0.1"),
            ("code", "print(rate)"),
        ],
    ),
    "plain": ("x.py", PLAIN, [("code", PLAIN.strip())]),
    "a text": ("x.md", MARKDOWN, [("markdown", "# Digits\n\nSome words."), ("code", "import torch")]),
    "R": ("x.R", "#' # Digits\n\nlibrary(dplyr)\n", [("markdown", "# Digits"), ("code", "library(dplyr)")]),
    "plain R": ("x.r", "library(dplyr)\n\nx <- 1\n", [("code", "library(dplyr)\n\nx <- 1")]),
}


@pytest.mark.parametrize(("name", "text", "cells"), MADE.values(), ids=MADE)
def test_what_becomes_of_it(name, text, cells):
    nb = notebook.parse(converted(name, text.encode())[0])
    assert [(cell.cell_type, cell.source) for cell in nb.cells] == cells
    assert "jupytext" not in nb.metadata
    assert all(cell.metadata.keys() <= {"tags"} for cell in nb.cells)


def test_the_same_script_is_the_same_notebook():
    made = [notebook.dumps(notebook.parse(converted("x.py", PERCENT.encode())[0])) for _ in range(2)]
    assert made[0] == made[1]


def test_tags_and_metadata_are_kept():
    nb = notebook.parse(converted("x.py", PERCENT.encode())[0])
    assert nb.cells[2].metadata.tags == ["parameters"]
    nb = notebook.parse(converted("x.py", HEADED.format(name="percent").encode())[0])
    assert nb.metadata.kernelspec.name == "python3"


def test_r_is_told():
    nb = notebook.parse(converted("x.Rmd", RMARKDOWN.encode())[0])
    assert nb.metadata.language_info.name == "R"
    assert "library(dplyr)" in [cell.source for cell in nb.cells]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(
            ("x.py", HEADED.format(name=name))
            for name in ("marimo", "quarto", "pandoc", "nonsense", "[1]", "{}")
        ),
        (
            "x.md",
            "---\njupyter:\n  jupytext:\n    text_representation:\n      format_name: pandoc\n---\n\n# A\n",
        ),
        ("x.md", "::: {.cell}\n# A\n:::\n"),
    ],
)
def test_no_program_is_started_by_a_texts_own_word(name, text, monkeypatch):
    def start(*args, **kwargs):
        raise AssertionError(f"started {args}")

    monkeypatch.setattr(subprocess, "Popen", start)
    try:
        assert notebook.parse(converted(name, text.encode())[0]).cells
    except BadInput as refused:
        assert refused.code == "script_invalid"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\xff\xfe1", "not UTF-8"),
        *((HEAD.format(line).encode(), "its head is not as Jupytext") for line in STRANGE),
    ],
)
def test_what_cannot_be_read_is_said(data, words):
    with pytest.raises(BadInput, match=words) as refused:
        converted("x.py", data)
    assert refused.value.code == "script_invalid"


def test_dates_are_text():
    nb = notebook.parse(converted("x.py", HEAD.format("date: 2020-01-01").encode())[0])
    assert nb.metadata.date == "2020-01-01"


def test_a_byte_order_mark_is_no_part_of_a_script():
    nb = notebook.parse(converted("x.py", b"\xef\xbb\xbfx = 1\n")[0])
    assert [cell.source for cell in nb.cells] == ["x = 1"]


def test_what_it_was_is_said():
    assert converted("x.py", PLAIN.encode())[1] == "a plain script, which is one cell"
    assert "# %%" in converted("x.py", PERCENT.encode())[1]
    assert "Markdown" in converted("x.md", MARKDOWN.encode())[1]


def test_json_comes_out():
    assert (
        json.loads(converted("x.py", b"x = '\xf0\x9f\x8d\x8e'\n")[0])["cells"][0]["source"]
        == "x = '\U0001f34e'"
    )
