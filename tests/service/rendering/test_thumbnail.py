"""The small picture of a notebook: its first figure, and nothing that breaks or is none."""

from __future__ import annotations

import base64
import io
import json
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from mlabs_ext.notebook import parse
from mlabs_ext.service.rendering import thumbnail


def picture(
    form: str = "PNG", size: tuple[int, int] = (300, 200), color: Any = "red", mode: str = "RGB"
) -> str:
    """A picture of one color, as outputs hold it."""
    file = io.BytesIO()
    Image.new(mode, size, color).save(file, form)
    return base64.b64encode(file.getvalue()).decode()


def figure(data: str, media: str = "image/png", **metadata: Any) -> dict[str, Any]:
    return {
        "output_type": "display_data",
        "data": {media: data, "text/plain": "<Figure>"},
        "metadata": metadata,
    }


def notebook(*outputs: dict[str, Any], tags: list[str] | None = None):
    cells = [
        {
            "id": f"c{n}", "cell_type": "code", "metadata": {"tags": tags or []}, "source": "1",
            "execution_count": 1, "outputs": [output],
        }
        for n, output in enumerate(outputs)
    ]  # fmt: skip
    return parse(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode())


def shown(*outputs: dict[str, Any], **more: Any) -> Image.Image | None:
    made = thumbnail.of(notebook(*outputs, **more))
    if made is None:
        return None
    image = Image.open(io.BytesIO(made.data))
    assert (image.format, image.size) == ("WEBP", (made.width, made.height))
    return image.convert("RGB")


def color(image: Image.Image) -> str:
    red, green, blue = image.getpixel((image.width // 2, image.height // 2))
    return "".join(name for name, value in zip("rgb", (red, green, blue), strict=True) if value > 128)


def bomb(width: int, height: int) -> str:
    """A PNG that says it is so large, and holds nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(bytes(10))), chunk(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).decode()


@pytest.mark.parametrize(
    ("size", "small"),
    [((300, 200), (300, 200)), ((3000, 1000), (640, 213)), ((100, 4000), (8, 320)), ((640, 320), (640, 320))],
    ids=str,
)
def test_a_figure_keeps_its_shape(size, small):
    assert shown(figure(picture(size=size))).size == small


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "CMYK", "RGBA", "LA"])
def test_all_kinds_of_pictures_can_be_shown(form, mode):
    if form == "JPEG" and mode in ("P", "RGBA", "LA", "1"):
        pytest.skip("JPEG has none of this kind")
    if form == "PNG" and mode == "CMYK":
        pytest.skip("PNG has none of this kind")
    assert shown(figure(picture(form, color=0, mode=mode), f"image/{form.lower()}")) is not None


def test_what_is_transparent_is_white():
    assert color(shown(figure(picture(color=(0, 0, 0, 0), mode="RGBA")))) == "rgb"


def test_the_first_that_can_be_shown_is_taken():
    red, green = figure(picture(color="red")), figure(picture(color=(0, 255, 0)))
    assert color(shown(red, green)) == "r"
    unusable = [
        figure("<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        figure("not base64!"),
        figure(picture()[:200]),
        figure(picture("JPEG"), "image/png"),
        figure(picture(size=(16, 16))),
        figure(""),
    ]
    for broken in unusable:
        assert color(shown(broken, green)) == "g"
        assert shown(broken) is None
    assert shown(red, tags=["hide-output"]) is None
    assert shown() is None


@pytest.mark.parametrize(
    "size", [(9000, 9000), (100_000, 60), (2**31 - 1, 2**31 - 1), (60_000, 60_000)], ids=str
)
def test_bombs_are_refused_before_they_are_unpacked(size):
    assert thumbnail.of(notebook(figure(bomb(*size)))) is None


def test_only_a_few_are_tried(monkeypatch):
    monkeypatch.setattr(thumbnail, "TRIED", 2)
    assert shown(figure(""), figure(""), figure(picture())) is None


def test_what_the_author_says_of_it_goes_with_it():
    said = thumbnail.of(notebook(figure(picture(), alt=" Loss over\n epochs ")))
    assert said.alt == "Loss over epochs"
    inner = thumbnail.of(notebook(figure(picture(), **{"image/png": {"alt": "x" * 1000}})))
    assert inner.alt == "x" * thumbnail.ALT_MAX
    assert thumbnail.of(notebook(figure(picture(), alt=["no", "text"]))).alt == ""
