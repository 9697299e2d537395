"""Embeds: the same for everybody, and shaped by their address."""

from __future__ import annotations

import pytest

BASE = "/services/mlabs/"
RUN, OPEN_RUN, DRAFT_RUN = (f"01JCQ3W3T9V0Q8X5H7ZK2M000{n}" for n in (1, 2, 3))


@pytest.mark.parametrize(
    ("query", "frame", "link"),
    [
        pytest.param("", "render/@ada/mnist/v/1?theme=auto&r={r}", "@ada/mnist", id="latest"),
        pytest.param("?v=1", "render/@ada/mnist/v/1?theme=auto&r={r}", "@ada/mnist/v/1", id="version"),
        pytest.param(
            "?run=" + RUN, f"render/@ada/mnist/runs/{RUN}?theme=auto", f"@ada/mnist/runs/{RUN}", id="run"
        ),
        pytest.param(
            "?cells=2-4,7&show=code&theme=dark",
            "render/@ada/mnist/v/1?cells=2-4%2C7&show=code&theme=dark&r={r}",
            "@ada/mnist",
            id="some-cells",
        ),
    ],
)
def test_an_embed_shows_what_its_address_says(town, site, query, frame, link):
    page = town.page(None, f"embed/@ada/mnist{query}")
    assert [a["src"] for a in page.all("iframe")] == [BASE + frame.format(r=site.service.renderer.version)]
    [out] = page.all("a")
    assert (out["href"], out["target"], out["rel"]) == (BASE + link, "_blank", "noopener")
    assert not page.all("form")
    assert not page.all("button")


@pytest.mark.parametrize(
    "query",
    [
        "v=0",
        "v=latest",
        "v=1e3",
        "run=x",
        "cells=<b>",
        "cells=1,,2",
        "show=none",
        "theme=pink",
        "header=yes",
        "v=٣",
    ],
)
def test_an_option_that_cannot_be_used_is_named(town, query):
    page = town.page(None, f"embed/@ada/mnist?{query}", 400)
    assert f"`{query.partition('=')[0]}` cannot be used as it is." in page.text


@pytest.mark.parametrize(
    "path",
    [
        "embed/@ada/mnist?v=7",
        f"embed/@ada/hidden?run={RUN}",
        f"embed/@ada/mnist?run={DRAFT_RUN}",
        "embed/@ada/nope",
    ],
    ids=["version", "run-of-another-lab", "run-of-a-draft", "lab"],
)
def test_what_is_not_there_says_so_in_the_frame(town, path):
    assert "This lab is not available" in town.page("ada", path, 404).text


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


def test_the_administrator_may_name_the_sites(start_site, make_notebook):
    site = start_site(embed_ancestors=["https://blog.example.org"])
    site.publish("ada", name="mnist")
    policy = site.client().get("embed/@ada/mnist").headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors https://blog.example.org")


def test_the_badge_is_for_any_site(town):
    answer = town.get(None, "badge.svg")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Open in MLabs" in answer.text
