"""Turns a page of the service into one that needs no server: links, policy, and nothing that is dead."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from html import escape
from html.parser import HTMLParser
from typing import Literal
from urllib.parse import unquote

from mlabs_ext.export.links import Fate, Link, Links

VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
# Only scripts that talk to the service look at these.
LIVE = frozenset(("data-run", "data-run-status", "data-live", "data-since", "data-news", "data-news-read"))
# What is live at the service is not so in a copy.
LIVE_MARK = "live"
SOURCES = {"img": "src", "script": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
# Links that ask for something to be done leave nothing behind where nothing can be done.
ASKING = re.compile(r"\b(button|top__link)\b")
# What a policy in a page may not say.
HEADER_ONLY = ("frame-ancestors", "sandbox", "report-uri", "report-to")

Attributes = dict[str, str | None]


def policy(header: str) -> str:
    """A response's Content-Security-Policy as a page can carry it."""
    parts = (part.strip() for part in header.split(";"))
    return "; ".join(part for part in parts if part and not part.startswith(HEADER_ONLY))


class Page(HTMLParser):
    """Reads a page and writes another one: `text()`; `needs` has what else must be there.

    `header` is the Content-Security-Policy that it came with, `notice` stands above what it shows.
    An element with `data-server` is left out: it says what only a server can know or do. With
    `data-server="around"` its content stays.
    """

    def __init__(self, links: Links, header: str, notice: str = "", **root: str):
        super().__init__(convert_charrefs=False)
        self.links, self.notice, self.root = links, notice, root
        # Nobody can have written it: it is another one every time, until the nonce takes its place.
        self.nonce = secrets.token_urlsafe(16)
        self.policy = re.sub(r"'nonce-[\w-]+'", f"'nonce-{self.nonce}'", policy(header))
        self.needs: dict[str, str] = {}
        self._out: list[str] = []
        self._skipped: list[str] = []
        self._bare: dict[str, list[str]] = {}

    def text(self, source: str) -> bytes:
        """The page. Its nonce is a digest of all the rest of it: nobody can have written that before."""
        self.feed(source)
        self.close()
        # What is left of addresses in texts, such as citations, has no beginning where none is known.
        said = "".join(self._out)
        made = (said if self.links.origin else said.replace(self.links.base, "")).encode()
        rest = hashlib.sha256(made.replace(self.nonce.encode(), b""))
        return made.replace(self.nonce.encode(), base64.urlsafe_b64encode(rest.digest()).rstrip(b"="))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write the tag as it is to be, or leave the element out."""
        if self._skipped:
            if tag == self._skipped[-1] and tag not in VOID:
                self._skipped.append(tag)
            return
        given = {name: value for name, value in attrs if name not in LIVE}
        made = self._made(tag, dict(given))
        if made is None:
            if tag not in VOID:
                self._skipped.append(tag)
            return
        if tag == "main" and made.get("id") == "main":
            self._out.append(self.notice)
        name = made.pop("", None) or tag
        if tag not in VOID and (tag in self._bare or name != tag):
            self._bare.setdefault(tag, []).append(name)
        same = name == tag and made == dict(attrs)
        self._out.append(self.get_starttag_text() or "" if same else _tag(name, made))
        if tag == "meta" and "charset" in made:
            self._out.append(_tag("meta", {"http-equiv": "Content-Security-Policy", "content": self.policy}))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Parts of drawings, which close themselves."""
        if tag in VOID:
            self.handle_starttag(tag, attrs)
        elif not self._skipped:
            self._out.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened."""
        if self._skipped:
            if tag == self._skipped[-1]:
                self._skipped.pop()
            return
        opened = self._bare.get(tag)
        self._out.append(f"</{opened.pop() if opened else tag}>")

    def handle_data(self, data: str) -> None:
        """Text, and what scripts say."""
        self._keep(data)

    def handle_entityref(self, name: str) -> None:
        """A character by its name."""
        self._keep(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """A character by its number."""
        self._keep(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        """The kind of document."""
        self._keep(f"<!{decl}>")

    def _keep(self, text: str) -> None:
        if not self._skipped:
            self._out.append(text)

    def _made(self, tag: str, attrs: Attributes) -> Attributes | None:
        """The tag's attributes, under "" another name for it; None to leave the element out."""
        if attrs.get("class") == LIVE_MARK:
            return None
        if "data-server" in attrs:
            return {"": "div", "class": attrs.get("class", "")} if attrs["data-server"] == "around" else None
        if tag == "html":
            return attrs | {f"data-{name}": value for name, value in self.root.items()}
        if tag == "form":
            return self._form(attrs)
        if tag in ("link", "meta"):
            return self._head(tag, attrs)
        if "nonce" in attrs:
            attrs["nonce"] = self.nonce
        if tag == "a" and attrs.get("href") is not None:
            return self._anchor(attrs)
        if tag in SOURCES and attrs.get(SOURCES[tag]) is not None:
            return self._source(tag, attrs)
        others = {name: self._other(name, value) for name, value in attrs.items()}
        return {name: value for name, value in others.items() if value is not False}

    def _form(self, attrs: Attributes) -> Attributes | None:
        """A search goes on where the export can answer; everything else that is sent needs the service."""
        if (attrs.get("method") or "get").lower() != "get" or not self.links.scope.explore:
            return None
        link = self.links.of(attrs.get("action") or "")
        here = self._take(link) and link.needs is not None and link.needs[0] == ""
        return attrs | {"action": link.to} if here else None

    def _anchor(self, attrs: Attributes) -> Attributes | None:
        href = attrs["href"] or ""
        link = self.links.of(href)
        if self._take(link):
            made = attrs | {"href": link.to}
            return made | {"download": unquote(href.rpartition("/")[2])} if _renamed(href, link) else made
        if link.fate is Fate.GONE or ASKING.search(attrs.get("class") or ""):
            return None
        return {"": "span", **{name: attrs[name] for name in ("class", "title") if name in attrs}}

    def _source(self, tag: str, attrs: Attributes) -> Attributes | None:
        name = SOURCES[tag]
        address = attrs[name] or ""
        if "data-document" in attrs:
            # They may come from a host of their own, and are at the site's as well.
            address = re.sub(r"^.*/(?=render/@)", self.links.base, address)
        link = (self.links.picture if tag == "img" else self.links.of)(address)
        shown = self._take(link) and not (tag == "img" and _renamed(address, link))
        return attrs | {name: link.to} if shown else None

    def _head(self, tag: str, attrs: Attributes) -> Attributes | None:
        """What a page says of itself: at the original site, if it is known; its styles and icons are here."""
        name = "href" if tag == "link" else "content"
        value = attrs.get(name) or ""
        about_itself = attrs.get("rel") == "canonical" or (attrs.get("property") or "").startswith("og:")
        address = self.links.inside(value)
        if about_itself and address is not None:
            link = self.links.original(address)
        elif tag == "link":
            link = self.links.of(value)
        else:
            return attrs
        return attrs | {name: link.to} if self._take(link) else None

    def _other(self, name: str, value: str | None) -> str | Literal[False] | None:
        """Another attribute; an address of the service in it is one of the export, or the attribute goes."""
        path = "/" + self.links.base.split("/", 3)[3]
        if not (name.startswith("data-") and value and value.startswith((path, self.links.base))):
            return value
        link = self.links.of(value)
        return link.to if link.needs and self._take(link) else False

    def _take(self, link: Link) -> bool:
        if link.needs:
            self.needs[link.needs[0]] = link.needs[1]
        return link.fate is Fate.KEPT


def _renamed(address: str, link: Link) -> bool:
    """Whether a file has another ending than at the service."""
    return link.needs is not None and link.needs[1].endswith(".bin") and not address.endswith(".bin")


def _tag(name: str, attrs: Attributes) -> str:
    said = "".join(
        f" {key}" if value is None else f' {key}="{quoted(value)}"' for key, value in attrs.items()
    )
    return f"<{name}{said}>"


def quoted(value: str) -> str:
    """A value as it stands between double quotes."""
    return escape(value).replace("&#x27;", "'")
