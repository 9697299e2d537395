import json

import pytest

from mlabs_ext import notebook
from mlabs_ext.service.rendering.exporter import PartsExporter
from mlabs_ext.service.rendering.formulas import Converter

STATE = "application/vnd.jupyter.widget-state+json"


@pytest.fixture(scope="module")
def exporter():
    return PartsExporter(Converter(None, None))


def render(exporter, *cells, **metadata):
    root = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)}
    return exporter.rendered(notebook.parse(json.dumps(root).encode()))


def code(source="x = 1", *outputs, **metadata):
    return {
        "cell_type": "code",
        "id": "a",
        "source": source,
        "metadata": metadata,
        "outputs": list(outputs),
    } | {"execution_count": metadata.pop("count", None)}


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def test_a_code_cell(exporter):
    (part,) = render(exporter, code("x = 1", stream("hi"), count=3)).parts
    assert (part.id, part.kind) == ("a", "code")
    assert 'x = <i class="m">1</i>' in part.input
    assert ">3</span>" in part.input
    assert '<div class="output stdout"><pre>hi</pre></div>' in part.output
    assert 'aria-label="Output of execution 3"' in part.output


def test_streams_that_follow_each_other_are_one(exporter):
    outputs = stream("10%"), stream("\r100%"), stream("bad", "stderr"), stream("x")
    (part,) = render(exporter, code("x", *outputs)).parts
    assert part.output.count("<pre>") == 3
    assert "<pre>100%</pre>" in part.output
    assert '<div class="output stderr"><pre>bad</pre>' in part.output


def test_an_error_is_text(exporter):
    error = {"output_type": "error", "ename": '"><b>', "evalue": "<b>", "traceback": ["\x1b[31m<script>"]}
    (part,) = render(exporter, code("x", error)).parts
    assert '<span class="a-red">&lt;script&gt;</span>' in part.output
    assert "<b>" not in part.output
    (part,) = render(exporter, code("x", error | {"traceback": []})).parts
    assert "&lt;b&gt;: &lt;b&gt;" in part.output.replace('"&gt;', "")


HIDDEN = {
    "tag": {"tags": ["hide_input"]},
    "other spelling": {"tags": ["hide-input"]},
    "removed": {"tags": ["remove_cell"]},
    "JupyterLab": {"jupyter": {"source_hidden": True}},
    "Colab's form": {"cellView": "form"},
}


@pytest.mark.parametrize("metadata", HIDDEN.values(), ids=HIDDEN)
def test_hidden_code_is_folded_but_there(exporter, metadata):
    (part,) = render(exporter, code("x = 1", **metadata)).parts
    assert part.input.startswith("<details")
    assert "x = " in part.input


@pytest.mark.parametrize("metadata", [{"jupyter": {"outputs_hidden": True}}, {"collapsed": True}], ids=str)
def test_hidden_output_is_folded_but_there(exporter, metadata):
    (part,) = render(exporter, code("x", stream("hi"), **metadata)).parts
    assert part.output.startswith("<details")
    assert "hi" in part.output


DURATIONS = {
    "seconds": ("2026-01-01T10:00:00.000000Z", "2026-01-01T10:00:02.340000Z", "2.3 s"),
    "milliseconds": ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00.012000Z", "12 ms"),
    "minutes": ("2026-01-01T10:00:00Z", "2026-01-01T10:02:03Z", "2 min 3 s"),
    "hours": ("2026-01-01T10:00:00Z", "2026-01-01T12:30:03Z", "2 h 30 min"),
    "backwards": ("2026-01-01T10:00:01Z", "2026-01-01T10:00:00Z", ""),
    "with and without zone": ("2026-01-01T10:00:00Z", "2026-01-01T10:00:02", ""),
    "nonsense": ("yesterday", "today", ""),
}


