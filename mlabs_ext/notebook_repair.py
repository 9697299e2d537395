"""Turns any notebook that other tools write into a valid nbformat 4.5, or says why that cannot be done."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from nbformat import NotebookNode
from nbformat.notebooknode import from_dict
from nbformat.v4.convert import upgrade_output
from nbformat.v4.rwbase import rejoin_lines, strip_transient
from nbformat.validator import ValidationError, get_validator, iter_validate

from mlabs_ext.notebook_changes import note, noted
from mlabs_ext.notebook_json import expect, invalid, joined, kind_in, object_in
from mlabs_ext.notebook_old import check_old_output, from_old

CELL_ID = re.compile(r"[a-zA-Z0-9-_]{1,64}")
JSON_MIME = re.compile(r"application/(.*\+)?json")
ROOT_FIELDS = ("nbformat", "nbformat_minor", "metadata", "cells", "worksheets", "orig_nbformat")
CELL_FIELDS = {
    "code": ("id", "cell_type", "metadata", "source", "outputs", "execution_count"),
    "markdown": ("id", "cell_type", "metadata", "source", "attachments"),
    "raw": ("id", "cell_type", "metadata", "source", "attachments"),
}
OUTPUT_FIELDS = {
    "execute_result": ("output_type", "data", "metadata", "execution_count"),
    "display_data": ("output_type", "data", "metadata"),
    "stream": ("output_type", "name", "text"),
    "error": ("output_type", "ename", "evalue", "traceback"),
}


def upgraded(root: Any) -> NotebookNode:
    """A valid nbformat 4.5 notebook from parsed JSON of format 2, 3 or 4, any minor; else BadInput."""
    raw = expect(root, dict, "the notebook")
    major = _format_number(raw, "nbformat")
    if major in (2, 3):
        # What a format lacks that had other fields is no fault of the notebook's.
        with noted():
            raw = from_old(raw)
    elif major != 4:
        raise invalid(f"nbformat {major} is not one of 2, 3 and 4.")
    else:
        _format_number(raw, "nbformat_minor")
    _note_format(root)
    notebook = _assemble(raw)
    _validate(notebook)
    return notebook


def _note_format(root: dict[str, Any]) -> None:
    version = root["nbformat"], root.get("nbformat_minor")
    if version != (4, 5):
        note("format", ".".join(str(part) for part in version if part is not None))
    for key in sorted(map(str, root.keys() - set(ROOT_FIELDS))):
        note("dropped", key)


def _format_number(raw: dict[str, Any], key: str) -> int:
    number = raw.get(key)
    if type(number) is not int or number < 0:
        raise invalid(f"{key} must be a whole number, not {json.dumps(number)[:40]}.")
    return number


def _assemble(raw: dict[str, Any]) -> NotebookNode:
    metadata = object_in(raw, "metadata", "the notebook")
    _repair_metadata(metadata)
    strict_ids = raw["nbformat_minor"] >= 5
    cells = expect(raw.get("cells"), list, "cells")
    cells = [_cell(cell, f"cells[{n}]", strict_ids) for n, cell in enumerate(cells)]
    _identify(cells)
    node = from_dict({"metadata": metadata, "cells": cells, "nbformat": 4, "nbformat_minor": 5})
    return strip_transient(rejoin_lines(node))


def _repair_metadata(metadata: dict[str, Any]) -> None:
    """Fill in what nteract, Kotlin and others leave out of the kernel's description."""
    for key in ("kernelspec", "language_info", "title", "authors"):
        if metadata.get(key, "") is None:
            note("dropped", key)
            del metadata[key]
    language = metadata.get("language_info")
    spec = metadata.get("kernelspec")
    if isinstance(spec, dict):
        name = spec.get("name") or spec.get("display_name") or spec.get("language")
        if not name:
            note("dropped", "kernelspec")
            del metadata["kernelspec"]
        else:
            if not (spec.get("name") and spec.get("display_name")):
                note("completed", "kernelspec")
            spec["name"] = spec.get("name") or name
            spec["display_name"] = spec.get("display_name") or name
            if isinstance(language, dict) and not language.get("name"):
                note("completed", "language_info")
                language["name"] = spec.get("language") or name
    if isinstance(language, dict):
        for key in [key for key, value in language.items() if value is None]:
            note("dropped", key)
            del language[key]
        if "name" not in language:
            note("dropped", "language_info")
            del metadata["language_info"]


def _cell(cell: Any, where: str, strict_ids: bool) -> dict[str, Any]:
    kind = kind_in(expect(cell, dict, where), "cell_type", CELL_FIELDS, where)
    cell = _known(cell, CELL_FIELDS[kind])
    object_in(cell, "metadata", where)
    _repair_cell_metadata(cell["metadata"])
    if cell.get("source") is None:
        note("completed", "source")
    cell["source"] = joined(cell.get("source"), f"{where}.source")
    _check_id(cell, where, strict_ids)
    if kind == "code":
        cell["execution_count"] = _count(cell.get("execution_count"))
        if cell.get("outputs") is None:
            note("completed", "outputs")
        outputs = expect(cell.get("outputs") or [], list, f"{where}.outputs")
        cell["outputs"] = [_output(output, f"{where}.outputs[{n}]") for n, output in enumerate(outputs)]
    elif not cell.get("attachments"):
        if cell.pop("attachments", {}) is None:
            note("dropped", "attachments")
    else:
        for name, bundle in expect(cell["attachments"], dict, f"{where}.attachments").items():
            _repair_bundle(expect(bundle, dict, f"{where}.attachments[{name!r:.60}]"))
    return cell


