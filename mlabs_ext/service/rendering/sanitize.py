"""Takes out of authors' HTML what may not be in a document: the fence before the wall that the sandbox is."""

from __future__ import annotations

import re

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
SCHEMES = {"http", "https", "mailto", "ftp", "tel"}
INERT_IMAGE = re.compile(rf"data:({'|'.join(map(re.escape, STARTS))});base64,[A-Za-z0-9+/=\s]+")
IMAGE = re.compile(r"<img[^>]*>")
ALT = re.compile(r'\salt="([^"]*)"')
# What makes an output more than a static page of text, tables and pictures.
ACTIVE = re.compile(
    r"<(?:script|svg|iframe|video|audio|canvas|object|embed|form|input|button|select|textarea|math|link|template|base"
    r"|meta|noscript|[a-z]+-)|\son\w+\s*=|javascript:",
    re.IGNORECASE,
)


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Pictures come from the document itself; addresses that carry data are for pictures only."""
    if tag == "img" and name == "src":
        return value if INERT_IMAGE.fullmatch(value) else None
    if name in ("href", "cite") and value.lstrip().lower().startswith("data:"):
        return None
    return value


def _labelled(found: re.Match[str]) -> str:
    """A picture that lost its address, as a label; `found` is how nh3 writes an `<img>`."""
    if ' src="' in found[0]:
        return found[0]
    alt = ALT.search(found[0])
    return f'<span class="elsewhere">{(alt and alt[1]) or "Picture"}</span>'


_shared = {"attributes": ATTRIBUTES, "link_rel": "noopener noreferrer nofollow"}
_markdown = nh3.Cleaner(tags=TAGS | {"input"}, url_schemes=SCHEMES, filter_style_properties=STYLES, **_shared)
_markdown_images = nh3.Cleaner(
    tags=TAGS | {"input"},
    url_schemes=SCHEMES | {"data"},
    attribute_filter=_attribute,
    filter_style_properties=STYLES,
    **_shared,
)
_output = nh3.Cleaner(
    tags=TAGS | {"style"},
    clean_content_tags={"script"},
    url_schemes=SCHEMES | {"data"},
    attribute_filter=_attribute,
    **_shared,
)


def markdown(html: str) -> str:
    """Clean what Markdown became."""
    if "<img" not in html and "data:" not in html:
        return _markdown.clean(html)
    return IMAGE.sub(_labelled, _markdown_images.clean(html))


def output(html: str) -> str:
    """Clean an output that is not active; its style sheets stay."""
    return IMAGE.sub(_labelled, _output.clean(html))


def is_active(html: str) -> bool:
    """True where HTML does something by itself, and so needs to be put in by the document's script."""
    return bool(ACTIVE.search(html))