@pytest.mark.parametrize(("start", "end", "shown"), DURATIONS.values(), ids=DURATIONS)
def test_the_time_that_a_cell_took(exporter, start, end, shown):
    execution = {"iopub.execute_input": start, "iopub.status.idle": end}
    (part,) = render(exporter, code("x", execution=execution)).parts
    assert (f">{shown}</span>" in part.input) == bool(shown)
    assert ('class="time"' in part.input) == bool(shown)


LANGUAGES = {
    "language_info": ({"language_info": {"name": "R"}}, "R"),
    "lexer": ({"language_info": {"name": "x", "pygments_lexer": "julia"}}, "julia"),
    "kernelspec": ({"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}, "R"),
    "python kernel": ({"kernelspec": {"name": "python3", "display_name": "Python 3"}}, "python"),
    "nothing": ({}, "python"),
    "unknown": ({"kernelspec": {"name": "xeus", "display_name": "x"}}, ""),
}


@pytest.mark.parametrize(("metadata", "language"), LANGUAGES.values(), ids=LANGUAGES)
def test_language(exporter, metadata, language):
    assert render(exporter, **metadata).language == language


def test_cell_magic_picks_the_language(exporter):
    (part,) = render(exporter, code("%%bash\nif true; then echo; fi")).parts
    assert '<i class="k">if </i>' in part.input


def test_markdown_and_raw_cells(exporter):
    cells = [
        {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "# T <script>x</script>"},
        {"cell_type": "raw", "id": "r", "metadata": {}, "source": "<script>"},
        {"cell_type": "raw", "id": "h", "metadata": {"format": "text/html"}, "source": "<b onclick=x>y</b>"},
        {"cell_type": "raw", "id": "e", "metadata": {}, "source": " "},
        {
            "cell_type": "code",
            "id": "c",
            "metadata": {},
            "source": "",
            "outputs": [],
            "execution_count": None,
        },
    ]
    rendered = render(exporter, *cells)
    assert rendered.title == "T x"
    markdown, raw, html, empty, bare = rendered.parts
    assert "<script" not in markdown.output
    assert raw.output == '<pre class="raw" dir="auto">&lt;script&gt;</pre>'
    assert "<b>y</b>" in html.output
    assert (empty.output, bare.input, bare.output) == ("", "", "")


def test_widget_state_goes_along_and_cannot_end_its_script(exporter):
    state = {"version_major": 2, "state": {"known": {"x": "</script><script>alert(1)</script>"}}}
    view = {"output_type": "display_data", "metadata": {}, "data": {
        "application/vnd.jupyter.widget-view+json": {"model_id": "known"}}}  # fmt: skip
    rendered = render(exporter, code("x", view), widgets={STATE: state})
    assert 'data-kind="widget"' in rendered.parts[0].output
    assert rendered.tail.count("</script>") == 1
    assert json.loads(rendered.tail.split(">", 1)[1].removesuffix("</script>")) == state


@pytest.mark.parametrize("widgets", [[], {STATE: []}, {STATE: {"state": []}}, {STATE: {}}])
def test_broken_widget_state_is_left_out(exporter, widgets):
    assert render(exporter, code("x"), widgets=widgets).tail == ""


def test_a_heavy_output_has_a_poster_beside_it(exporter):
    heavy = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"text/html": f"<p>{'x' * 1_200_000}</p>"},
    }
    (part,) = render(exporter, code("x", stream("light"), heavy, heavy)).parts
    assert part.output.count("x" * 1_200_000) == 2
    assert len(part.light) == 3
    light = "ADDRESS".join(part.light)
    assert light.count('<a class="poster" href="ADDRESS">Show output (1.14 MB)</a>') == 2
    assert "<pre>light</pre>" in light
    assert len(light) < 1000


def test_many_light_outputs_have_none(exporter):
    outputs = (stream("x" * 200_000, name) for name in ("stdout", "stderr") * 3)
    (part,) = render(exporter, code("x", *outputs)).parts
    assert part.light == []
