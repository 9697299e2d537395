"""The texts of a notebook that a reader gets, one by one; what is no text (pictures, numbers) is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlabs_ext.guard.findings import Where

WIDGETS = "application/vnd.jupyter.widget-state+json"
BINARY = re.compile(r"(?:image/(?!svg)|audio/|video/|font/|application/(?:pdf|octet-stream|zip))")
# What hides or fakes words: pictures in addresses, and colors of terminals, which end in a letter.
HIDDEN = (re.compile(r";base64,[A-Za-z0-9+/=\s]{40,}"), re.compile(r"\x1b\[[0-9;]*[A-Za-z]"))
# Where the notebook itself says what it is; readers get these as fields of the lab anyway.
OWN_METADATA = frozenset({"mlabs", "kernelspec", "language_info"})


@dataclass(frozen=True, eq=False)
class Text:
    """One text. `path` leads to it from the notebook; `whole`: the string there is this text, unchanged."""

    text: str
    where: Where
    path: tuple[str | int, ...]
    cell: int | None = None
    cell_id: str | None = None
    output: int | None = None
    code: bool = False
    whole: bool = True

    @property
    def group(self) -> tuple[object, ...]:
        """What is fixed in one go: a source, an output, one entry of the metadata."""
        if self.where == "output":
            return self.where, self.cell, self.output
        return (self.where, *self.path)


def texts(nb: dict[str, Any]) -> Iterator[Text]:
    """All texts of a notebook of format 4.5: cell by cell, then the notebook's metadata."""
    for n, cell in enumerate(nb["cells"]):
        yield from of_cell(cell, n)
    for key, value in nb["metadata"].items():
        if key == "widgets":
            yield from _widgets(value)
        elif key not in OWN_METADATA:
            yield from _structure({key: value}, "metadata", ("metadata", key))


def of_cell(cell: dict[str, Any], n: int) -> Iterator[Text]:
    """The texts of the cell with the index `n`."""
    about: dict[str, Any] = {"cell": n + 1, "cell_id": cell.get("id")}
    path = ("cells", n)
    is_code = cell["cell_type"] == "code"
    yield Text(_clear(cell["source"]), "source", (*path, "source"), code=is_code, **about)
    for k, output in enumerate(cell.get("outputs", ())):
        yield from _output(output, (*path, "outputs", k), about | {"output": k})
    for name, bundle in cell.get("attachments", {}).items():
        yield from _bundle(bundle, "attachment", (*path, "attachments", name), about)
    for key, value in cell["metadata"].items():
        yield from _structure({key: value}, "metadata", (*path, "metadata", key), about)


def _output(output: dict[str, Any], path: tuple[str | int, ...], about: dict[str, Any]) -> Iterator[Text]:
    for key in ("text", "ename", "evalue"):
        if isinstance(output.get(key), str):
            yield Text(_clear(output[key]), "output", (*path, key), **about)
    for n, line in enumerate(output.get("traceback", ())):
        yield Text(_clear(line), "output", (*path, "traceback", n), **about)
    yield from _bundle(output.get("data", {}), "output", (*path, "data"), about)
    yield from _structure(output.get("metadata", {}), "output", (*path, "metadata"), about)


def _bundle(
    data: dict[str, Any], where: Where, path: tuple[str | int, ...], about: dict[str, Any]
) -> Iterator[Text]:
    for mime, value in data.items():
        if BINARY.match(mime):
            continue
        if isinstance(value, str):
            yield Text(_clear(value), where, (*path, mime), **about)
        else:
            yield from _structure(value, where, (*path, mime), about)


def _structure(
    value: Any, where: Where, path: tuple[str | int, ...], about: dict[str, Any] | None = None
) -> Iterator[Text]:
    """The words of JSON as one text, a line each: `"key": "value"` where it has a key."""
    lines = list(_lines(value))
    if lines:
        yield Text(_clear("\n".join(lines)), where, path, whole=False, **(about or {}))


def _lines(value: Any) -> Iterator[str]:
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        key, found = waiting.pop()
        if isinstance(found, str):
            yield f'"{key}": "{found}"' if key else found
        elif isinstance(found, dict):
            waiting += reversed(found.items())
        elif isinstance(found, list):
            waiting += [(key, each) for each in reversed(found) if isinstance(each, (str, dict, list))]


def _widgets(value: Any) -> Iterator[Text]:
    """Values and descriptions of widgets; ids, layouts and styles are nobody's words.

    A password's widget keeps it in clear text: it is named here as what it is.
    """
    held = value.get(WIDGETS) if isinstance(value, dict) else None
    state = held.get("state") if isinstance(held, dict) else None
    for model, entry in state.items() if isinstance(state, dict) else ():
        inner = entry.get("state") if isinstance(entry, dict) else None
        if not isinstance(inner, dict):
            continue
        secret = "widget password" if inner.get("_model_name") == "PasswordModel" else "value"
        words = {secret: inner.get("value"), "description": inner.get("description")}
        path = ("metadata", "widgets", WIDGETS, "state", model, "state", "value")
        yield from _structure(words, "metadata", path)


def _clear(text: str) -> str:
    """`text` with spaces for what hides words, so that places stay the same."""
    for pattern in HIDDEN:
        text = pattern.sub(lambda found: " " * len(found[0]), text)
    return text
