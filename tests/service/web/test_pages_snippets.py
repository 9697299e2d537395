from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from mlabs_ext.lab import embed
from mlabs_ext.service.web.pages.snippets import chosen, snippet
from mlabs_ext.wire import Lab

BASE = "https://labs.example.org/services/mlabs/"


def lab(**fields):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    start = {
        "id": "1", "owner": "ada", "name": "mnist", "title": "MNIST", "description": "", "tags": [],
        "visibility": "public", "environment": "python", "accelerator": "none", "version": 2,
        "forked_from": None, "forks": 0, "stars": 0, "runs": 0, "live": False, "created": now, "updated": now,
        "url": "", "embed_url": "",
    }  # fmt: skip
    return Lab(**start | fields)


def attributes(html):
    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.append((tag, dict(attrs)))

    Reader().feed(html)
    return found


def test_the_snippet_is_the_one_of_the_contract():
    assert snippet(lab(), BASE).html == (
        f'<iframe src="{BASE}embed/@ada/mnist" title="MNIST" loading="lazy" '
        'style="width:100%;border:0" height="480"></iframe>'
    )


@pytest.mark.parametrize("title", ['"><script>alert(1)</script>', "a & b", "'onload=x"])
def test_a_title_stays_a_title_where_it_is_pasted(title):
    [(tag, found)] = attributes(snippet(lab(title=title), BASE).html)
    assert tag == "iframe"
    assert found["title"] == title


def test_a_fixed_version_is_embedded_as_such():
    fixed = snippet(lab(), BASE, 2)
    assert fixed.url == f"{BASE}@ada/mnist/v/2"
    assert fixed.embed_url == f"{BASE}embed/@ada/mnist?v=2"
    assert fixed.markdown == f"[![Open in MLabs]({BASE}badge.svg)]({fixed.url})"


def test_owners_are_quoted():
    assert snippet(lab(owner="a(b)"), BASE).url == f"{BASE}@a%28b%29/mnist"


RUN = "01JCQ3W3T9V0Q8X5H7ZK2M0001"


def test_options_are_the_same_in_each_form():
    options = {"run": RUN, "cells": "2-4,7", "show": "output", "theme": "", "header": "0"}
    made = chosen(lab(title="A & B"), BASE, options, 300)
    assert made.embed_url == f"{BASE}embed/@ada/mnist?run={RUN}&cells=2-4,7&show=output&header=0"
    assert made.url == f"{BASE}@ada/mnist/runs/{RUN}"
    [(tag, frame)] = attributes(made.html)
    assert (tag, frame["src"], frame["height"]) == ("iframe", made.embed_url, "300")
    (tag, paragraph), (_, link), (_, script) = attributes(made.paragraph)
    assert (tag, paragraph.pop("class"), paragraph.pop("style")) == ("p", "mlabs", "min-height:300px")
    said = {name.removeprefix("data-"): value for name, value in paragraph.items()}
    assert said == {"lab": "ada/mnist", "height": "300"} | {k: v for k, v in options.items() if v}
    assert link == {"href": made.url}
    assert script == {"async": None, "src": f"{BASE}embed.js"}


@pytest.mark.parametrize("title", ['"><script>alert(1)</script>', "</a></p><img src=x onerror=y>"])
def test_a_title_stays_a_title_in_a_paragraph(title):
    assert [tag for tag, _ in attributes(snippet(lab(title=title), BASE).paragraph)] == ["p", "a", "script"]


def test_jupyterlab_hands_out_the_same():
    there = lab(url="/services/mlabs/@ada/mnist", embed_url="/services/mlabs/embed/@ada/mnist", title="<b>")
    assert embed.snippet(there, f"{BASE}api/v1/") == snippet(there, BASE)
