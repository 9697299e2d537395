"""Makes a small picture of the first figure that a notebook shows; broken ones are passed over."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterator
from itertools import islice
from typing import Any

from nbformat import NotebookNode
from PIL import Image, UnidentifiedImageError

from mlabs_ext.service.rendering.exporter import HIDDEN_CELL, HIDDEN_OUTPUT
from mlabs_ext.service.rendering.model import Picture

WIDTH, HEIGHT = 640, 320
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}
# A figure has no more points than this however small its file is, and an icon is none.
MOST, LEAST = 40_000_000, 48
TRIED = 5
# What can be scaled as it is.
PLAIN = ("RGB", "L", "RGBA")
ALT_MAX = 300
BROKEN = (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError, EOFError)


def of(nb: NotebookNode) -> Picture | None:
    """The picture; None where none of the first few figures can be shown."""
    for media, data, metadata in islice(_figures(nb), TRIED):
        try:
            return _scaled(base64.b64decode(data), FORMATS[media], _alt(metadata))
        except (*BROKEN, binascii.Error):
            continue
    return None


def _figures(nb: NotebookNode) -> Iterator[tuple[str, str, Any]]:
    """What the outputs show as pictures, by media type, data and metadata."""
    for cell in nb.cells:
        hidden = (HIDDEN_OUTPUT | HIDDEN_CELL) & set(cell.metadata.get("tags", ()))
        for output in cell.get("outputs", ()) if not hidden else ():
            data = output.get("data", {})
            found = next((media for media in FORMATS if isinstance(data.get(media), str)), None)
            if found:
                yield found, data[found], output.get("metadata", {})


def _scaled(data: bytes, form: str, alt: str) -> Picture:
    """The picture, small and on white, as it is shown in the notebook; ValueError where it is no figure."""
    with Image.open(io.BytesIO(data), formats=[form]) as image:
        width, height = image.size
        if width * height > MOST or min(width, height) < LEAST:
            raise ValueError(f"{width} by {height} is no figure.")
        small = image if image.mode in PLAIN else image.convert("RGBA")
        small.thumbnail((WIDTH, HEIGHT), reducing_gap=2)
        small = _on_white(small)
    written = io.BytesIO()
    small.save(written, "WEBP", quality=80, method=4)
    return Picture(written.getvalue(), *small.size, alt)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def _alt(metadata: Any) -> str:
    """What the author says of a figure, as it stands with the output or with its picture."""
    said = metadata if isinstance(metadata, dict) else {}
    inner: dict[str, Any] = next((said[media] for media in FORMATS if isinstance(said.get(media), dict)), {})
    texts = (holder.get(name) for holder in (inner, said) for name in ("alt", "alt_text"))
    found = next((text for text in texts if isinstance(text, str)), "")
    return " ".join(found.replace("\0", "").split())[:ALT_MAX]
