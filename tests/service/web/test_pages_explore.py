"""Explore and profiles: finding labs, page by page."""

from __future__ import annotations

import pytest

from mlabs_ext.service.web.pages.explore import Links

BASE = "/services/mlabs/"
TITLES = {"python": "Python", "jax": "JAX"}


@pytest.mark.parametrize(
    ("search", "changes", "address"),
    [
        pytest.param({}, {}, BASE, id="nothing"),
        pytest.param({"q": "a b"}, {}, f"{BASE}?q=a+b", id="search"),
        pytest.param({"q": "x"}, {"environment": "jax"}, f"{BASE}?q=x&environment=jax", id="narrower"),
        pytest.param({"environment": "jax"}, {"environment": ""}, BASE, id="wider"),
        pytest.param(
            {"tag": "a&b=c"}, {"sort": "popular"}, f"{BASE}?tag=a%26b%3Dc&sort=popular", id="quoted"
        ),
    ],
)
def test_links_lead_from_one_search_to_the_next(search, changes, address):
    assert Links(BASE, search, TITLES, None).to(**changes) == address


def test_links_know_what_is_chosen():
    links = Links(BASE, {"environment": "jax", "sort": ""}, TITLES, None)
    assert [item.current for item in links.environments] == [False, True]
    assert [item.current for item in links.sorts] == [True, False, False]
    assert links.next is None
    assert links.accelerators == []


def test_the_best_match_comes_first_where_words_are_searched():
    links = Links(BASE, {"q": "x", "sort": ""}, TITLES, None)
    assert [item.title for item in links.sorts if item.current] == ["Best match"]
    links = Links(BASE, {"q": "x", "sort": "recent"}, TITLES, None)
    assert [item.title for item in links.sorts if item.current] == ["Newest"]


def test_accelerators_can_be_chosen_where_there_are_any():
    links = Links(BASE, {"accelerator": "gpu", "q": "x"}, TITLES, None, ["gpu", "none"])
    assert [item.title for item in links.accelerators] == ["Any", "CPU", "GPU"]
    assert [item.current for item in links.accelerators] == [False, False, True]
    assert links.accelerators[0].href == f"{BASE}?q=x"
    assert links.without == {"q": f"{BASE}?accelerator=gpu", "accelerator": f"{BASE}?q=x"}


def test_the_feed_is_of_the_same_search():
    assert Links(BASE, {"q": "x", "sort": "popular"}, TITLES, None).feed == f"{BASE}feed.atom?q=x"
    assert Links(BASE, {}, TITLES, None).feed == f"{BASE}feed.atom"


def test_the_next_page_goes_on_in_the_same_search():
    assert Links(BASE, {"q": "x"}, TITLES, "abc=").next == f"{BASE}?q=x&cursor=abc%3D"


def labs_on(page):
    links = [href for href in page.links() if not href.endswith((".atom", "/models"))]
    return [href for href in links if href.startswith(f"{BASE}@") and href.count("/") == 4]


def test_only_public_labs_are_listed(town):
    for who in (None, "ada", "bob"):
        found = labs_on(town.page(who, ""))
        assert set(found) == {f"{BASE}@ada/mnist", f"{BASE}@bob/mnist", f"{BASE}@bob/attack"}, who


def test_a_profile_shows_its_owner_what_others_do_not_see(town):
    assert len(labs_on(town.page("ada", "@ada"))) == 4
    assert labs_on(town.page("bob", "@ada")) == [f"{BASE}@ada/mnist"]
    assert "Private" in town.page("ada", "@ada").text


def test_cards_tell_what_there_is_to_know(town):
    page = town.page(None, "?q=scratch&owner=ada")
    for words in ("MNIST from scratch", "ada", "Python", "2 runs", "1 fork", "live"):
        assert words in page.text
    assert page.all("time")


def test_pages_follow_each_other_until_all_were_shown(site, town):
    for n in range(30):
        site.publish("bob", name=f"many-{n}", title=f"Many {n}")
    seen, path = [], "?owner=bob"
    for _ in range(5):
        page = town.page(None, path)
        seen += labs_on(page)
        following = page.all("a", rel="next")
        if not following:
            break
        path = following[0]["href"].removeprefix(BASE)
    assert len(seen) == len(set(seen)) == 32


def test_an_empty_place_teaches(site):
    page = site.client().get("").text
    assert "No public lab yet. Yours can be the first." in page


def test_results_show_where_the_words_are(town):
    page = town.page(None, "?q=scratch")
    assert labs_on(page) == [f"{BASE}@ada/mnist", f"{BASE}@bob/mnist"]
    assert "2 labs" in page.text
    assert len(page.all("mark")) == 2
    page = town.page(None, "?q=numpy")
    assert "Description: Numpy only." in page.text


def test_what_was_found_is_shown_as_text(town, site):
    site.publish(
        "ada", name="odd", title="Odd", notebook=notebook("x = '<img src=x onerror=alert(1)> zebra'")
    )
    answer = town.get(None, "?q=zebra")
    assert "&lt;img src=x onerror=alert(1)&gt; <mark>zebra</mark>" in answer.text
    attack = town.get(None, "?q=alert").text
    assert "<script>alert(" not in attack
    assert "<script><mark>" not in attack


def notebook(*sources):
    cells = [
        {
            "id": f"c{n}",
            "cell_type": "code",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for n, source in enumerate(sources)
    ]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}


def test_a_search_keeps_its_filters_and_can_lose_them(town):
    page = town.page(None, "?q=nothing-like-it&environment=python&tag=vision&sort=popular")
    hidden = {field["name"]: field["value"] for field in page.all("input", type="hidden")}
    assert hidden == {"environment": "python", "tag": "vision", "sort": "popular"}
    assert "No lab matches" in page.text
    assert "In all environments" in page.text
    assert f"{BASE}?q=nothing-like-it&environment=python&sort=popular" in page.links()


@pytest.mark.parametrize(
    ("query", "teaches"),
    [
        ("?q=qqq", "try fewer or shorter ones"),
        ("?q=%25%26", "has no word in it"),
        ("?tag=none", "There is no such public lab yet."),
    ],
)
def test_an_empty_result_teaches(town, query, teaches):
    page = town.page(None, query)
    assert teaches in page.text
    assert "No labs" in page.text


def test_pages_lead_to_their_feeds(town):
    for path, feed in (
        ("", "feed.atom"),
        ("?tag=vision&sort=popular", "feed.atom?tag=vision"),
        ("@ada", "@ada/feed.atom"),
        ("@ada/mnist", "@ada/mnist/versions.atom"),
        ("@ada/mnist", "@ada/mnist/runs.atom"),
        ("@ada/mnist/runs", "@ada/mnist/runs.atom"),
    ):
        links = town.page("ada", path).all("link", rel="alternate", type="application/atom+xml")
        assert f"{BASE}{feed}" in [link["href"] for link in links], path
        assert town.get(None, feed).status_code == 200
    for path in ("@ada/secret", "@ada/secret/runs", "@ada/draft"):
        assert not town.page("ada", path).all("link", rel="alternate", type="application/atom+xml"), path
