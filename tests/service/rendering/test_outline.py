import json

import pytest

from mlabs_ext import notebook
from mlabs_ext.service.rendering.exporter import PartsExporter
from mlabs_ext.service.rendering.formulas import Converter
from mlabs_ext.service.rendering.outline import MAX_HEADINGS, Outline


@pytest.fixture(scope="module")
def exporter():
    return PartsExporter(Converter(None, None))


def render(exporter, *sources, **metadata):
    cells = [
        {"cell_type": "markdown", "id": f"m{n}", "metadata": {}, "source": source}
        for n, source in enumerate(sources)
    ]
    root = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    return exporter.rendered(notebook.parse(json.dumps(root).encode()))


HEADINGS = {
    "of Markdown": (["# One\n\n## Two"], [(1, "One", "One"), (2, "Two", "Two")]),
    "underlined": (["One\n==="], [(1, "One", "One")]),
    "with markup": (["## A > b & *c* `d`"], [(2, "A > b & c d", "A->-b-&-c-d")]),
    "with a link": (["## [a](https://example.org)"], [(2, "a", "a")]),
    "with a formula": (["## $O(n)$ time"], [(2, "O(n) time", "time")]),
    "nothing but a formula": (["## $x<y$"], [(2, "x<y", "x<y")]),
    "in HTML": (["<h3>Plain</h3>", '<h2 id="own">Html</h2>'], [(3, "Plain", "Plain"), (2, "Html", "own")]),
    "the same again": (["# A", "# A\n\n# A"], [(1, "A", "A"), (1, "A", "A-2"), (1, "A", "A-3")]),
    "with a quote": (['# "x" onload=y'], [(1, '"x" onload=y', '"x"-onload=y')]),
    "a script": (["# <script>alert(1)</script> x"], [(1, "x", "alert(1)-x")]),
    "none": (["text", "```\n# code\n```", "# ", "<h1></h1>"], []),
}


@pytest.mark.parametrize(("sources", "headings"), HEADINGS.values(), ids=HEADINGS)
def test_headings(exporter, sources, headings):
    outline = render(exporter, *sources).about.outline
    assert [(heading.level, heading.text, heading.name) for heading in outline] == headings


def test_each_heading_has_one_anchor_and_it_leads_to_it(exporter):
    first, second = render(exporter, "# A", "# A\n\n<h2>b</h2>").parts
    assert first.output.count('href="#A"') == first.output.count('id="A"') == 1
    for name in ("A-2", "b"):
        assert second.output.count(f'href="#{name}"') == second.output.count(f'id="{name}"') == 1


def test_a_name_cannot_leave_its_attribute(exporter):
    (part,) = render(exporter, """# "x' onload=y""").parts
    assert '<h1 id="&quot;x&#x27;-onload=y">' in part.output


def test_an_outline_has_an_end():
    outline = Outline(str)
    html = outline.take("".join(f"<h2>{n}</h2>" for n in range(MAX_HEADINGS + 5)))
    assert len(outline.headings) == MAX_HEADINGS
    assert html.count('class="anchor"') == MAX_HEADINGS + 5


def test_headings_that_nest_and_never_end_are_read_once():
    outline = Outline(str)
    outline.take("<h1><div>" * 20_000)
    assert outline.headings == []


def test_what_data_it_names(exporter):
    kaggle = {"dataSources": [{"sourceType": "dataset", "sourceId": 7}]}
    about = render(exporter, "x", mlabs={"data": ["ada/penguins@2"]}, kaggle=kaggle).about
    assert about.data == ["ada/penguins@2", "kaggle:dataset/7"]
