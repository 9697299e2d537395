"""How a table in a text file is to be read: encoding, separator and header, guessed from its beginning."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from mlabs_ext.wire.previews import PreviewProblem

SAMPLE = 256 * 1024
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
LINES = 50
FIELD_MAX = 1024 * 1024
ROW_MAX = 4 * FIELD_MAX
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
WESTERN = "cp1252"
# Š, š, Ž, ž and others that Central European languages can hardly do without, and Western ones can.
CARONS = frozenset(b"\x8a\x8d\x8e\x8f\x9a\x9d\x9e\x9f")
NUMBER = re.compile(r"[+-]?(\d[\d_ ]*)?([.,]\d+)?([eE][+-]?\d+)?%?")


class Reading(NamedTuple):
    """How to read it."""

    encoding: str
    separator: str
    header: bool


class Lines:
    """The lines of a file; csv.Error where those of one row are too long to be held."""

    def __init__(self, file: TextIO):
        self._file = file
        self.of_row = 0

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self._file.readline(ROW_MAX + 1)
        if not line:
            raise StopIteration
        self.of_row += len(line)
        if self.of_row > ROW_MAX:
            raise csv.Error(f"a row has over {ROW_MAX:,} characters")
        return line


def sample_of(file: Path) -> bytes:
    """The beginning, until before a line that is cut."""
    with file.open("rb") as opened:
        data = opened.read(SAMPLE)
    return data if len(data) < SAMPLE else data[: data.rfind(b"\n") + 1] or data


def is_binary(sample: bytes) -> bool:
    """Whether it is no text at all."""
    return not any(map(sample.startswith, BOMS)) and b"\0" in sample


def guessed(sample: bytes, name: str, problems: list[PreviewProblem]) -> Reading:
    """How to read what begins like this."""
    encoding = _encoding(sample, problems)
    text = sample.decode(encoding, "replace").removeprefix("\ufeff")
    separator = _separator(text, name)
    if separator != ("\t" if name.lower().endswith(".tsv") else ","):
        problems.append(
            PreviewProblem(
                "separator",
                f"The columns are separated by a {SEPARATORS[separator]}: give it to what reads the file, as "
                f"pandas.read_csv(…, sep={separator!r}).",
            )
        )
    rows = [row for row in _rows(text, separator) if row]
    return Reading(encoding, separator, _has_header(rows))


def _encoding(sample: bytes, problems: list[PreviewProblem]) -> str:
    for bom, encoding in BOMS.items():
        if sample.startswith(bom):
            if encoding != "utf-8-sig":
                problems.append(_encoded("UTF-16", encoding))
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
        return "utf-8"
    except UnicodeDecodeError:
        encoding = _older(sample[: SAMPLE // 4])
        problems.append(_encoded(encoding, encoding))
        return encoding


def _older(sample: bytes) -> str:
    """Which of the encodings before Unicode; Western Europe's where the bytes allow that as well."""
    # Slow to load, and needed for these alone.
    from charset_normalizer import from_bytes

    found = from_bytes(sample)
    best = found.best()
    if best is None or WESTERN in best.could_be_from_charset:
        return WESTERN
    western = next((one for one in found if one.encoding == WESTERN), None)
    if best.encoding != "cp1250" or western is None or CARONS.intersection(sample):
        return best.encoding
    alike = (western.chaos, western.coherence) == (best.chaos, best.coherence)
    return WESTERN if alike else best.encoding


def _encoded(shown: str, encoding: str) -> PreviewProblem:
    return PreviewProblem(
        "encoding",
        f"The text is not in UTF-8, but seems to be in {shown}: save it as UTF-8, or read it with "
        f"encoding={encoding!r}.",
    )


def _separator(text: str, name: str) -> str:
    """What divides the lines into most columns of which nearly all lines have as many."""
    best, found = ",", (0.0, 0)
    for separator in SEPARATORS:
        counts = Counter(len(row) for row in _rows(text, separator) if row)
        if not counts:
            continue
        width, times = counts.most_common(1)[0]
        score = (times / counts.total() if width > 1 else 0.0, width)
        if score > found:
            best, found = separator, score
    return best if found[1] else ("\t" if name.lower().endswith(".tsv") else ",")


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    csv.field_size_limit(FIELD_MAX)
    try:
        for count, row in enumerate(csv.reader(text.splitlines(keepends=True), delimiter=separator)):
            if count >= LINES:
                return
            yield row
    except csv.Error:
        return


def _has_header(rows: list[list[str]]) -> bool:
    """Whether the first line names the columns: no numbers in it, no two alike, and there are others."""
    if not rows:
        return False
    first = [cell.strip() for cell in rows[0]]
    named = all(first) and len(set(first)) == len(first)
    if any(is_number(cell) for cell in first):
        return False
    return named or any(is_number(cell.strip()) for row in rows[1:] for cell in row)


def is_number(text: str) -> bool:
    """Whether it is written like a number, also with a decimal comma."""
    return bool(text) and NUMBER.fullmatch(text) is not None and any(c.isdigit() for c in text)
