"""What of a lab is searched: what is said about it, and the Markdown and code of its latest version."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

import msgspec
from nbformat import NotebookNode

from mlabs_ext.service import orm
from mlabs_ext.service.words import words

# Characters of a notebook that are searched; what follows is not.
LIMIT = 100_000
# Pictures and models that are pasted into a cell: nobody looks for their letters.
# Each run of them is looked at once.
PASTED = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/=_-]{200,}")
# Long cells are kept in parts, of which only one has to be looked into for what was found in it.
PART = re.compile(r"(?s)\S.{0,2999}(?=\s|$)|\S{3000}")

Kind = Literal["text", "code"]


class Piece(msgspec.Struct, array_like=True):
    """The source of one cell, or a part of a long one."""

    kind: Kind
    text: str


class Entry(NamedTuple):
    """A lab as the index takes it, each part in words; `facets` are what labs are filtered by."""

    facets: list[str]
    head: list[str]
    body: list[str]


def pieces(nb: NotebookNode) -> list[Piece]:
    """The sources of a notebook's cells up to the limit; outputs are not among them."""
    found: list[Piece] = []
    left = LIMIT
    for cell in nb.cells:
        source = PASTED.sub(" ", cell.source)[:left].strip()
        left -= len(source)
        kind: Kind = "code" if cell.cell_type == "code" else "text"
        found += (Piece(kind, part) for part in PART.findall(source))
    return found


def packed(found: list[Piece]) -> bytes:
    """Pieces as they are stored."""
    return zlib.compress(msgspec.msgpack.encode(found))


def unpacked(stored: bytes | None) -> list[Piece]:
    """The pieces that were stored, none where there is nothing yet."""
    return msgspec.msgpack.decode(zlib.decompress(stored), type=list[Piece]) if stored else []


def entry(lab: orm.Lab, stored: bytes | None) -> Entry:
    """What the index is to know of a lab with this text."""
    head = " ".join((lab.title, lab.owner, lab.name, *lab.tags))
    body = [
        word
        for text in (lab.description, *(piece.text for piece in unpacked(stored)))
        for word in words(text)
    ]
    return Entry(facets_of(lab), words(head), body)


def facets_of(lab: orm.Lab) -> list[str]:
    """What the lab can be filtered by; that everybody may find it, as `orm.LISTED` says, is one of them."""
    public = lab.visibility == "public" and lab.version > 0 and lab.deleted is None
    listed = ["listed"] if public and lab.taken_down is None else []
    said = {"owner": lab.owner, "environment": lab.environment, "accelerator": lab.accelerator}
    tags = [facet("tag", tag) for tag in lab.tags]
    return [*listed, *(facet(kind, value) for kind, value in said.items()), *tags]


def facet(kind: str, value: str) -> str:
    """A filter as one word, whatever characters its value has."""
    return f"{kind}{hashlib.blake2b(value.encode(), digest_size=8).hexdigest()}"


def facets_for(filters: Mapping[str, str | None], listed: bool) -> list[str]:
    """The facets of the labs that are asked for."""
    wanted: Iterable[str] = (facet(kind, value) for kind, value in filters.items() if value)
    return [*(["listed"] if listed else []), *wanted]
