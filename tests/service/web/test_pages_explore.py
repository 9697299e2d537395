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


def test_the_next_page_goes_on_in_the_same_search():
    assert Links(BASE, {"q": "x"}, TITLES, "abc=").next == f"{BASE}?q=x&cursor=abc%3D"


def labs_on(page):
    return [href for href in page.links() if href.startswith(f"{BASE}@") and href.count("/") == 4]


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
