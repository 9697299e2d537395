"""Draws what a model is made of: where each layer stands, and the lines between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mlabs_ext.service.web.formats import counted, shape
from mlabs_ext.wire import ModelLayer

WIDTH, HEIGHT, ACROSS, DOWN = 216, 46, 20, 26
# More nobody can read in a drawing; the table has all of them.
MOST = 300
LETTERS = 28
# The hue of each kind of layer, by a word in its name.
HUES = (
    *(("Conv", 0), ("Pool", 3), ("Dense", 1), ("LSTM", 7), ("GRU", 7), ("RNN", 7), ("Embedding", 6)),
    *(("Norm", 4), ("Dropout", 5), ("Input", 2), ("MatMul", 1)),
)


class Box(NamedTuple):
    """A layer in the drawing: its place, its texts, and the class that colors it."""

    x: float
    y: float
    name: str
    below: str
    hue: str


class Drawing(NamedTuple):
    """A drawing of so many pixels; `lines` is one SVG path."""

    width: float
    height: float
    boxes: list[Box]
    lines: str


class Row(NamedTuple):
    """A layer in the table, and the models that it lies in."""

    layer: ModelLayer
    within: tuple[str, ...]


class Inside(NamedTuple):
    """What is drawn of a model within the model."""

    path: tuple[str, ...]
    layers: int
    drawing: Drawing


def rows(layers: Sequence[ModelLayer], within: tuple[str, ...] = ()) -> list[Row]:
    """All layers, each followed by those in it."""
    found = []
    for layer in layers:
        found += [Row(layer, within), *rows(layer.layers, (*within, layer.name))]
    return found


def inside(listed: Sequence[Row]) -> list[Inside]:
    """The drawings of the models within a model, unless all together are too much."""
    if len(listed) > MOST:
        return []
    found = [((*row.within, row.layer.name), row.layer.layers) for row in listed if row.layer.layers]
    drawn = [(path, layers, draw(layers)) for path, layers in found]
    return [Inside(path, len(layers), drawing) for path, layers, drawing in drawn if drawing]


def draw(layers: Sequence[ModelLayer]) -> Drawing | None:
    """The drawing, from above to below; None where there is too much to draw."""
    if not 0 < len(layers) <= MOST:
        return None
    lines_of = _lines_of(layers)
    widest = max(len(row) for row in lines_of)
    whole = widest * WIDTH + (widest - 1) * ACROSS
    places = {}
    for number, row in enumerate(lines_of):
        start = (whole - len(row) * WIDTH - (len(row) - 1) * ACROSS) / 2
        for place, layer in enumerate(row):
            places[layer.name] = 1 + start + place * (WIDTH + ACROSS), 1 + number * (HEIGHT + DOWN)
    boxes = [_box(layer, *places[layer.name]) for layer in layers]
    pairs = [(places[one], places[layer.name]) for layer in layers for one in layer.after if one in places]
    lines = [_line(*pair) for pair in pairs]
    return Drawing(whole + 2, len(lines_of) * (HEIGHT + DOWN) - DOWN + 2, boxes, "".join(lines))


def _lines_of(layers: Sequence[ModelLayer]) -> list[list[ModelLayer]]:
    """Layers by how many are before them on the longest way; in their order each comes after those."""
    depth: dict[str, int] = {}
    rows: list[list[ModelLayer]] = []
    for layer in layers:
        at = max((depth[before] + 1 for before in layer.after if before in depth), default=0)
        depth[layer.name] = at
        while len(rows) <= at:
            rows.append([])
        rows[at].append(layer)
    return rows


def _box(layer: ModelLayer, x: float, y: float) -> Box:
    known = f" · {shape(layer.shape)}" if layer.shape else ""
    known = f" of {counted(len(layer.layers), 'layer')}{known}" if layer.layers else known
    hue = next((number for word, number in HUES if word in layer.kind), None)
    return Box(x, y, _short(layer.name), _short(layer.kind + known), "" if hue is None else f"hue-{hue}")


def _short(text: str) -> str:
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"


def _line(above: tuple[float, float], below: tuple[float, float]) -> str:
    x, y, to = above[0] + WIDTH / 2, above[1] + HEIGHT, below[0] + WIDTH / 2
    return f"M{x:g} {y:g}V{below[1] - DOWN / 2:g}H{to:g}V{below[1]:g}"
