"""Reads the notebook formats 2 and 3, of IPython 0.12 to 2, as format 4."""

from __future__ import annotations

from typing import Any

from nbformat.notebooknode import from_dict
from nbformat.v3.rwbase import rejoin_lines
from nbformat.v4.convert import upgrade_cell

from mlabs_ext.errors import BadInput
from mlabs_ext.notebook_json import check_depth, expect, joined, kind_in, load, object_in

OLD_CELLS = ("code", "markdown", "html", "raw", "heading", "plaintext", "rst")


def from_old(raw: dict[str, Any]) -> dict[str, Any]:
    """Cells of format 2 and 3 as those of 4: worksheets are laid end to end."""
    for w, sheet in enumerate(expect(raw.get("worksheets"), list, "worksheets")):
        cells = expect(expect(sheet, dict, f"worksheets[{w}]").get("cells"), list, f"worksheets[{w}].cells")
        for c, cell in enumerate(cells):
            _check_old_cell(cell, f"worksheets[{w}].cells[{c}]")
    old = rejoin_lines(from_dict(raw))
    cells = [upgrade_cell(cell) for sheet in old.worksheets for cell in sheet.cells]
    check_depth(cells)
    for cell in cells:
        del cell["id"]
    metadata = object_in(old, "metadata", "metadata")
    for key in ("name", "signature"):
        metadata.pop(key, None)
    return {"metadata": metadata, "cells": cells, "nbformat_minor": 0}


def check_old_output(output: Any, where: str) -> None:
    """Make sure that nbformat can upgrade an output; raise BadInput otherwise."""
    expect(expect(output, dict, where).get("output_type"), str, f"{where}.output_type")
    object_in(output, "metadata", where)
    for key in ("text", "html", "svg", "latex", "javascript", "json"):
        if key in output:
            output[key] = joined(output[key], f"{where}.{key}", "\n")
    if "json" in output:
        try:
            load(output["json"].encode())
        except BadInput:
            output.setdefault("text", output.pop("json"))


def _check_old_cell(cell: Any, where: str) -> None:
    kind = kind_in(expect(cell, dict, where), "cell_type", OLD_CELLS, where)
    for key in ("input", "source", "rendered"):
        if key in cell:
            cell[key] = joined(cell[key], f"{where}.{key}", "\n")
    if kind == "heading":
        cell["level"] = min(max(level, 1), 6) if type(level := cell.get("level", 1)) is int else 1
    if kind in ("plaintext", "rst"):
        cell["cell_type"] = "raw"
    if kind == "code":
        for n, output in enumerate(expect(cell.setdefault("outputs", []), list, f"{where}.outputs")):
            check_old_output(output, f"{where}.outputs[{n}]")
