"""Puts an expression in the place of a secret that stands in a string of a program."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlabs_ext.guard.matches import Match

LITERAL = re.compile(
    r"""(?P<prefix>(?<![A-Za-z0-9_])[rRbBfFuU]{1,2})?(?:"(?P<double>(?:[^"\\\n]|\\.)*)"|'(?P<single>(?:[^'\\\n]|\\.)*)')"""
)
LONGEST = 4000


@dataclass(frozen=True)
class Literal:
    """A string in a source: where it and its inside are, and how it is written."""

    start: int
    end: int
    inside: int
    quote: str
    prefix: str


def literal_at(match: Match) -> Literal | None:
    """The string of one line that a match stands in; None where it is in none."""
    content = match.text.text
    start, end = line_around(content, match.start, match.end)
    if end - start >= LONGEST or '"""' in content[start:end] or "'''" in content[start:end]:
        return None
    for found in LITERAL.finditer(content, start, end):
        quoted = "double" if found["double"] is not None else "single"
        if found.start(quoted) <= match.start and match.end <= found.end(quoted):
            quote = '"' if quoted == "double" else "'"
            return Literal(*found.span(), found.start(quoted), quote, (found["prefix"] or "").lower())
    return None


def line_around(content: str, start: int, end: int) -> tuple[int, int]:
    """Where the line that holds a place begins and ends; no farther than LONGEST from it."""
    first = max(0, start - LONGEST)
    last = min(len(content), end + LONGEST)
    found = content.find("\n", end, last)
    return max(first, content.rfind("\n", first, start) + 1), last if found < 0 else found


def spliced(match: Match, literal: Literal, expression: str) -> tuple[int, int, str]:
    """From where until where which text is to stand, so that the secret comes from `expression`."""
    content = match.text.text
    before, after = content[literal.inside : match.start], content[match.end : literal.end - 1]
    if "f" in literal.prefix:
        other = "'" if literal.quote == '"' else '"'
        inner = expression.replace('"', other).replace("'", other)
        return match.start, match.end, "{" + inner + "}"
    expression = f"{expression}.encode()" if "b" in literal.prefix else expression
    parts = [
        f"{literal.prefix}{literal.quote}{part}{literal.quote}" if part is not None else expression
        for part in (before or "", None, after or "")
        if part != ""
    ]
    whole = " + ".join(parts)
    return literal.start, literal.end, f"({whole})" if len(parts) > 1 else whole
