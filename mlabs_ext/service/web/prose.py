"""Takes what people write apart: paragraphs, code in backticks and addresses. Nothing of it is ever HTML."""

from __future__ import annotations

import re
from typing import NamedTuple

FENCE = re.compile(r"^```[\w+-]*[ \t]*\n(.*?)(?:\n```[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
PIECES = re.compile(r"`([^`\n]+)`|\b(https?://[^\s<>\"'`]+)")
# What ends a sentence rather than an address; a bracket as well, unless the address opened it.
TRAILING = ".,:;!?*_~"


class Piece(NamedTuple):
    """A bit of a paragraph; `kind` is `text`, `code` or `link`."""

    kind: str
    text: str


class Block(NamedTuple):
    """A paragraph of pieces, or lines of code."""

    code: bool
    pieces: list[Piece]


def blocks(text: str) -> list[Block]:
    """The paragraphs of a text and the code between its fences, in order."""
    found: list[Block] = []
    at = 0
    for fence in FENCE.finditer(text):
        found += _paragraphs(text[at : fence.start()])
        found.append(Block(True, [Piece("text", fence[1])]))
        at = fence.end()
    return found + _paragraphs(text[at:])


def _paragraphs(text: str) -> list[Block]:
    parts = re.split(r"\n[ \t]*\n", text)
    return [Block(False, _pieces(part.strip("\n"))) for part in parts if part.strip()]


def _pieces(text: str) -> list[Piece]:
    found: list[Piece] = []
    at = 0
    for match in PIECES.finditer(text):
        code, link = match.groups()
        piece = Piece("code", code) if code is not None else Piece("link", _address(link))
        end = match.end() if code is not None else match.start() + len(piece.text)
        found += [Piece("text", text[at : match.start()]), piece]
        at = end
    found.append(Piece("text", text[at:]))
    return [piece for piece in found if piece.text]


def _address(link: str) -> str:
    """An address without what belongs to the sentence around it."""
    end, unopened = len(link), link.count(")") - link.count("(")
    while end and (link[end - 1] in TRAILING or (link[end - 1] == ")" and unopened > 0)):
        end -= 1
        unopened -= link[end] == ")"
    return link[:end]
