"""Where a search found its words: the piece of a lab that has most of them, and where they are in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Literal

from mlabs_ext import wire
from mlabs_ext.service import orm
from mlabs_ext.service.search_text import unpacked
from mlabs_ext.service.words import SIGNS, Term, fold

Place = Literal["title", "tags", "name", "description", "text", "code"]
# Characters of a piece: as many before the first word that was found, and in all.
BEFORE, LENGTH = 60, 200
LETTER = rf"[^\W_{SIGNS}]"
SIGN = re.compile(rf"[{SIGNS}]")
HEADING = re.compile(r"^#{1,6}[ \t]+", re.MULTILINE)
SPACE = re.compile(r"\s+")


def excerpt(lab: orm.Lab, stored: bytes | None, terms: Sequence[Term]) -> wire.Found:
    """The first of the places with the most terms in it, of which the title is the first."""
    best: tuple[Place, str] = "title", lab.title
    most = 0
    for place in _places(lab, stored):
        folded = fold(place[1])
        count = sum(next(_spans(folded, term), None) is not None for term in terms)
        if count > most:
            best, most = place, count
        if most == len(terms):
            break
    where, text = best
    text = HEADING.sub("", text) if where == "text" else text
    text = text if where in ("title", "tags", "name") else _around(text, terms)
    return wire.Found(where, text, marks(text, terms))


def marks(text: str, terms: Iterable[Term]) -> list[tuple[int, int]]:
    """Where the terms are in a text: from a character until before another, in order, without overlaps."""
    folded, origin = _folded(text)
    merged: list[tuple[int, int]] = []
    for start, end in sorted(span for term in terms for span in _spans(folded, term)):
        first, last = origin[start], origin[end - 1] + 1
        if merged and first < merged[-1][1]:
            first, last = merged[-1][0], max(last, merged.pop()[1])
        merged.append((first, last))
    return merged


def _places(lab: orm.Lab, stored: bytes | None) -> Iterator[tuple[Place, str]]:
    """The parts of a lab by name; what has to be unpacked comes when it is needed."""
    yield "title", lab.title
    yield "description", lab.description
    for piece in unpacked(stored):
        yield piece.kind, piece.text
    yield "tags", ", ".join(lab.tags)
    yield "name", f"{lab.owner}/{lab.name}"


def _around(text: str, terms: Sequence[Term]) -> str:
    """What stands around the first term in a text, in whole words."""
    folded, origin = _folded(text)
    firsts = [span[0] for term in terms if (span := next(_spans(folded, term), None))]
    at = origin[min(firsts)] if firsts else 0
    start = max(0, at - BEFORE)
    if start:
        start = min((found.end() for found in SPACE.finditer(text, start, at)), default=start)
    end = start + LENGTH
    if end < len(text):
        end = max((found.start() for found in SPACE.finditer(text, at + 1, end)), default=end)
    piece = SPACE.sub(" ", text[start:end]).strip()
    return f"{'… ' if start else ''}{piece}{' …' if end < len(text) else ''}"


def _folded(text: str) -> tuple[str, Sequence[int]]:
    """A text as words are compared, and for each of its characters the one that it stems from."""
    # An excerpt's own marks of what is left out are in no word.
    plain = text.replace("…", " ")
    if plain.isascii():
        return plain.lower(), range(len(text))
    parts = [_fold_one(character) for character in text]
    return "".join(parts), [index for index, part in enumerate(parts) for _ in part]


@lru_cache(4096)
def _fold_one(character: str) -> str:
    return fold(character)


def _spans(folded: str, term: Term) -> Iterator[tuple[int, int]]:
    """Where a term is. The first word is looked for as plain text, which is fast where it is not."""
    first, pattern = term.words[0], _pattern(term)
    at = folded.find(first)
    while at >= 0:
        hit = pattern.match(folded, at)
        if hit:
            yield hit.span()
        at = folded.find(first, hit.end() if hit else at + 1)


@lru_cache(256)
def _pattern(term: Term) -> re.Pattern[str]:
    """A word ends where no letter follows; one that may go on is marked as far as it goes."""
    words = r"[\W_]*".join(term.words)
    begin = "" if SIGN.match(term.words[0]) else f"(?<!{LETTER})"
    end = "" if SIGN.match(term.words[-1]) else f"{LETTER}*" if term.prefix else f"(?!{LETTER})"
    return re.compile(f"{begin}{words}{end}")
