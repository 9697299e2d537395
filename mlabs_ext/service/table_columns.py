"""What a column of a table holds: of which type its values are, how many are missing, how they are spread."""

from __future__ import annotations

import math
import re
from collections import Counter
from datetime import date, datetime

from mlabs_ext.wire.previews import Bar, Column, ColumnType, PreviewProblem

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-", "#n/a", "<na>"})
TRUTHS = frozenset({"true", "false", "yes", "no"})
DISTINCT, SHOWN, BARS = 10_000, 8, 12
# Of so many values the odd ones are told of; with more of them it is a column of texts.
MOSTLY = 0.8
CATEGORIES = 50
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
# Numbers whose thousands are set apart, as in German and in English; 192.168.100.200 is none.
GROUPED = {
    ".": re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+"),
    ",": re.compile(r"[+-]?\d{1,3}(,\d{3})+\.\d+|[+-]?\d{1,3}(,\d{3}){2,}"),
}
THOUSANDS = {".": "thousands_point", ",": "thousands_comma"}
INTEGER = re.compile(r"[+-]?\d{1,18}")


class Values:
    """A column as it comes, value by value."""

    def __init__(self, name: str):
        self.name = name
        self.count = self.missing = self.commas = 0
        self.grouped: Counter[str] = Counter()
        self.integers = self.truths = self.dates = 0
        self.numbers: list[float] = []
        self.odd: list[str] = []
        self.seen: Counter[str] = Counter()

    def add(self, text: str) -> None:
        """One more."""
        self.count += 1
        text = text.strip()
        if text.lower() in MISSING:
            self.missing += 1
            return
        if len(self.seen) < DISTINCT or text in self.seen:
            self.seen[text] += 1
        number = self._number(text)
        if number is not None:
            self.numbers.append(number)
            self.integers += INTEGER.fullmatch(text) is not None
        elif text.lower() in TRUTHS:
            self.truths += 1
        elif _is_date(text):
            self.dates += 1
        elif len(self.odd) < SHOWN:
            self.odd.append(text)

    def _number(self, text: str) -> float | None:
        for mark, written in GROUPED.items():
            if written.fullmatch(text):
                self.grouped[mark] += 1
                text = text.replace(mark, "")
        if DECIMAL_COMMA.fullmatch(text):
            self.commas += 1
            text = text.replace(",", ".")
        try:
            number = float(text)
        except ValueError:
            return None
        return number if math.isfinite(number) and "_" not in text else None

    def finished(self, problems: list[PreviewProblem]) -> Column:
        """The column, and what is wrong with it."""
        there = self.count - self.missing
        kind = self._type(there)
        column = Column(self.name, kind, self.missing, len(self.seen))
        if kind in ("integer", "number", "mixed") and self.numbers:
            column.low, column.high = min(self.numbers), max(self.numbers)
            column.mean = math.fsum(self.numbers) / len(self.numbers)
        if kind in ("integer", "number") and len(self.seen) > BARS:
            column.bars = histogram(self.numbers)
        elif kind != "empty":
            column.bars = [Bar(text[:60], count) for text, count in self.seen.most_common(BARS)]
        problems += self._problems(kind, there)
        return column

    def _type(self, there: int) -> ColumnType:
        if not there:
            return "empty"
        if len(self.numbers) == there:
            return "integer" if self.integers == there else "number"
        if self.truths == there:
            return "boolean"
        if self.dates == there:
            return "date"
        if len(self.numbers) >= MOSTLY * there:
            return "mixed"
        # What repeats itself names kinds of things.
        return "category" if len(self.seen) <= max(2, min(CATEGORIES, there // 2)) else "text"

    def _problems(self, kind: ColumnType, there: int) -> list[PreviewProblem]:
        found = []
        if kind == "empty":
            found.append(("empty", "has no values at all: leave it out."))
        if kind == "mixed":
            odd = there - len(self.numbers)
            example = f", such as {self.odd[0]!r:.60}" if self.odd else ""
            found.append(
                (
                    "mixed",
                    f"holds numbers, but in {odd} of {there} rows something else{example}: mend these rows.",
                )
            )
        if self.commas and self.commas >= len(self.numbers) / 2:
            found.append(("decimal_comma", "has decimal commas: read it with decimal=','."))
        mark = "." if self.grouped["."] >= self.grouped[","] else ","
        if self.grouped[mark]:
            found.append(
                (THOUSANDS[mark], f"has marks between thousands: read it with thousands={mark!r}."),
            )
        if kind != "empty" and len(self.seen) == 1 and there > 1:
            found.append(("constant", "has the same value in every row: nothing can be learned from it."))
        if there and self.missing > self.count / 2:
            found.append(("missing", f"is missing in {self.missing} of {self.count} rows."))
        return [
            PreviewProblem(code, f"The column {self.name!r:.80} {said}", self.name) for code, said in found
        ]


def histogram(numbers: list[float]) -> list[Bar]:
    """How numbers are spread, in steps of equal width."""
    low, high = min(numbers), max(numbers)
    width = (high - low) / BARS or 1.0
    if not math.isfinite(width):
        return []
    counts = [0] * BARS
    for number in numbers:
        counts[min(BARS - 1, int((number - low) / width))] += 1
    edges = [low + width * n for n in range(BARS)] + [high]
    pairs = zip(edges, edges[1:], counts, strict=False)
    return [Bar(f"{start:.4g} to {end:.4g}", count, start, end) for start, end, count in pairs]


def _is_date(text: str) -> bool:
    if not (8 <= len(text) <= 40 and text[:4].isdigit()):
        return False
    for kind in (date, datetime):
        try:
            kind.fromisoformat(text)
            return True
        except ValueError:
            continue
    return False
