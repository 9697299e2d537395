"""The documentation, read where it is needed: every page of `docs/`, as its table of contents has them."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

from mlabs_ext.errors import NotFound
from mlabs_ext.installed import shared
from mlabs_ext.service import guide_text
from mlabs_ext.service.guide_text import Section, Text
from mlabs_ext.service.words import words

CONTENTS = "docs/contents.toml"
PICTURES = "screenshots/"
# What stands there is here the page of the contents.
README = "../README.md"
# The words around what was found.
EXCERPT = 160
MOST_FOUND = 30
HEADING = re.compile(r"^# (.+)$", re.MULTILINE)


class Entry(NamedTuple):
    """A page, as the contents name it."""

    name: str
    title: str
    href: str


class Group(NamedTuple):
    """Pages for the same people."""

    title: str
    about: str
    entries: list[Entry]


class Found(NamedTuple):
    """A section that has all words of a search."""

    page: str
    title: str
    href: str
    excerpt: str


class Guides:
    """Pages of the documentation; `base` is where they are served, with a slash at its end."""

    def __init__(self, base: str, contents: Path | None = None):
        self.base, self._contents = base, contents
        self._texts: dict[str, Text] = {}

    @cached_property
    def folder(self) -> Path:
        """Where they are; looked for by whoever reads first, and not by each start of the service."""
        return (self._contents or shared(CONTENTS)).parent

    @cached_property
    def _table(self) -> list[dict[str, Any]]:
        return tomllib.loads((self.folder / "contents.toml").read_text(encoding="utf-8"))["group"]

    @cached_property
    def files(self) -> dict[str, str]:
        """Each page's file, below the folder, by the name that it has in its address."""
        return {name: file for group in self._table for name, file in group["pages"].items()}

    @property
    def pictures(self) -> Path:
        """The folder of the pictures."""
        return self.folder / PICTURES

    def contents(self) -> list[Group]:
        """All pages, by whom they are for."""
        return [
            Group(group["title"], group["about"], [self._entry(name) for name in group["pages"]])
            for group in self._table
        ]

    def get(self, name: str) -> Text:
        """A page; raises NotFound."""
        if name not in self.files:
            raise NotFound("There is no such page. All are in the contents of the documentation.")
        if name not in self._texts:
            file = self.files[name]
            source = (self.folder / file).read_text(encoding="utf-8")
            self._texts[name] = guide_text.read(source, partial(self._lead, file))
        return self._texts[name]

    def search(self, query: str) -> list[Found]:
        """Sections with all words of the query, each by its beginning: headings first, then phrases."""
        phrase = " ".join(words(query))
        asked = set(words(query))
        ranked = []
        for name, page, section in self._sections() if asked else ():
            heading = f"{page.title} {section.title}"
            missing = _missing(asked, heading)
            if not _missing(missing, section.text):
                found = Found(page.title, section.title, self._href(name, section), _excerpt(section, asked))
                apart = phrase not in " ".join(words(section.text))
                ranked.append((bool(missing), apart, found))
        return [found for *_, found in sorted(ranked, key=lambda one: one[:2])][:MOST_FOUND]

    def _sections(self) -> Iterator[tuple[str, Text, Section]]:
        for name in self.files:
            page = self.get(name)
            yield from ((name, page, section) for section in page.sections)

    def _href(self, name: str, section: Section) -> str:
        return f"{self.base}{name}" + (f"#{section.anchor}" if section.level > 1 else "")

    def _entry(self, name: str) -> Entry:
        # All of a page is read only for who opens it, or searches.
        head = HEADING.search((self.folder / self.files[name]).read_text(encoding="utf-8"))
        return Entry(name, head[1] if head else name, f"{self.base}{name}")

    def _lead(self, file: str, address: str) -> str | None:
        """Where a link in a file leads: to another page, or to a picture; to no other file of the project."""
        path, hash_, anchor = address.partition("#")
        if not path:
            return address
        meant = os.path.normpath(Path(file).parent / path)
        if meant.startswith(PICTURES):
            return f"{self.base}{meant}"
        if meant == README:
            return self.base
        name = next((name for name, known in self.files.items() if known == meant), None)
        return f"{self.base}{name}{hash_}{anchor}" if name else None


def _missing(asked: set[str], text: str) -> set[str]:
    """Those words with which no word of the text begins."""
    there = set(words(text)) if asked else set()
    return {word for word in asked if not any(one.startswith(word) for one in there)}


def _excerpt(section: Section, asked: set[str]) -> str:
    """The words around the first that was asked for."""
    text = " ".join(section.text.split())
    place = min((at for word in asked if (at := text.lower().find(word)) >= 0), default=0)
    start = max(0, place - EXCERPT // 3)
    start = text.rfind(" ", 0, start) + 1 if start else 0
    end = len(text) if start + EXCERPT >= len(text) else text.rfind(" ", start + 1, start + EXCERPT)
    return f"{'…' if start else ''}{text[start : max(end, start + 1)]}{'…' if end < len(text) else ''}"
