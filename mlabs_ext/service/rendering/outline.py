"""The headings of a notebook: each gets an anchor of its own, and the page around the document an outline."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape

from mlabs_ext.service.rendering.model import Heading

# What comes in is clean; the bound keeps a hostile notebook from costing more than it is long.
HEADING = re.compile(r'<h([1-6])((?: [\w-]+="[^"]*")*)>(.{0,4000}?)</h\1>', re.DOTALL)
OWN_ANCHOR = re.compile(r'<a class="anchor"(?: [\w-]+="[^"]*")*>#</a>')
IDENTITY = re.compile(r' id="([^"]*)"')
TAG = re.compile(r'<[^<>"]*(?:"[^"]*"[^<>"]*)*>')
SPACES = re.compile(r"\s+")
MAX_HEADINGS = 300
MAX_TEXT = 200


def slug(text: str) -> str:
    """The anchor of a heading with these words, as JupyterLab names it."""
    return SPACES.sub("-", text.strip())


def anchor(name: str) -> str:
    """The link of a heading to itself."""
    return f'<a class="anchor" href="#{escape(name)}" title="Link to this heading">#</a>'


class Outline:
    """Collects the headings of one notebook; `words` turns what stands for a formula back into its TeX."""

    def __init__(self, words: Callable[[str], str]):
        self.headings: list[Heading] = []
        self._words = words
        self._names: set[str] = set()

    def take(self, html: str) -> str:
        """`html` of a Markdown cell with an anchor at each of its headings, unlike all before."""
        return HEADING.sub(self._anchored, html) if "<h" in html else html

    def _anchored(self, found: re.Match[str]) -> str:
        level, attributes, content = found.groups()
        content = OWN_ANCHOR.sub("", content)
        text = " ".join(unescape(TAG.sub("", self._words(content))).split())[:MAX_TEXT]
        if not text:
            return found[0]
        given = IDENTITY.search(attributes)
        name = self._free(unescape(given[1]) if given and given[1] else slug(text))
        if len(self.headings) < MAX_HEADINGS:
            self.headings.append(Heading(int(level), text, name))
        rest = IDENTITY.sub("", attributes)
        return f'<h{level} id="{escape(name)}"{rest}>{content}{anchor(name)}</h{level}>'

    def _free(self, name: str) -> str:
        """The name, numbered where a heading before has it."""
        wanted, number = name, 2
        while name in self._names:
            name, number = f"{wanted}-{number}", number + 1
        self._names.add(name)
        return name
