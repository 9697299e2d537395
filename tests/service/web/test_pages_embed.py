"""Embeds: the same for everybody, and shaped by their address."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from service.web.conftest import Html
from traitlets import TraitError

import mlabs_ext.service

BASE = "/services/mlabs/"
BUILD = Path(mlabs_ext.service.__file__).parent / "static" / "build"
RUN, OPEN_RUN, DRAFT_RUN = (f"01JCQ3W3T9V0Q8X5H7ZK2M000{n}" for n in (1, 2, 3))


FRAMES = {
    "latest": ("", "v/1?theme=auto&heavy=click&r={r}", "@ada/mnist"),
    "version": ("?v=1", "v/1?theme=auto&heavy=click&r={r}", "@ada/mnist/v/1"),
    "run": (f"?run={RUN}", f"runs/{RUN}?theme=auto&heavy=click", f"@ada/mnist/runs/{RUN}"),
    "some cells": (
        "?cells=2-4,cell-0&show=code&theme=dark",
        "v/1?cells=2-4%2Ccell-0&show=code&theme=dark&heavy=click&r={r}",
        "@ada/mnist",
    ),
    "spaces": (
        "?cells=%201,%20cell-1&show=",
        "v/1?cells=1%2C+cell-1&theme=auto&heavy=click&r={r}",
        "@ada/mnist",
    ),
}


@pytest.mark.parametrize(("query", "frame", "link"), FRAMES.values(), ids=FRAMES)
def test_an_embed_shows_what_its_address_says(town, site, query, frame, link):
    page = town.page(None, f"embed/@ada/mnist{query}")
    source = f"{BASE}render/@ada/mnist/" + frame.format(r=site.service.renderer.version)
    assert [a["src"] for a in page.all("iframe")] == [source]
    assert town.get(None, source.removeprefix(BASE)).status_code == 200
    links = page.all("a")
    assert [out["href"] for out in links] == [BASE + link, f"{BASE}fork/@ada/mnist"]
    assert {(out["target"], out["rel"]) for out in links} == {("_blank", "noopener")}
    assert not page.all("form")
    assert not page.all("button")


# What is given, and what is said of it.
WRONG = {
    "v=0": "the number of a version, such as 3.",
    "v=latest": "the number of a version, such as 3.",
    "v=1e3": "the number of a version, such as 3.",
    "v=٣": "the number of a version, such as 3.",
    "run=x": "the id of a run, 26 letters and digits.",
    "cells=<b>": "cell ids, or numbers from 1 and ranges, such as 2-4,7.",
    "cells=1,,2": "cell ids, or numbers from 1 and ranges, such as 2-4,7.",
    "cells=" + ",".join(["1"] * 201): "cell ids, or numbers from 1 and ranges, such as 2-4,7.",
    "show=none": "all, code or output.",
    "theme=pink": "auto, light or dark.",
    "header=yes": "0 or 1.",
    "run-here=2": "0 or 1.",
    "around=blue": "light or dark.",
}


@pytest.mark.parametrize("query", WRONG, ids=lambda query: query[:12])
def test_an_option_that_cannot_be_used_is_named_in_the_frame(town, query):
    answer = town.get(None, f"embed/@ada/mnist?{query}")
    page = town.page(None, f"embed/@ada/mnist?{query}", 400)
    assert f"`{query.partition('=')[0]}` cannot be used as it is: it takes {WRONG[query]}" in page.text
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]


AROUND = {
    "dark around": ("around=dark", "dark", True),
    "nothing around": ("theme=auto", None, True),
    "its own": ("theme=light&around=dark", "light", False),
}


@pytest.mark.parametrize(("query", "theme", "follows"), AROUND.values(), ids=AROUND)
def test_auto_means_the_page_around_where_that_is_told(town, query, theme, follows):
    page = town.page(None, f"embed/@ada/mnist?{query}")
    [html] = page.all("html")
    assert (html.get("data-theme"), "data-follows" in html) == (theme, follows)
    assert f"theme={theme or 'auto'}&" in page.all("iframe")[0]["src"]


@pytest.mark.parametrize("query", ["cells=9", "cells=3-2", "cells=nope"])
def test_cells_that_are_not_there_are_named_in_the_frame(town, query):
    frame = town.page(None, f"embed/@ada/mnist?{query}").all("iframe")[0]["src"]
    page = town.page(None, frame.removeprefix(BASE), 422)
    assert f"There is no cell '{query.removeprefix('cells=')}' here: it has 2 cells." in page.text


@pytest.mark.parametrize(
    ("query", "theme"), [("cells=<b>&theme=dark", "dark"), ("cells=<b>", None), ("theme=pink", None)]
)
def test_an_error_keeps_the_theme(town, query, theme):
    [html] = town.page(None, f"embed/@ada/mnist?{query}", 400).all("html")
    assert html.get("data-theme") == theme


def test_bytes_that_are_no_text_are_an_error_in_the_frame(town):
    answer = town.get(None, "embed/@ada/mnist?cells=%ff")
    assert answer.status_code == 400
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "embed/@ada/mnist?v=7",
        f"embed/@ada/hidden?run={RUN}",
        f"embed/@ada/mnist?run={DRAFT_RUN}",
        "embed/@ada/nope",
        "embed/@ada",
        "embed/ada/mnist",
    ],
    ids=["version", "run-of-another-lab", "run-of-a-draft", "lab", "no lab", "no at"],
)
def test_what_is_not_there_says_so_in_the_frame(town, path):
    assert "This lab is not available" in town.page("ada", path, 404).text
    assert "frame-ancestors *" in town.get("ada", path).headers["Content-Security-Policy"]


def test_cookies_change_nothing(town):
    for path in ("embed/@ada/mnist", "embed/@ada/secret", "embed/@ada/draft"):
        answers = [town.get(who, path) for who in (None, "ada", "bob")]
        assert len({answer.status_code for answer in answers}) == 1
        texts = [answer.text for answer in answers]
        assert not any("set-cookie" in answer.headers for answer in answers)
        assert len({len(text) for text in texts}) == 1


def test_the_header_can_be_left_out(town):
    assert "embed__bar" in town.get(None, "embed/@ada/mnist?header=1").text
    assert '<header class="embed__bar">' not in town.get(None, "embed/@ada/mnist?header=0").text


def test_the_administrator_may_name_the_sites(start_site):
    site = start_site(embed_ancestors=["https://blog.example.org"])
    site.publish("ada", name="mnist")
    policy = site.client().get("embed/@ada/mnist").headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors https://blog.example.org 'self'")


def test_the_badge_is_for_any_site(town):
    answer = town.get(None, "badge.svg")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Open in MLabs" in answer.text


@pytest.mark.skipif(not (BUILD / "host.js").exists(), reason="the UI is not built: python ui/build.py web")
@pytest.mark.parametrize("script", ["embed.js", "layers.js", "tf.js"])
def test_the_scripts_are_for_any_site_and_kept(script, town):
    answer = town.get(None, script)
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert "set-cookie" not in answer.headers
    again = town.site.client().get(script, headers={"If-None-Match": answer.headers["Etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_without_a_build_the_script_says_so(town, site, monkeypatch, tmp_path):
    monkeypatch.setattr(site.service.static, "root", tmp_path)
    answer = town.get(None, "embed.js")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "ui_absent")


PYODIDE = "https://static.example.org/pyodide/"


@pytest.fixture
def runnable(start_site):
    """A service where readers may run what is embedded; its script need not be built."""
    site = start_site(pyodide_url=PYODIDE.rstrip("/"))
    site.publish("ada", name="mnist")
    site.service.renderer.assets = msgspec.structs.replace(site.service.renderer.assets, here="/here.js")
    return site


def document_of(site, query):
    page = Html(site.client().get(f"embed/@ada/mnist{query}").text)
    return site.client().get(page.all("iframe")[0]["src"].removeprefix(BASE))


def test_readers_run_code_with_what_is_at_one_address_alone(runnable):
    walled, here = document_of(runnable, ""), document_of(runnable, "?run-here=1&cells=2")
    before, after = (
        dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
        for answer in (walled, here)
    )
    assert after.pop("script-src") == f"{before.pop('script-src')} 'wasm-unsafe-eval' {PYODIDE}"
    assert (before.pop("connect-src"), after.pop("connect-src")) == ("'none'", PYODIDE)
    assert before == after
    assert before["sandbox"] == "allow-scripts"
    assert f'data-pyodide="{PYODIDE}"' in here.text
    assert '<script src="/here.js" defer></script>' in here.text
    assert "pyodide" not in walled.text
    known = {"If-None-Match": here.headers["Etag"]}
    again = runnable.client().get(str(here.request.url), headers=known)
    assert again.status_code == 304
    assert again.headers["Content-Security-Policy"] == here.headers["Content-Security-Policy"]


def test_without_an_address_nothing_is_run(town):
    here, walled = document_of(town.site, "?run-here=1"), document_of(town.site, "")
    assert here.status_code == 200
    assert here.headers["Content-Security-Policy"] == walled.headers["Content-Security-Policy"]
    assert "data-pyodide" not in here.text
    assert "Run button" not in town.get(None, "@ada/mnist/embed").text


def test_the_builder_offers_a_run_button_where_there_can_be_one(runnable):
    page = runnable.client().get("@ada/mnist/embed?run-here=1").text
    assert "Run button" in page
    assert "embed/@ada/mnist?run-here=1" in page


@pytest.mark.parametrize(
    "address", ["static.example.org", "ftp://x/", "https://x/ 'unsafe-inline'", "https://x/;", "https://x/?y"]
)
def test_an_address_that_no_policy_can_name_is_refused(start_site, address):
    with pytest.raises(TraitError, match="pyodide_url"):
        start_site(pyodide_url=address)
