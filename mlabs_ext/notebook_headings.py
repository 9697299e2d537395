"""Finds the headings in a cell's Markdown, and their words, in a time that grows with its length alone.

All of a process waits while a regular expression is matched: none here looks at a character again and again.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

FENCE = re.compile(r" {0,3}(```|~~~)")
ATX = re.compile(r" {0,3}(#{1,6})(?=[ \t])")
# Some writers leave the space out.
LOOSE_ATX = re.compile(r"(#{1,6})(?=[^#\s])")
SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*")
HTML_HEADING, HTML_END = (re.compile(rf"<{slash}h([1-6])", re.IGNORECASE) for slash in ("", "/"))
TAG = re.compile(r"<[^<>]*>")
LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])")
EMPHASIS = re.compile(r"(\*{1,3}|_{2,3}|~~|`+)(?=\S)(.+?)(?<=\S)\1")
# What closes an emphasis is looked for from each that opens one, and digits are read as one number.
LONGEST = 1000
BLANK = " \t"


def headings(source: str) -> Iterator[tuple[int, str]]:
    """Level and Markdown of each heading that is not in a block of code."""
    fenced, before = False, ""
    for line in source.splitlines():
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced and (found := _heading(before, line)):
            yield found
        before = "" if fenced else line


def words(markdown: str) -> str:
    """The words of one line of Markdown; of a very long one those at its beginning."""
    text = html.unescape(TAG.sub("", LINK.sub(r"\1", markdown))[:LONGEST])
    for _ in range(3 if text.strip() else 0):
        text = EMPHASIS.sub(r"\2", text)
    return re.sub(r"\\([^\w\s])", r"\1", " ".join(text.split()))


def _heading(before: str, line: str) -> tuple[int, str] | None:
    if found := ATX.match(line):
        return len(found[1]), _unclosed(line[found.end() :])
    if found := LOOSE_ATX.match(line):
        return len(found[1]), line[found.end() :]
    if in_html := _html(line):
        return in_html
    if before.strip() and (found := SETEXT.fullmatch(line)):
        return 1 if found[1][0] == "=" else 2, before
    return None


def _unclosed(text: str) -> str:
    """The heading's words, less the signs that may close it; those of `C#` stand after no space."""
    text = text.strip(BLANK)
    bare = text.rstrip("#")
    return bare.rstrip(BLANK) if not bare or bare[-1] in BLANK else text


def _html(line: str) -> tuple[int, str] | None:
    """The first heading in HTML; where that one does not end, no later one does."""
    opened = HTML_HEADING.search(line)
    begin = line.find(">", opened.end()) + 1 if opened else 0
    ended = HTML_END.search(line, begin) if begin else None
    return (int(opened[1]), line[begin : ended.start()]) if opened and ended else None
