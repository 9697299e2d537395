"""oEmbed 1.0: what makes the link to a lab an embed wherever a link is pasted, https://oembed.com."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from xml.etree import ElementTree  # nosec B405 - it only writes

from mlabs_ext import snippets
from mlabs_ext.errors import BadInput, NotFound
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.failures import Failure
from mlabs_ext.service.web.formats import segment
from mlabs_ext.service.web.pages.base import site_of
from mlabs_ext.service.web.pages.embed import shown_by
from mlabs_ext.service.web.pages.embed_options import RULES, Options
from mlabs_ext.service.web.pages.snippets import chosen
from mlabs_ext.wire import Lab

WIDTH = 720
LARGEST = 10**9
# Seconds for which others may show what they were told; a lab may be made private in between.
FRESH = 60
TYPES = {"json": "application/json", "xml": "text/xml; charset=utf-8"}
LAB = r"@(?P<owner>[^/]+)/(?P<name>[a-z0-9-]{1,60})"
PAGE = re.compile(rf"{LAB}(?:/v/(?P<v>{RULES['v'].pattern})|/runs/(?P<run>{RULES['run'].pattern}))?/?")
EMBED = re.compile(rf"embed/{LAB}")
# What XML 1.0 cannot hold, escaped or not.
UNSPEAKABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class OEmbed(BaseHandler):
    """`BASE/oembed`."""

    reads_cookies = False

    def set_default_headers(self) -> None:
        """Let pages of other sites read the answer, errors as well."""
        super().set_default_headers()
        self.set_header("Access-Control-Allow-Origin", "*")
        self.set_header("Cross-Origin-Resource-Policy", "cross-origin")

    async def get(self) -> None:
        """Say how to embed what is at `url`."""
        format_ = self.get_query_argument("format", "json")
        if format_ not in TYPES:
            self.write_failure(Failure(501, "format_unknown", "`format` is json or xml."))
            return
        width = min(WIDTH, self.number("maxwidth", WIDTH, 1, LARGEST))
        height = min(snippets.HEIGHT, self.number("maxheight", snippets.HEIGHT, 1, LARGEST))
        owner, name, options = place(self.get_query_argument("url", ""), self.homes())
        lab, _, _ = await shown_by(self, owner, name, options)
        said = answer(lab, site_of(self), options, width, height)
        self.set_header("Content-Type", TYPES[format_])
        self.set_header("Cache-Control", f"public, max-age={FRESH}")
        self.finish(as_xml(said) if format_ == "xml" else said)

    def homes(self) -> set[str]:
        """This service as addresses may name it, without a scheme."""
        return {home(urlsplit(site_of(self))), f"{self.request.host}{self.app.base_url}"}


def home(address: SplitResult) -> str:
    """Host and path of an address, without the ports that go without saying."""
    return re.sub(r":(80|443)$", "", address.netloc.lower()) + address.path


def place(url: str, homes: set[str]) -> tuple[str, str, Options]:
    """The lab, by owner and name, and what of it an address shows; BadInput where it is none."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise BadInput(f"`url` is no address: {error}.", "url_invalid") from error
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise BadInput("`url` is the whole address of a lab, with https://.", "url_invalid")
    at = home(parts)
    below = next((at.removeprefix(one) for one in homes if at.startswith(one)), "")
    if found := EMBED.fullmatch(below):
        query = parse_qs(parts.query)
        return unquote(found["owner"]), found["name"], Options.read(lambda name: query.get(name, [""])[-1])
    if found := PAGE.fullmatch(below):
        fixed = {"v": found["v"] or "", "run": found["run"] or ""}
        return unquote(found["owner"]), found["name"], Options.read(lambda name: fixed.get(name, ""))
    raise NotFound("There is no lab at that address.", "lab_not_found")


def answer(lab: Lab, site: str, options: Options, width: int, height: int) -> dict[str, Any]:
    """What oEmbed tells of something rich."""
    address = chosen(lab, site, options.given()).embed_url
    return {
        "version": "1.0",
        "type": "rich",
        "provider_name": "MLabs",
        "provider_url": site,
        "title": lab.title,
        "author_name": lab.owner,
        "author_url": f"{site}@{segment(lab.owner)}",
        "cache_age": FRESH,
        "html": snippets.frame(address, lab.title, height, width),
        "width": width,
        "height": height,
    }


def as_xml(said: dict[str, Any]) -> bytes:
    """The same as XML; what XML cannot hold is left out."""
    root = ElementTree.Element("oembed")
    for name, value in said.items():
        ElementTree.SubElement(root, name).text = UNSPEAKABLE.sub("", str(value))
    return b'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n' + ElementTree.tostring(root, "utf-8")
