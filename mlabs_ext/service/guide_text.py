"""One page of the documentation as HTML, with anchors, and with links as they lead here."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")
COMMENT = re.compile(r"\s*<!--.*-->\s*", re.DOTALL)
READ = ("inline", "fence", "code_block")
NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")


class Section(NamedTuple):
    """What stands below one heading, as words; `level` counts from 1."""

    level: int
    title: str
    anchor: str
    text: str


class Text(NamedTuple):
    """A page: its first heading, its HTML, and its sections in order, the page's head first."""

    title: str
    html: str
    sections: list[Section]


def read(source: str, lead: Callable[[str], str | None]) -> Text:
    """Read a page; `lead` says where a link or picture leads from here, None where to nothing."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tokens = parser.parse(source)
    sections = _sections(tokens)
    for token in _all(tokens):
        _redirect(token, lead)
        if token.type in ("html_block", "html_inline"):
            # Notes to those who write it.
            token.content = "" if COMMENT.fullmatch(token.content) else escape(token.content)
    html = parser.renderer.render(tokens, parser.options, {})
    return Text(sections[0].title if sections else "", _boxed(html), sections)


def slug(title: str) -> str:
    """The anchor of a heading, as GitHub names it."""
    return NOT_IN_ANCHORS.sub("", title.lower()).replace(" ", "-")


def _sections(tokens: Sequence[Token]) -> list[Section]:
    """Give every heading its anchor, unlike all before; what follows each, in words."""
    found: list[tuple[Token, str, list[str]]] = []
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            found.append((token, _words(tokens[place + 1]), []))
        elif found and token.type in READ and tokens[place - 1].type != "heading_open":
            found[-1][2].append(_words(token))
    taken: dict[str, int] = {}
    sections = []
    for token, title, texts in found:
        name = slug(title)
        taken[name] = taken.get(name, -1) + 1
        anchor = f"{name}-{taken[name]}" if taken[name] else name
        token.attrSet("id", anchor)
        sections.append(Section(int(token.tag[1]), title, anchor, " ".join(texts)))
    return sections


def _words(token: Token) -> str:
    """What a reader sees of it."""
    if token.children is None:
        return token.content
    return "".join(" " if child.type.endswith("break") else child.content for child in token.children)


def _all(tokens: Sequence[Token]) -> list[Token]:
    return [each for token in tokens for each in (token, *(token.children or ()))]


def _redirect(token: Token, lead: Callable[[str], str | None]) -> None:
    for name in ("href", "src"):
        address: Any = token.attrGet(name)
        if address is None:
            continue
        to = address if ELSEWHERE.match(address) else lead(address)
        if to is None:
            token.attrs.pop(name)
        else:
            token.attrSet(name, to)


def _boxed(html: str) -> str:
    """Let code and tables scroll by themselves in a narrow window, by keys too."""
    opened = html.replace("<pre>", '<pre tabindex="0">')
    opened = opened.replace("<table>", '<div class="guide__table" tabindex="0" role="group"><table>')
    return opened.replace("</table>", "</table></div>")
