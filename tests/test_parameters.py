"""Parameters as papermill has them: found, checked, read and injected."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mlabs_ext import parameters
from mlabs_ext.errors import Unusable
from mlabs_ext.parameters import Parameter


def cell(source, *tags):
    return new_code_cell(source, metadata={"tags": list(tags)})


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param("rate = 0.1  # of learning", [Parameter("rate", "0.1", 0.1)], id="a number"),
        pytest.param("name: str = 'adam'", [Parameter("name", "'adam'", "adam")], id="annotated"),
        pytest.param("a = b = None", [Parameter("a", "None"), Parameter("b", "None")], id="two"),
        pytest.param("sizes = (1, 2)", [Parameter("sizes", "(1, 2)", [1, 2])], id="a tuple is a list"),
        pytest.param("end = start + 1", [Parameter("end", "start + 1", known=False)], id="computed"),
        pytest.param("x = 1\nx = 2", [Parameter("x", "2", 2)], id="the last counts"),
        pytest.param("a.b = 1\nprint(1)\nq[0] = 2", [], id="no names"),
        pytest.param("%load_ext x\nrate = 1", [], id="no Python"),
        pytest.param("rate = 1e999", [Parameter("rate", "1e309", None)], id="more than JSON holds"),
    ],
)
def test_what_a_notebook_sets(source, found):
    nb = new_notebook(cells=[new_markdown_cell("x"), cell(source, "parameters")])
    assert parameters.find(nb) == found


def test_without_the_tag_there_are_none():
    assert parameters.find(new_notebook(cells=[cell("rate = 1")])) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param({"a-b": 1}, "no name", id="no name"),
        pytest.param({"": 1}, "no name", id="empty"),
        pytest.param({"class": 1}, "no name", id="a keyword"),
        pytest.param({"\ufb01t": 1}, "reads '\ufb01t' as 'fit'", id="a name that Python reads as another"),
        pytest.param({"a": "x" * 70_000}, "larger than 64 KB", id="too large"),
        pytest.param({f"a{n}": n for n in range(101)}, "at most 100", id="too many"),
        pytest.param({"a": "\0"}, "NUL", id="a NUL"),
        pytest.param({"a": [[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]}, "nests deeper", id="too deep"),
    ],
)
def test_what_no_run_takes(given, words):
    with pytest.raises(Unusable, match=words) as raised:
        parameters.check(given)
    assert raised.value.code == "parameters_invalid"


def test_what_a_run_takes():
    given = {"a": 1, "b": [None, True, {"c": "ö"}], "naïve": 0.5}
    assert parameters.check(given) == given


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        ("0.5", 0.1, 0.5),
        ("1e-3", None, 0.001),
        ("true", None, True),
        ("True", False, True),
        ("[1, 2]", None, [1, 2]),
        ("{'a': 1}", None, {"a": 1}),
        ("adam", None, "adam"),
        ("0.5", "adam", "0.5"),
        ("NaN", None, "NaN"),
        ("", None, ""),
    ],
)
def test_what_a_person_means(text, default, value):
    assert parameters.read(text, default) == value


def sources(nb):
    return [each.source for each in nb.cells]


def test_injected_after_the_defaults():
    nb = new_notebook(cells=[cell("import x"), cell("rate = 1", "parameters"), cell("print(rate)")])
    parameters.inject(nb, {"rate": 2, "text": "it's", "more": None})
    injected = '# Parameters\nrate = 2\ntext = "it\'s"\nmore = None'
    assert sources(nb) == ["import x", "rate = 1", injected, "print(rate)"]
    assert nb.cells[2].metadata.tags == ["injected-parameters"]
    assert nb.cells[2].id == "injected-parameters"


def test_injected_in_the_place_of_earlier_ones():
    nb = new_notebook(cells=[cell("rate = 1", "parameters"), cell("rate = 5", "injected-parameters")])
    assert sources(parameters.inject(nb, {"rate": 2})) == ["rate = 1", "# Parameters\nrate = 2"]


def test_injected_first_where_there_are_no_defaults():
    nb = new_notebook(cells=[cell("print(rate)")])
    nb.cells[0].id = "injected-parameters"
    assert sources(parameters.inject(nb, {"rate": 2})) == ["# Parameters\nrate = 2", "print(rate)"]
    assert nb.cells[0].id == "injected-parameters-1"


def test_none_leave_the_notebook_as_it_is():
    nb = new_notebook(cells=[cell("rate = 1", "parameters")])
    assert sources(parameters.inject(nb, {})) == ["rate = 1"]


def test_in_r():
    nb = new_notebook(metadata={"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}})
    given = {"a": True, "b": None, "c": [1, "x"], "d": {"e": 0.5}}
    expected = '# Parameters\na <- TRUE\nb <- NULL\nc <- list(1, "x")\nd <- list("e" = 0.5)'
    assert sources(parameters.inject(nb, given)) == [expected]
