"""The page that builds embeds: a plain form, and what it hands out is what an embed shows."""

from __future__ import annotations

from html import unescape

import pytest

BASE = "/services/mlabs/"
RUN, OPEN_RUN, DRAFT_RUN = (f"01JCQ3W3T9V0Q8X5H7ZK2M000{n}" for n in (1, 2, 3))


def test_the_form_begins_with_the_whole_lab(town):
    page = town.page(None, "@ada/mnist/embed")
    [form] = page.all("form", method="get", **{"data-builder": None})
    assert "action" not in form
    [frame] = page.all("iframe")
    assert (frame["src"], frame["height"]) == (f"{BASE}embed/@ada/mnist", "480")
    text = unescape(town.get(None, "@ada/mnist/embed").text)
    assert f'<iframe src="{town.site.url}embed/@ada/mnist" title=' in text
    assert '<p class="mlabs" data-lab="ada/mnist" data-height="480" style="min-height:480px">' in text


CHOSEN = {
    "cells": ({"cells": "1-2", "show": "code", "theme": "dark"}, "cells=1-2&show=code&theme=dark", "480"),
    "version": ({"v": "1", "header": "0", "height": "300"}, "v=1&header=0", "300"),
    "run": ({"run": RUN, "height": ""}, f"run={RUN}", "480"),
    "empty": ({"v": "", "cells": " ", "show": "", "theme": "", "header": ""}, "", "480"),
}


@pytest.mark.parametrize(("query", "options", "height"), CHOSEN.values(), ids=CHOSEN)
def test_what_is_chosen_is_previewed_and_kept(town, query, options, height):
    answer = town.person(None).get("@ada/mnist/embed", params=query)
    page = town.page(None, f"@ada/mnist/embed?{answer.request.url.query.decode()}")
    [frame] = page.all("iframe")
    assert frame["src"] == f"{BASE}embed/@ada/mnist" + (f"?{options}" if options else "")
    assert frame["height"] == height
    assert town.get(None, frame["src"].removeprefix(BASE)).status_code == 200
    for name, value in query.items():
        if value.strip() and name in ("show", "theme", "header", "v"):
            assert page.all("option", value=value, selected=None), name
        elif value.strip():
            assert page.all("input", name=name, value=value), name


@pytest.mark.parametrize("query", ["cells=<b>", "theme=pink", "height=1", "height=tall", "v=0", 'run="><b>'])
def test_what_cannot_be_used_is_said_and_kept(town, query):
    page = town.page(None, f"@ada/mnist/embed?{query}", 400)
    name, _, value = query.partition("=")
    assert f"`{name}` " in page.text
    assert not page.all("iframe")
    if name in ("cells", "height"):
        assert page.all("input", name=name, value=value)


def test_a_private_lab_says_that_an_embed_shows_nothing(town):
    page = town.page("ada", "@ada/secret/embed")
    assert "This lab is private" in page.text
    assert not page.all("iframe")
    assert town.get("bob", "@ada/secret/embed").status_code == 404


def test_a_draft_is_to_be_published_first(town):
    assert "publish it first" in town.page("ada", "@ada/draft/embed", 422).text
    assert town.get(None, "@ada/draft/embed").status_code == 404


def test_labs_and_runs_lead_there(town):
    assert f"{BASE}@ada/mnist/embed" in town.page(None, "@ada/mnist").links()
    assert f"{BASE}@ada/mnist/embed?v=1" in town.page(None, "@ada/mnist/v/1").links()
    assert f"{BASE}@ada/mnist/embed?run={RUN}" in town.page(None, f"@ada/mnist/runs/{RUN}").links()
    assert not [link for link in town.page("ada", f"@ada/draft/runs/{DRAFT_RUN}").links() if "/embed" in link]


def test_addresses_are_those_that_readers_know(start_site):
    site = start_site(public_url="https://labs.example.org")
    site.publish("ada", name="mnist")
    page = site.as_(None).get("@ada/mnist/embed?theme=dark").text
    assert "https://labs.example.org/services/mlabs/embed/@ada/mnist?theme=dark" in unescape(page)
    assert 'class="preview" src="/services/mlabs/embed/@ada/mnist?theme=dark"' in page
