"""Takes out of authors' HTML what may not be in a document: the fence before the wall that the sandbox is."""

from __future__ import annotations

import re
from functools import partial

import nh3

from mlabs_ext.service.rendering.images import STARTS

MORE_TAGS = {
    "big", "button", "center", "col", "colgroup", "details", "figcaption", "figure", "font", "input", "label",
    "mark", "meter", "progress", "section", "summary", "tfoot", "tt",
}  # fmt: skip
TAGS = (nh3.ALLOWED_TAGS | MORE_TAGS) - {"button", "input", "label", "map", "area"}
SHARED = {"align", "class", "dir", "height", "id", "lang", "role", "style", "title", "valign", "width"}
ATTRIBUTES = {name: set(known) - {"rel"} for name, known in nh3.ALLOWED_ATTRIBUTES.items()} | {
    "*": SHARED,
    "details": {"open"},
    "font": {"color", "size", "face"},
    "meter": {"value", "min", "max"},
    "progress": {"value", "max"},
    "span": {"data-m", "data-p"},
    "input": {"type", "checked", "disabled"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"bgcolor", "colspan", "rowspan", "headers"},
    "th": {"bgcolor", "colspan", "rowspan", "headers", "scope"},
    "tr": {"bgcolor"},
}
STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left",
    "border-radius", "border-right", "border-style", "border-top", "border-width", "color",
    "column-count", "display", "flex", "float", "font-family", "font-size", "font-style", "font-weight",
    "gap", "height", "line-height", "margin", "margin-bottom", "margin-left", "margin-right",
    "margin-top", "max-height", "max-width", "min-height", "min-width", "overflow", "overflow-x",
    "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "text-align",
    "text-decoration", "text-indent", "text-transform", "vertical-align", "white-space", "width",
    "word-break",
}  # fmt: skip
REL = "noopener noreferrer nofollow"
SCHEMES = {"http", "https", "mailto", "ftp", "tel"}
INERT_IMAGE = re.compile(rf"data:({'|'.join(map(re.escape, STARTS))});base64,[A-Za-z0-9+/=\s]+")
ELSEWHERE = re.compile(r"(?:https?:)?//", re.IGNORECASE)
# As nh3 writes them.
IMAGE = re.compile(r'<img(?:\s(?:[^>"]|"[^"]*")*)?>')
LINK = re.compile(r"(<a\s[^>]*>)(.*?)</a>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
ALT = re.compile(r'\salt="([^"]+)"')
SRC = re.compile(r'\ssrc="([^"]*)"')
# What makes an output more than a static page of text, tables and pictures.
ACTIVE = re.compile(
    r"<(?:script|svg|iframe|video|audio|canvas|object|embed|form|input|button|select|textarea|math|link|template|base"
    r"|meta|noscript|[a-z]+-)|\son\w+\s*=|javascript:",
    re.IGNORECASE,
)


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Pictures are in the document, or become links; addresses that carry data are for pictures only."""
    if tag == "img" and name == "src":
        return value if INERT_IMAGE.fullmatch(value) or ELSEWHERE.match(value) else None
    if name in ("href", "cite") and value.lstrip().lower().startswith("data:"):
        return None
    return value


def _labelled(html: str) -> str:
    """Clean `html` with a label for each picture that it does not hold: a link, unless one is around it."""
    return IMAGE.sub(_linked, LINK.sub(_in_link, html) if "</a>" in html else html)


def _in_link(found: re.Match[str]) -> str:
    """A link; beside words of its own, a picture that has none was an ornament."""
    has_words = bool(TAG.sub("", found[2]).strip())

    def label(image: re.Match[str]) -> str:
        if _held(image[0]):
            return image[0]
        if has_words and not ALT.search(image[0]):
            return ""
        return f'<span class="elsewhere">{_words(image[0])}</span>'

    return f"{found[1]}{IMAGE.sub(label, found[2])}</a>"


def _linked(found: re.Match[str]) -> str:
    address = _address(found[0])
    if _held(found[0]):
        return found[0]
    if not address:
        return f'<span class="elsewhere">{_words(found[0])}</span>'
    return f'<a class="elsewhere" href="{address}" rel="{REL}">{_words(found[0])}</a>'


def _held(image: str) -> bool:
    return _address(image).startswith("data:")


def _address(image: str) -> str:
    found = SRC.search(image)
    return found[1] if found else ""


def _words(image: str) -> str:
    """What its author calls a picture, or the name of its file."""
    alt = ALT.search(image)
    return alt[1] if alt else _address(image).split("?")[0].rsplit("/", 1)[-1][:80] or "Picture"


_cleaner = partial(nh3.Cleaner, attributes=ATTRIBUTES, link_rel=REL)
_markdown = _cleaner(tags=TAGS | {"input"}, url_schemes=SCHEMES, filter_style_properties=STYLES)
_markdown_images = _cleaner(
    tags=TAGS | {"input"},
    url_schemes=SCHEMES | {"data"},
    attribute_filter=_attribute,
    filter_style_properties=STYLES,
)
_output = _cleaner(
    tags=TAGS | {"style"},
    clean_content_tags={"script"},
    url_schemes=SCHEMES | {"data"},
    attribute_filter=_attribute,
)


def markdown(html: str) -> str:
    """Clean what Markdown became."""
    if "<img" not in html and "data:" not in html:
        return _markdown.clean(html)
    return _labelled(_markdown_images.clean(html))


def output(html: str) -> str:
    """Clean an output that is not active; its style sheets stay."""
    cleaned = _output.clean(html)
    return _labelled(cleaned) if "<img" in cleaned else cleaned


def is_active(html: str) -> bool:
    """True where HTML does something by itself, and so needs to be put in by the document's script."""
    return bool(ACTIVE.search(html))
