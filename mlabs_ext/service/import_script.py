"""Makes a notebook of a script or a text, by Jupytext; only the process that does so loads it."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml
from jupytext.formats import guess_format
from jupytext.jupytext import TextNotebookConverter
from nbformat.validator import ValidationError

from mlabs_ext.errors import BadInput
from mlabs_ext.service.import_kinds import SCRIPTS, suffix_of

# Of Jupytext's formats those that it reads by itself; for others it would start programs.
READ = ("percent", "hydrogen", "light", "nomarker", "sphinx", "spin", "markdown", "rmarkdown", "myst")
# What only the light format has; without one of them a script is a script.
LIGHT = re.compile(r"^#\s*(?:---\s*$|\+(?:\s|$)|-\s*$|region\b|\{\{\{)", re.MULTILINE)
FOR_WRITING = ("lines_to_next_cell", "lines_to_end_of_cell_marker", "cell_marker")
USUAL = {".md": "markdown", ".Rmd": "rmarkdown"}
NAMES = {
    "percent": "a script with cells (# %%)",
    "hydrogen": "a script with cells (# %%)",
    "light": "a script with cells, as Jupytext writes them",
    "sphinx": "a script of a Sphinx gallery",
    "spin": "an R script with cells (#')",
    "markdown": "a Markdown text",
    "rmarkdown": "an R Markdown text",
    "myst": "a MyST Markdown text",
}
# What Jupytext raises where a head holds other things than it should.
STRANGE = (
    *(yaml.YAMLError, ValidationError, ValueError, KeyError),
    *(TypeError, AttributeError, IndexError, RecursionError),
)
PLAIN = "a plain script, which is one cell"


def converted(name: str, data: bytes) -> tuple[bytes, str]:
    """The notebook of a script, and in words what the script was; BadInput `script_invalid`."""
    extension = SCRIPTS[suffix_of(name)]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{name!r:.100} is not text: byte {error.start} is not UTF-8.", "script_invalid"
        ) from error
    if not text.strip():
        raise BadInput(f"{name!r:.100} is empty.", "script_invalid")
    try:
        form = _format(text, extension)
        cells, metadata = _plain(text) if form is None else _cells(text, extension, form)
        metadata.pop("jupytext", None)
        metadata |= _language(metadata, extension)
        root = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
        written = json.dumps(root, ensure_ascii=False, default=str)
    except STRANGE as error:
        reason = f"{name!r:.100} cannot be read: its head is not as Jupytext writes one."
        raise BadInput(reason, "script_invalid") from error
    return written.encode("utf-8", "surrogatepass"), NAMES.get(form or "", PLAIN)


def _format(text: str, extension: str) -> str | None:
    """The format of a text; None for a script that has no cells."""
    found = guess_format(text, extension)[0]
    if extension in USUAL:
        return found if found in READ else USUAL[extension]
    if found in READ and (found not in ("light", "nomarker") or LIGHT.search(text)):
        return str(found)
    return None


def _cells(text: str, extension: str, form: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    notebook = TextNotebookConverter({"extension": extension, "format_name": form}, None).reads(text)
    for cell in notebook.cells:
        # Its ids are drawn by chance: ours follow from the content. The others are for writing it back.
        for holder, key in ((cell, "id"), *((cell.metadata, name) for name in FOR_WRITING)):
            holder.pop(key, None)
    cells = [dict(cell) for cell in notebook.cells]
    return cells, dict(notebook.metadata)


def _plain(text: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "metadata": {},
        "source": text.strip("\n"),
        "outputs": [],
        "execution_count": None,
    }
    return [cell], {}


def _language(metadata: dict[str, Any], extension: str) -> dict[str, Any]:
    """The language of a script, where its head names no kernel."""
    named = {".R": "R", ".Rmd": "R", ".jl": "julia"}.get(extension)
    return {} if "kernelspec" in metadata or not named else {"language_info": {"name": named}}
