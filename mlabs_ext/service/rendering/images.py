"""Pictures that notebooks carry, as `data:` addresses that are what they say they are."""

from __future__ import annotations

import base64
import re
import struct
from typing import Any

from markupsafe import Markup

BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
SPACE = re.compile(r"\s+")
# How each kind of picture begins, in base64.
STARTS = {
    "image/png": ("iVBOR",),
    "image/jpeg": ("/9j/",),
    "image/gif": ("R0lGOD",),
    "image/webp": ("UklGR",),
    "image/bmp": ("Qk",),
    "image/avif": ("AAAA",),
}
NO_ALT = "Picture made by this cell"


def data_url(mime: str, data: str) -> str | None:
    """The address of a base64 picture, None where it is none."""
    if mime == "image/svg+xml":
        return svg_url(data)
    compact = SPACE.sub("", data)
    if not compact.startswith(STARTS.get(mime, ("\0",))) or not BASE64.fullmatch(compact):
        return None
    return f"data:{mime};base64,{compact}"


def svg_url(svg: str) -> str | None:
    """The address of an SVG: shown as a picture, no script of it runs and nothing is loaded."""
    if "<svg" not in svg[:20_000]:
        return None
    if "http://www.w3.org/2000/svg" not in svg:
        svg = svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def tag(url: str, alt: str, metadata: dict[str, Any], title: str | None = None) -> Markup:
    """An `<img>`; sizes that are not whole numbers from 1 to 10,000 are left out."""
    width, height = size(metadata.get("width")), size(metadata.get("height"))
    if not width and not height:
        width, height = _png_size(url)
    shape = Markup("").join(
        Markup(' {}="{}"').format(key, value)
        for key, value in (("width", width), ("height", height))
        if value
    )
    named = Markup(' title="{}"').format(title) if title else ""
    return Markup('<img src="{}" alt="{}"{}{}>').format(url, alt, named, shape)


def size(value: Any) -> int | None:
    """A width or height in pixels as notebooks' metadata give it, if it is one."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 6:
        value = int(value)
    return value if type(value) is int and 1 <= value <= 10_000 else None


def _png_size(url: str) -> tuple[int | None, int | None]:
    """A PNG's own size, so that the page does not jump when it is decoded."""
    start = "data:image/png;base64,"
    if not url.startswith(start) or len(url) < len(start) + 32:
        return None, None
    width, height = struct.unpack(">II", base64.b64decode(url[len(start) : len(start) + 32])[16:24])
    return size(width), size(height)
