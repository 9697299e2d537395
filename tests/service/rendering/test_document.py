import pytest

from mlabs_ext.errors import BadInput, MLabsError
from mlabs_ext.service.rendering import ansi, document
from mlabs_ext.service.rendering.document import Choice
from mlabs_ext.service.rendering.model import Assets, Part, Rendered

RENDERED = Rendered(
    "A <title>",
    "python",
    [
        Part("intro", "markdown", "", "<p>Words</p>"),
        Part("c-1", "code", "<pre>one</pre>", "<p>1</p>"),
        Part("c-2", "code", "<pre>two</pre>", ""),
        Part("12", "code", "<pre>three</pre>", "<p>3</p>"),
    ],
    "<script>state</script>",
)
ASSETS = Assets("/static/render.css", "/static/render.js")


def page(**choice):
    return document.assemble(RENDERED, ASSETS, Choice(**choice)).decode()


def test_a_whole_document():
    html = page()
    assert html.startswith("<!doctype html>")
    assert "<title>A &lt;title&gt;</title>" in html
    assert '<link rel="stylesheet" href="/static/render.css">' in html
    assert '<script src="/static/render.js" defer></script>' in html
    assert '<section class="cell code" id="cell-c-1"><pre>one</pre><p>1</p></section>' in html
    assert html.index("Words") < html.index("one") < html.index("two") < html.index("state")
    assert "data-theme" not in html


CHOICES = {
    "one by number": ({"cells": "2"}, ["c-1"]),
    "range": ({"cells": "2-3"}, ["c-1", "c-2"]),
    "range and number": ({"cells": "1,3-4"}, ["intro", "c-2", "12"]),
    "ids": ({"cells": "c-2,intro"}, ["intro", "c-2"]),
    "an id of digits": ({"cells": "12"}, ["12"]),
    "twice": ({"cells": "1,1,intro"}, ["intro"]),
    "past the end": ({"cells": "3-99"}, ["c-2", "12"]),
    "spaces": ({"cells": "1, 2"}, ["intro", "c-1"]),
    "code": ({"show": "code"}, ["c-1", "c-2", "12"]),
    "output": ({"show": "output"}, ["intro", "c-1", "12"]),
    "code of one": ({"show": "code", "cells": "c-1"}, ["c-1"]),
    "empty": ({"cells": ""}, ["intro", "c-1", "c-2", "12"]),
}


@pytest.mark.parametrize(("choice", "ids"), CHOICES.values(), ids=CHOICES)
def test_some_cells(choice, ids):
    html = page(**choice)
    assert [part.id for part in RENDERED.parts if f'id="cell-{part.id}"' in html] == ids


def test_a_cell_tells_its_number_where_its_place_does_not():
    assert "data-number" not in page()
    assert '<section class="cell code" id="cell-c-2" data-number="3">' in page(cells="c-2")


def test_code_and_output_apart():
    assert "<p>1</p>" not in page(show="code")
    assert "<pre>one</pre>" not in page(show="output")
    assert "state" not in page(show="code")


@pytest.mark.parametrize(
    ("file", "needs_it"),
    [
        ("/math.css", "<math>x</math>"),
        ("/terminal.css", ansi.to_html("\x1b[1;31mred\x1b[0m")),
        ("/viewers.js", '<div class="island" data-kind="js"></div>'),
    ],
)
def test_files_come_with_what_needs_them(file, needs_it):
    assets = Assets("/a.css", "/a.js", "/math.css", "/terminal.css", "/viewers.js", "/live.css", "/live.js")
    some = Rendered("x", "", [Part("f", "markdown", "", needs_it), Part("p", "markdown", "", "x")])
    assert file in document.assemble(some, assets, Choice()).decode()
    for other in (
        document.assemble(RENDERED, assets, Choice()),
        document.assemble(some, assets, Choice("p")),
    ):
        assert file not in other.decode()
        assert "/a.css" in other.decode() and "/a.js" in other.decode()


def test_nothing_to_show_is_said():
    assert "There is nothing to show here." in page(cells="c-2", show="output")
    empty = document.assemble(Rendered("x", "", []), ASSETS, Choice()).decode()
    assert "This notebook is empty." in empty


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_theme(theme):
    assert f'data-theme="{theme}"' in page(theme=theme)


HEAVY = Rendered("x", "", [Part("c", "code", "<pre>code</pre>", "WHOLE", ["before ", " after"])])
POSTERS = {
    "whole": ({}, ["WHOLE"]),
    "poster": (
        {"heavy": "click"},
        ["before ?show=all&amp;theme=auto&amp;heavy=click&amp;full=c#cell-c after"],
    ),
    "shown": ({"heavy": "click", "full": "b,c"}, ["WHOLE"]),
    "one more": (
        {"heavy": "click", "full": "b", "cells": "1,c", "theme": "dark", "show": "output"},
        ["before ?cells=1,c&amp;show=output&amp;theme=dark&amp;heavy=click&amp;full=b,c#cell-c after"],
    ),
    "code": ({"heavy": "click", "show": "code"}, []),
}


@pytest.mark.parametrize(("choice", "outputs"), POSTERS.values(), ids=POSTERS)
def test_heavy_outputs_wait_for_a_click(choice, outputs):
    assert [str(output) for _, _, output in Choice(**choice).parts(HEAVY) if output] == outputs


WRONG = {
    "heavy": ({"heavy": "none"}, 400, "heavy_invalid"),
    "full": ({"full": '"><b>'}, 400, "full_invalid"),
    "show": ({"show": "outputs"}, 400, "show_invalid"),
    "theme": ({"theme": '"><script>'}, 400, "theme_invalid"),
    "cells": ({"cells": "1;2"}, 400, "cells_invalid"),
    "cells with markup": ({"cells": "<b>"}, 400, "cells_invalid"),
    "too many": ({"cells": ",".join("1" * 201)}, 400, "cells_invalid"),
    "cell 0": ({"cells": "0"}, 422, "cell_unknown"),
    "no such number": ({"cells": "5"}, 422, "cell_unknown"),
    "backwards": ({"cells": "3-2"}, 422, "cell_unknown"),
    "no such id": ({"cells": "nope"}, 422, "cell_unknown"),
}


@pytest.mark.parametrize(("choice", "status", "code"), WRONG.values(), ids=WRONG)
def test_wrong_choices(choice, status, code):
    with pytest.raises(MLabsError) as caught:
        page(**choice)
    assert (caught.value.status, caught.value.code) == (status, code)
    assert (status == 400) == isinstance(caught.value, BadInput)


def test_tags_tell_choices_apart():
    assert Choice().tag == ""
    choices = {}, {"cells": "1"}, {"show": "code"}, {"theme": "dark"}, {"heavy": "click"}, {"full": "1"}
    assert len({Choice(**choice).tag for choice in choices}) == 6


def test_failure_escapes_what_it_says():
    html = document.failure("<b>", "<i>", ASSETS, "dark", '"><script>').decode()
    assert "&lt;b&gt;" in html
    assert "<script>" not in html
