"""How values look on pages: the templates' filters, and nothing that decides."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from mlabs_ext.accelerators import caution, held, label
from mlabs_ext.service.sizes import spoken
from mlabs_ext.service.times import duration
from mlabs_ext.service.web.prose import blocks
from mlabs_ext.wire import Found, Lab

HUES = {"python": 0, "tensorflow": 1, "pytorch": 2, "jax": 3, "theano": 4, "caffe": 5}
WIDTH, HEIGHT = 320, 84
Point = tuple[int, int]


class Sigil(NamedTuple):
    """A small network as SVG paths: every lab has its own, so that a person recognizes it."""

    faint: str
    plain: str
    strong: str
    nodes: str


def segment(text: str) -> str:
    """`text` as one segment of a path, or one value of a query."""
    return quote(text, safe="")


def lab_path(lab: Lab | str) -> str:
    """`@owner/name` of a lab or of a reference `"owner/name"`, ready for a URL."""
    owner, _, name = lab.rpartition("/") if isinstance(lab, str) else (lab.owner, "/", lab.name)
    return f"@{segment(owner)}/{segment(name)}"


def iso(at: datetime) -> str:
    """RFC 3339, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp(at: datetime) -> str:
    """`20 Nov 2026, 12:30 UTC`."""
    return f"{at.astimezone(UTC):%d %b %Y, %H:%M} UTC".lstrip("0")


def day(at: datetime) -> str:
    """`1 December 2026`, in UTC."""
    return f"{at.astimezone(UTC):%d %B %Y}".lstrip("0")


def number(value: float | str | None) -> str:
    """A number as a column of them is read: `0.9312`, `1,250`, `3.1e-05`; other values as they are."""
    if value is None:
        return "none"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{int(value):,}" if value == int(value) and abs(value) < 1e9 else f"{value:.4g}"


def pieces(found: Found) -> list[tuple[str, bool]]:
    """The text of what was found in pieces, each with whether it is one of the words."""
    ends = [0, *(end for mark in found.marks for end in mark), len(found.text)]
    parts = ((found.text[start:stop], index % 2 == 1) for index, (start, stop) in enumerate(pairwise(ends)))
    return [part for part in parts if part[0]]


def counted(count: int, noun: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def hours(count: float) -> str:
    """Hours as a plan counts them: `12 h`, `3.5 h`, `20 min`."""
    if 0 < count < 1:
        return f"{max(1, round(count * 60))} min"
    return f"{count:,.0f} h" if count >= 100 or count == int(count) else f"{count:.1f} h"


def image_name(image: str) -> str:
    """What of an image's name tells it from others: `sha256:0123456789ab`, or the name of a folder."""
    digest = re.search(r"sha256:([0-9a-f]{12})", image)
    if digest:
        return f"sha256:{digest[1]}"
    return image if len(image) <= 40 else f"{image[:18]}…{image[-18:]}"


def hue(name: str) -> str:
    """The class that colors an environment or a person, the same every time."""
    return f"hue-{HUES.get(name, _digest(name)[0] % 8)}"


def initial(name: str) -> str:
    """The letter in a person's mark."""
    return name[:1] or "?"


@lru_cache(1024)
def sigil(seed: str) -> Sigil:
    """Draw the network that belongs to `seed`: four layers, and one path through them that stands out."""
    bits = _digest(seed)
    layers = [_layer(x, 2 + bits[x] % 4) for x in range(5)]
    chosen = [layer[bits[8 + i] % len(layer)] for i, layer in enumerate(layers)]
    edges = [(a, b) for left, right in pairwise(layers) for a in left for b in right]
    plain = [edge for i, edge in enumerate(edges) if bits[i % 32] % 3 == 0]
    nodes = [f"M{x - 3} {y}a3 3 0 1 0 6 0a3 3 0 1 0-6 0" for layer in layers for x, y in layer]
    return Sigil(_lines(edges), _lines(plain), _lines(pairwise(chosen)), "".join(nodes))


def _layer(index: int, count: int) -> list[Point]:
    x = 36 + index * (WIDTH - 72) // 4
    return [(x, (i + 1) * HEIGHT // (count + 1)) for i in range(count)]


def _lines(edges: Iterable[tuple[Point, Point]]) -> str:
    return "".join(f"M{a[0]} {a[1]}L{b[0]} {b[1]}" for a, b in edges)


def accelerator(name: str) -> str:
    """What people call it."""
    return label(name)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def shape(sizes: Sequence[int | None] | None) -> str:
    """A tensor's shape without the number of examples, as in 28 by 28 by 1; `n` is any number."""
    if not sizes:
        return "unknown"
    return " \u00d7 ".join("n" if size is None else str(size) for size in sizes[1:]) or "one number"


def encoded(value: Any) -> str:
    """A value as JSON, for scripts."""
    return msgspec.json.encode(value).decode()


FILTERS = {
    f.__name__: f
    for f in (
        segment,
        lab_path,
        iso,
        stamp,
        day,
        duration,
        number,
        counted,
        hours,
        image_name,
        hue,
        initial,
        sigil,
        blocks,
        pieces,
        shape,
        encoded,
        accelerator,
        caution,
        held,
    )
} | {"size": spoken}
