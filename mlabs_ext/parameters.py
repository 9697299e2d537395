"""A notebook's parameters, by papermill's convention: their defaults, their check, and how they are set."""

from __future__ import annotations

import ast
import json
import keyword
from collections.abc import Mapping
from typing import Any
from unicodedata import normalize

import msgspec
from msgspec import Struct
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from mlabs_ext.errors import Unusable

DEFAULTS, INJECTED = "parameters", "injected-parameters"
MOST, LARGEST, DEEPEST = 100, 64 * 1024, 20
NO_LITERAL = (ValueError, TypeError, SyntaxError, MemoryError, RecursionError, OverflowError)
R_WORDS = {None: "NULL", True: "TRUE", False: "FALSE"}


class Parameter(Struct, frozen=True):
    """A name that the notebook gives a value; `text` is the value as written, `value` what it is in JSON.

    `known` is false where the value is computed.
    """

    name: str
    text: str
    value: Any = None
    known: bool = True


def check(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters, if a notebook can be given them; Unusable `parameters_invalid` otherwise."""
    if len(parameters) > MOST:
        raise _wrong(f"A run has at most {MOST} parameters.")
    for name, value in parameters.items():
        if not name.isidentifier() or keyword.iskeyword(name):
            raise _wrong(f"{name!r:.80} is no name that Python could give a value to.")
        if (plain := normalize("NFKC", name)) != name:
            raise _wrong(f"Python reads {name!r:.80} as {plain!r:.80}: write it so.")
        if _depth(value) > DEEPEST:
            raise _wrong(f"The parameter {name!r:.80} nests deeper than {DEEPEST}.")
    if len(msgspec.json.encode(parameters)) > LARGEST:
        raise _wrong(f"The parameters are larger than {LARGEST // 1024} KB: put them into a file of the lab.")
    if "\\u0000" in json.dumps(parameters):
        raise _wrong("The parameters hold a NUL character.")
    return dict(parameters)


def _wrong(message: str) -> Unusable:
    return Unusable(message, "parameters_invalid", {"field": "parameters"})


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0)


def find(nb: NotebookNode) -> list[Parameter]:
    """What the notebook's cell tagged `parameters` sets, in order; nothing where it is not Python."""
    cell = next((cell for cell in nb.cells if _tagged(cell, DEFAULTS)), None)
    try:
        tree = ast.parse(cell.source) if cell else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = {parameter.name: parameter for node in tree.body for parameter in _set_by(node)} if tree else {}
    return list(found.values())


def _set_by(node: ast.stmt) -> list[Parameter]:
    if isinstance(node, ast.AnnAssign) and node.value:
        targets: list[ast.expr] = [node.target]
    elif isinstance(node, ast.Assign):
        targets = node.targets
    else:
        return []
    assert node.value
    return [_parameter(target.id, node.value) for target in targets if isinstance(target, ast.Name)]


def _parameter(name: str, value: ast.expr) -> Parameter:
    text = ast.unparse(value)
    try:
        plain = _literal(value)
    except NO_LITERAL:
        return Parameter(name, text, known=False)
    return Parameter(name, text, plain)


def read(text: str, default: Any = None) -> Any:
    """What a person means who writes `text` as a value: JSON or a literal of Python's, else these words.

    Where the notebook's own value is text, the words are taken as they are.
    """
    if isinstance(default, str):
        return text
    try:
        return json.loads(text, parse_constant=_no_constant)
    except ValueError:
        pass
    try:
        return _literal(text.strip())
    except NO_LITERAL:
        return text


def _literal(value: str | ast.expr) -> Any:
    """A literal of Python's as JSON has it; raises one of NO_LITERAL for anything else."""
    return msgspec.json.decode(msgspec.json.encode(ast.literal_eval(value)))


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def inject(nb: NotebookNode, parameters: Mapping[str, Any]) -> NotebookNode:
    """Add, in place, the cell that sets the parameters.

    It takes the place of an earlier one, else it follows the defaults, else it comes first.
    """
    if not parameters:
        return nb
    cell = new_code_cell(assignments(parameters, language(nb)), metadata={"tags": [INJECTED]})
    cell.id = _free_id(nb)
    tagged = {tag: at for tag in (DEFAULTS, INJECTED) for at, one in enumerate(nb.cells) if _tagged(one, tag)}
    if INJECTED in tagged:
        nb.cells[tagged[INJECTED]] = cell
    else:
        nb.cells.insert(tagged.get(DEFAULTS, -1) + 1, cell)
    return nb


def language(nb: NotebookNode) -> str:
    """What the notebook's code is written in, "python" where it does not say."""
    spec, info = nb.metadata.get("kernelspec"), nb.metadata.get("language_info")
    said = [each.get(key) for each, key in ((spec, "language"), (info, "name")) if isinstance(each, dict)]
    return next((str(name).lower() for name in said if name), "python")


def assignments(parameters: Mapping[str, Any], language: str = "python") -> str:
    """Code that gives the names their values."""
    sign, value = ("<-", r_value) if language == "r" else ("=", repr)
    return "\n".join(["# Parameters", *(f"{name} {sign} {value(each)}" for name, each in parameters.items())])


def r_value(value: Any) -> str:
    """A JSON value as R writes it."""
    if isinstance(value, bool) or value is None:
        return R_WORDS[value]
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"list({', '.join(map(r_value, value))})"
    if isinstance(value, dict):
        named = (f"{json.dumps(key, ensure_ascii=False)} = {r_value(each)}" for key, each in value.items())
        return f"list({', '.join(named)})"
    return repr(value)


def _tagged(cell: NotebookNode, tag: str) -> bool:
    tags = cell.metadata.get("tags")
    return cell.cell_type == "code" and isinstance(tags, list) and tag in tags


def _free_id(nb: NotebookNode) -> str:
    taken = {cell.get("id") for cell in nb.cells}
    return next(
        name for n in range(len(taken) + 1) if (name := f"{INJECTED}-{n}" if n else INJECTED) not in taken
    )
