"""What counts as a word when labs are searched: the same in what is indexed as in what is asked."""

from __future__ import annotations

import re
from typing import NamedTuple
from unicodedata import normalize

MAX_QUERY, MAX_TERMS, MAX_WORD = 1000, 20, 64
# Scripts that put no space between words: each sign is a word, and a word of them a phrase.
SIGNS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
WORD = re.compile(rf"[{SIGNS}]|(?:(?![{SIGNS}])[^\W_])+")
ASCII_WORD = re.compile(r"[a-z0-9]+")
ACCENTS = re.compile("[\u0300-\u036f]")
QUOTES = str.maketrans("“”„«»", '"""""')
ASKED = re.compile(r'"([^"]*)"|([^\s"]+)')


class Term(NamedTuple):
    """Words that follow each other; with `prefix` the last one may go on."""

    words: tuple[str, ...]
    prefix: bool = False


def fold(text: str) -> str:
    """`text` without what does not tell words apart: case, accents, and how a letter is encoded."""
    if text.isascii():
        return text.lower()
    return normalize("NFKC", ACCENTS.sub("", normalize("NFKD", text)).casefold())


def words(text: str) -> list[str]:
    """The words of a text, in order. `learning_rate` has two, and so has `torch.nn`."""
    folded = fold(text)
    found = (ASCII_WORD if folded.isascii() else WORD).findall(folded)
    return [word[:MAX_WORD] for word in found]


def terms(query: str) -> list[Term]:
    """What a person asks for: words by their beginning, and quoted phrases as they are.

    A word of one letter is meant whole: what begins with it would be nearly everything.
    """
    found: dict[Term, None] = {}
    for quoted, plain in ASKED.findall(query[:MAX_QUERY].translate(QUOTES)):
        if some := tuple(words(quoted or plain)):
            found[Term(some, prefix=not quoted and len(some[-1]) > 1)] = None
    return list(found)[:MAX_TERMS]
