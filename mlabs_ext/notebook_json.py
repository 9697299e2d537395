"""Reads JSON as strictly as hostile input demands, and says what is wrong and where."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Container, Iterator
from typing import Any

from mlabs_ext.errors import BadInput
from mlabs_ext.notebook_changes import note

# Notebooks are walked recursively by many libraries; real ones nest less than 20 deep.
MAX_DEPTH = 100
MAX_DIGITS = 400
# Characters of a key that a place is told by.
NAMED = 60
KINDS = {
    dict: "an object", list: "a list", str: "text", bool: "true or false",
    int: "a number", float: "a number", type(None): "null",
}  # fmt: skip
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def invalid(reason: str) -> BadInput:
    """The one error for a notebook that cannot be read."""
    return BadInput(
        f"This is not a notebook that can be read: {reason}", "notebook_invalid", {"reason": reason}
    )


def load(data: bytes) -> Any:
    """Parse JSON bytes; raise BadInput for everything that not every JSON reader would read alike."""
    text = _text(data)
    try:
        root = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except json.JSONDecodeError as error:
        raise invalid(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from error
    except RecursionError as error:
        raise invalid(f"it nests deeper than {MAX_DEPTH} levels.") from error
    check_depth(root)
    if SURROGATE.search(text):
        _check_surrogates(root)
    return root


def check_depth(root: Any) -> None:
    """Raise BadInput where `root` nests deeper than MAX_DEPTH."""
    level, depth = [root], 0
    while level:
        if depth > MAX_DEPTH:
            raise invalid(f"it nests deeper than {MAX_DEPTH} levels.")
        level = [child for node in level for child in _children(node) if isinstance(child, (dict, list))]
        depth += 1


def expect(value: Any, kind: type, where: str) -> Any:
    """Return `value` if it is of this `kind`; raise BadInput otherwise."""
    if not isinstance(value, kind):
        raise invalid(f"{where} must be {KINDS[kind]}, not {KINDS.get(type(value), 'an object')}.")
    return value


def kind_in(holder: dict[str, Any], key: str, known: Container[str], where: str) -> str:
    """The text at `key`, which must be one of `known`."""
    kind = holder.get(key)
    if not isinstance(kind, str) or kind not in known:
        raise invalid(f"{where} has the unknown type {json.dumps(kind)[:40]}.")
    return kind


def object_in(holder: dict[str, Any], key: str, where: str) -> dict[str, Any]:
    """The object at `key`, an empty one where it is absent or null."""
    if holder.get(key) is None:
        note("completed", key)
        holder[key] = {}
    return expect(holder[key], dict, f"{key} of {where}")


def joined(text: Any, where: str, between: str = "") -> str:
    """The text that JSON holds as one string or as a list of lines."""
    if text is None:
        return ""
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        # Old writers split lines with their ends, or without.
        return ("" if not between or (text and text[0].endswith(("\n", "\r"))) else between).join(text)
    return expect(text, str, where)


def _text(data: bytes) -> str:
    if not data.strip():
        raise invalid("the file is empty.")
    if data.startswith(b"\xef\xbb\xbf"):
        raise invalid("it starts with a byte order mark; save it as UTF-8 without one.")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise invalid(f"byte {error.start} is not UTF-8.") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise invalid(f"the key {key!r:.80} stands twice in one object.")
            seen.add(key)
    return found


def _constant(name: str) -> None:
    raise invalid(f"{name} is not a JSON number.")


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise invalid(f"the number {digits:.40} is too large.")
    return number


def _int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise invalid(f"an integer of {len(digits)} digits, starting with {digits:.20}, is too large.")
    return int(digits)


def _children(node: Any) -> Any:
    return node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()


def _check_surrogates(root: Any) -> None:
    for where, text in _strings(root, ""):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise invalid(f"half of a surrogate pair in {where or 'the root'}.") from error


def _strings(node: Any, where: str) -> Iterator[tuple[str, str]]:
    """Every text below `node`, keys included, with its place such as `cells[3].source[0]`."""
    if isinstance(node, str):
        yield where, node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield f"a key of {where or 'the root'}", key
            # All that is below a key is told of by it, however long it is.
            yield from _strings(value, f"{where}.{key[:NAMED]}".lstrip("."))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _strings(value, f"{where}[{index}]")