def _known(holder: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """The fields that the format has."""
    for key in holder.keys() - set(fields):
        if holder[key] or type(holder[key]) in (bool, int, float):
            note("dropped", key)
    return {key: holder[key] for key in fields if key in holder}


def _repair_cell_metadata(metadata: dict[str, Any]) -> None:
    for key in ("tags", "name", "collapsed", "scrolled", "format", "jupyter", "execution"):
        if metadata.get(key, "") is None or (key == "name" and not metadata.get(key)):
            if key in metadata:
                note("dropped", key)
            metadata.pop(key, None)
    tags = metadata.get("tags")
    if isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
        parts = (part.strip() for tag in tags for part in tag.split(","))
        metadata["tags"] = list(dict.fromkeys(part for part in parts if part))
        if metadata["tags"] != tags:
            note("rewritten", "tags")
    execution = metadata.get("execution")
    if isinstance(execution, dict):
        metadata["execution"] = {key: value for key, value in execution.items() if isinstance(value, str)}
        if len(metadata["execution"]) < len(execution):
            note("dropped", "execution")


def _check_id(cell: dict[str, Any], where: str, strict: bool) -> None:
    """Ids became part of the format in 4.5: before, what is no valid id was never meant as one."""
    found = cell.get("id")
    if isinstance(found, str) and CELL_ID.fullmatch(found):
        return
    if strict and found is not None:
        raise invalid(f"{where}.id {json.dumps(found)[:80]} is not 1 to 64 letters, digits, '-' and '_'.")
    if cell.pop("id", None) is not None:
        note("ids_unusable")


def _identify(cells: list[dict[str, Any]]) -> None:
    """Give each cell an id of its own; made from the content, so that the same file is always read alike."""
    taken: set[str] = set()
    kept = {cell["id"] for cell in cells if "id" in cell}
    for n, cell in enumerate(cells):
        wanted = cell.get("id")
        salt = 0
        if wanted is None or wanted in taken:
            note("ids_made" if wanted is None else "ids_twice")
        while wanted is None or wanted in taken or (salt and wanted in kept):
            text = f"{n}\0{salt}\0{cell['cell_type']}\0{cell['source']}"
            wanted = hashlib.sha256(text.encode()).hexdigest()[:8]
            salt += 1
        taken.add(wanted)
        cell["id"] = wanted


def _output(output: Any, where: str) -> dict[str, Any]:
    if expect(output, dict, where).get("output_type") in ("pyout", "pyerr"):
        note("rewritten", output["output_type"])
        check_old_output(output, where)
        output = upgrade_output(from_dict(output))
    kind = kind_in(output, "output_type", OUTPUT_FIELDS, where)
    output = _known(output, OUTPUT_FIELDS[kind])
    if kind == "stream":
        if not output.get("name"):
            note("completed", "name")
        output["name"] = output.get("name") or "stdout"
        output["text"] = joined(output.get("text"), f"{where}.text")
    elif kind == "error":
        _repair_error(output)
    else:
        object_in(output, "metadata", where)
        _repair_bundle(object_in(output, "data", where))
        if kind == "execute_result":
            output["execution_count"] = _count(output.get("execution_count"))
    return output


def _repair_error(output: dict[str, Any]) -> None:
    for key in ("ename", "evalue"):
        value = output.get(key)
        if not isinstance(value, str):
            note("completed" if value is None else "rewritten", key)
        output[key] = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    traceback = output.get("traceback") or []
    if not isinstance(output.get("traceback"), list):
        note("rewritten" if traceback else "completed", "traceback")
    output["traceback"] = traceback.splitlines() if isinstance(traceback, str) else traceback


def _repair_bundle(bundle: dict[str, Any]) -> None:
    for mime, value in list(bundle.items()):
        if JSON_MIME.fullmatch(mime):
            continue
        if value is None:
            note("dropped", mime)
            del bundle[mime]
        elif isinstance(value, (dict, int, float)) or _is_data(value):
            note("rewritten", mime)
            bundle[mime] = json.dumps(value)


def _is_data(value: Any) -> bool:
    """Whether it is a list of other things than lines of text."""
    return isinstance(value, list) and not all(isinstance(line, str) for line in value)


def _count(count: Any) -> int | None:
    if isinstance(count, str) and count.isascii() and count.isdigit() and len(count) < 10:
        note("rewritten", "execution_count")
        return int(count)
    good = type(count) is int and count >= 0
    if not good and count is not None:
        note("dropped", "execution_count")
    return count if good else None


def _validate(notebook: NotebookNode) -> None:
    try:
        get_validator(4, 5, name="fastjsonschema").validate(notebook)
    except ValidationError as error:
        reason = next(_problems(notebook), f"{error.message:.200}.")
        raise invalid(reason) from error


def _problems(notebook: NotebookNode) -> Iterator[str]:
    """The schema's objections, smallest part first: only there do they say what is meant."""
    parts: list[tuple[dict[str, Any], str, str | None]] = [({**notebook, "cells": []}, "the notebook", None)]
    for n, cell in enumerate(notebook.cells):
        for m, output in enumerate(cell.get("outputs", [])):
            parts.append((output, f"cells[{n}].outputs[{m}]", output.output_type))
        parts.append(
            ({**cell, "outputs": []} if "outputs" in cell else cell, f"cells[{n}]", f"{cell.cell_type}_cell")
        )
    for part, where, ref in parts:
        for error in iter_validate(part, ref=ref, version=4, version_minor=5):
            path = "".join(f"[{key!r}]" for key in error.path)
            yield f"{where}{path}: {error.message:.200}."
