"""Layers of models are drawn in order, and those within layers in their place."""

from __future__ import annotations

import msgspec
from support.models import keras, upload

from mlabs_ext import wire
from mlabs_ext.service.web.pages.architecture import draw
from mlabs_ext.service.web.pages.architecture import rows as rows_of


def test_layers_within_layers_are_shown_in_their_place(models):
    files = keras("nested.keras3.keras")
    made = upload(models.site.as_("ada"), files, name="nested").json()
    outer = [layer["name"] for layer in made["layers"] if layer["layers"]]
    page = models.page(None, "@ada/models/nested")
    assert len(outer) == 2
    for name in outer:
        assert f"Inside {name} :" in page.text.replace(f"{name}:", f"{name} :")
    rows = rows_of(wire_layers(made["layers"]))
    assert f"{len(rows)} layers as a table" in page.text
    assert len(page.all("svg", role="img")) == 3


def wire_layers(layers):
    return msgspec.convert(layers, list[wire.ModelLayer])


def test_a_drawing_puts_each_layer_below_those_before_it():
    def layer(name, *after):
        return wire.ModelLayer(name, "Dense", [None, 3], 1, True, list(after))

    drawing = draw([layer("a"), layer("b", "a"), layer("c", "a"), layer("d", "b", "c"), layer("e", "a", "d")])
    rows = {}
    for box in drawing.boxes:
        rows.setdefault(box.y, []).append(box.name)
    assert [sorted(names) for _, names in sorted(rows.items())] == [["a"], ["b", "c"], ["d"], ["e"]]
    assert drawing.lines.count("M") == 6
    assert draw([]) is None
    assert draw([layer(str(n)) for n in range(301)]) is None
    long = draw([layer("x" * 60)]).boxes[0]
    assert len(long.name) == 28
