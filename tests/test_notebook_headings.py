"""Headings are found as CommonMark has them, and no line takes longer than its length does."""

from __future__ import annotations

import time

import pytest
from support.raw_notebooks import markdown, parse, raw

from mlabs_ext import notebook
from mlabs_ext.notebook_headings import headings, words

LONG = 1_000_000

HEADINGS = {
    "closed": ("## a ##", [(2, "a")]),
    "closed by more": ("# a ######## \t", [(1, "a")]),
    "not closed: no space": ("# a#", [(1, "a#")]),
    "C#": ("# C# and F#", [(1, "C# and F#")]),
    "C# in the middle": ("# C# for all", [(1, "C# for all")]),
    "a # before the end": ("# a # b", [(1, "a # b")]),
    "only a closing one": ("# ##", [(1, "")]),
    "nothing": ("#", []),
    "blanks": ("#\t \t", [(1, "")]),
    "tab": ("#\ta\tb", [(1, "a\tb")]),
    "indented": ("   # a", [(1, "a")]),
    "code": ("    # a", []),
    "seven": ("####### a", []),
    "no space": ("##a", [(2, "a")]),
    "no space, indented": (" ##a", []),
    "no space, not closed": ("##a ##", [(2, "a ##")]),
    "underlined": ("a\n===", [(1, "a")]),
    "underlined, second level": ("a\n  --", [(2, "a")]),
    "a rule": ("\n---", []),
    "fenced": ("~~~\n# a\n~~~\n# b", [(1, "b")]),
    "HTML": ('x <h2 id="a">b <b>c</b></h2> y', [(2, "b <b>c</b>")]),
    "HTML, capitals": ("<H3>a</H3>", [(3, "a")]),
    "HTML in HTML": ("<h1>a<h2>b</h2>", [(1, "a<h2>b")]),
    "HTML of two": ("<h1>a</h1><h2>b</h2>", [(1, "a")]),
    "HTML without an end": ("<h1>a", []),
    "HTML that is not begun": ("<h1 a</h1", []),
}


@pytest.mark.parametrize(("source", "found"), HEADINGS.values(), ids=HEADINGS)
def test_headings(source, found):
    assert list(headings(source)) == found


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("**a** ~~b~~ `c` ***d***", "a b c d"),
        ("[a](b) ![c](d) [e][f]", "a c e"),
        ("a &amp; b \\# c", "a & b # c"),
        ('<img src="data:' + "a" * 5000 + '">b', "b"),
        ("![a](data:" + "b" * 5000 + ") c", "a c"),
    ],
)
def test_words(text, plain):
    assert words(text) == plain


HOSTILE = {
    "blanks": f"# a{' ' * LONG}b",
    "blanks and signs": f"# {'a #' * LONG}b",
    "signs": f"# a {'#' * LONG} b",
    "signs alone": "#" * LONG,
    "open HTML": "<h1>" * LONG,
    "HTML without an end of its tag": "<h1 " * LONG,
    "HTML that hardly ends": "<h1>" + "</h" * LONG,
    "rule": f"a\n{'-' * LONG}b",
    "backticks": f"# {'`' * LONG}a",
    "runs of backticks": "# " + " ".join("`" * n + "a" for n in range(1000)),
    "stars": f"# {'**a ' * LONG}",
    "lines of stars": f"## {'**a ' * 250}\n" * 1000,
    "brackets": f"# {'[' * LONG}",
    "links": f"# {'[a](' * LONG}",
    "tags": f"# {'<' * LONG}",
    "signs of exclamation": f"# {'!' * LONG}",
    "a large number": f"# &#{'9' * LONG};",
    "headings of nothing": "# <a>\n" * 50_000,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_no_line_takes_long(source):
    nb = parse(raw(markdown("")))
    nb.cells[0].source = source[: 2 * LONG]
    begun = time.process_time()
    notebook.title_of(nb)
    # A tenth of it on a quiet machine.
    assert time.process_time() - begun < 3
