import json
import re

import pytest

from mlabs_ext.service.rendering.formulas import Converter, Formulas
from mlabs_ext.service.rendering.markdown import Markdown
from mlabs_ext.service.rendering.outputs import Outputs, script_json

PNG = "iVBORw0KGgo="
WIDGET = "application/vnd.jupyter.widget-view+json"
FIGURE = {"data": [{"y": [1, 2]}], "layout": {}}
TABLE = {"schema": {"fields": [{"name": "a"}, {"name": "<b>"}]}, "data": [{"a": 1, "<b>": None}]}


@pytest.fixture(scope="module")
def markdown():
    return Markdown()


@pytest.fixture
def show(markdown):
    outputs = Outputs(markdown, Formulas(Converter(None, None)), frozenset({"known"}))

    def show(data, metadata=None):
        return str(outputs.shown({"output_type": "display_data", "data": data, "metadata": metadata or {}}))

    return show


CHOICES = {
    "text": ({"text/plain": "<b>"}, '<pre dir="auto">&lt;b&gt;</pre>'),
    "HTML before text": ({"text/plain": "x", "text/html": "<b>y</b>"}, '<div class="html"><b>y</b></div>'),
    "HTML with a script": ({"text/plain": "x", "text/html": "<script>1</script>"}, 'data-kind="html"'),
    "empty HTML": ({"text/plain": "x", "text/html": " "}, "<pre"),
    "%runtime": (
        {
            "application/vnd.mlabs.runtime+json": {"environment": "x"},
            "text/html": "<p>y</p>",
            "text/plain": "y",
        },
        '<div class="html"><p>y</p></div>',
    ),
    "Plotly before HTML": (
        {"application/vnd.plotly.v1+json": FIGURE, "text/html": "x"},
        'data-kind="plotly"',
    ),
    "Plotly that is none": ({"application/vnd.plotly.v1+json": [], "text/plain": "x"}, "<pre"),
    "Vega": ({"application/vnd.vega.v5+json": {}}, 'data-kind="vega"'),
    "Vega-Lite": ({"application/vnd.vegalite.v4+json": {}}, 'data-kind="vega"'),
    "Vega-Lite 5.8": ({"application/vnd.vegalite.v5.8+json": {}}, 'data-kind="vega"'),
    "widget": ({WIDGET: {"model_id": "known"}, "text/plain": "x"}, 'data-kind="widget"'),
    "widget without state": (
        {WIDGET: {"model_id": "gone"}, "text/plain": "IntSlider()"},
        "IntSlider()</pre>",
    ),
    "picture": ({"image/png": PNG, "text/plain": "x"}, f'<img src="data:image/png;base64,{PNG}"'),
    "bad picture": ({"image/png": 'iVBOR" onerror="1', "text/plain": "x"}, "<pre"),
    "picture that is no text": ({"image/png": [1], "text/plain": "x"}, "<pre"),
    "SVG": ({"image/svg+xml": "<svg onload=alert(1)/>"}, '<img src="data:image/svg+xml;base64,'),
    "Markdown": ({"text/markdown": "**x**"}, "<strong>x</strong>"),
    "LaTeX": ({"text/latex": "$\\displaystyle x$", "text/plain": "x"}, 'data-m="0"'),
    "LaTeX environment": ({"text/latex": "\\begin{align}x\\end{align}"}, 'data-m="0"'),
    "LaTeX that is text": ({"text/latex": "\\begin{tabular}{l}x\\end{tabular}", "text/plain": "x"}, "<pre"),
    "LaTeX of several formulas": (
        {"text/latex": "$a$ <and> $$b$$", "text/plain": "x"},
        '<span data-m="0"></span> &lt;and&gt; <span data-m="1">',
    ),
    "LaTeX with more than formulas": ({"text/latex": "\\section{a} $b$", "text/plain": "x"}, "<pre"),
    "LaTeX with a formula in a text": ({"text/latex": "$$a\\text{$b$}$$", "text/plain": "x"}, "<pre"),
    "LaTeX that is too long": ({"text/latex": f"${'a' * 20_000}$", "text/plain": "x"}, "<pre"),
    "JavaScript": ({"application/javascript": "alert(1)", "text/plain": "x"}, 'data-kind="js"'),
    "table": ({"application/vnd.dataresource+json": TABLE}, "<th>&lt;b&gt;</th>"),
    "table without rows": ({"application/vnd.dataresource+json": {}, "text/plain": "x"}, "<pre"),
    "map": ({"application/geo+json": {"type": "Point"}}, '"Point"'),
    "JSON": ({"application/json": {"a": "<b>"}}, "&lt;b&gt;"),
    "vdom": (
        {"application/vdom.v1+json": {"tagName": "h1", "attributes": {"onclick": "x"}, "children": "<b>"}},
        "<h1>&lt;b&gt;</h1>",
    ),
    "PDF": ({"application/pdf": "JVBERi0="}, "PDF"),
    "unknown JSON": ({"application/vnd.raw.v1+json": [1]}, "<details"),
    "unknown text": ({"text/vnd.mermaid": "graph <script>"}, "graph &lt;script&gt;"),
    "unknown": ({"application/x-unknown": "<script>"}, "application/x-unknown"),
    "hostile kind": ({'"><script>': "x"}, "&#34;&gt;&lt;script&gt;"),
    "nothing": ({}, "nothing"),
}


@pytest.mark.parametrize(("data", "part"), CHOICES.values(), ids=CHOICES)
def test_the_richest_form_that_can_be_shown(show, data, part):
    shown = show(data)
    assert part in shown
    assert not re.search(r"<script(?! type=\"application/json\">)|\son\w+=", shown)


def test_active_outputs_travel_as_json_and_leave_a_fallback(show):
    html = '</script><!--<script>alert("é")</script>'
    shown = show({"text/html": html, "text/plain": "fallback"})
    found = re.search(r'<script type="application/json">(.*?)</script>', shown)
    assert json.loads(found[1]) == html
    assert "<" not in found[1]
    assert '<div class="fallback"><pre dir="auto">fallback</pre></div>' in shown


def test_sizes_and_alt_text_come_from_the_metadata(show):
    shown = show({"image/png": PNG}, {"image/png": {"width": 20, "height": "3 onload=x", "alt": '"A" plot'}})
    assert shown.endswith('alt="&#34;A&#34; plot" width="20">')


def test_script_json_cannot_end_its_script():
    assert "<" not in script_json({"</script>": "<!--"})
