"""What becomes of each link, with and without an original site to lead to."""

from __future__ import annotations

import pytest

from mlabs_ext.export.links import Fate, Links, Scope

BASE = "https://labs.example.org/services/mlabs/"
SCOPE = Scope(True, {"ada"}, {"ada/mnist"}, {"01JOPEN"})


def links(origin: str = "", scope: Scope = SCOPE, **more: dict[str, str]) -> Links:
    return Links(scope, BASE, origin, f"{BASE}@ada/mnist", "@ada/mnist/index.html", **more)


KEPT = {
    "/services/mlabs/": "../../",
    "/services/mlabs": "../../",
    "/services/mlabs/@ada": "../",
    "/services/mlabs/@ada/mnist/v/1": "v/1/",
    "/services/mlabs/?tag=vision": "../../?tag=vision",
    "/services/mlabs/@ada/mnist#outputs": "./#outputs",
    "/services/mlabs/@ada/mnist/runs/01JENDED": "runs/01JENDED/",
    "/services/mlabs/render/@ada/mnist/v/1?theme=auto": "../../render/@ada/mnist/v/1.html?theme=auto",
    "/services/mlabs/static/mlabs.css?v=1": "../../static/mlabs.css",
    "#main": "#main",
    "https://elsewhere.example/x?y": "https://elsewhere.example/x?y",
    "mailto:a@b.example": "mailto:a@b.example",
}


@pytest.mark.parametrize(("value", "to"), KEPT.items(), ids=lambda value: value)
def test_what_is_in_the_export_or_elsewhere_is_linked(value, to):
    assert links().of(value)[:2] == (Fate.KEPT, to)


@pytest.mark.parametrize(
    "path",
    [
        *("open/@ada/mnist", "fork/@ada/mnist", "run/@ada/mnist", "@ada/mnist/settings"),
        *("collect/@ada/mnist", "report?lab=ada/mnist", "@ada/mnist/star", "@ada/mnist/sharing"),
        *("new", "login?next=x", "me", "me/trash", "admin"),
    ],
)
@pytest.mark.parametrize("origin", ["", BASE], ids=["alone", "with its original"])
def test_what_needs_somebody_signed_in_is_left_out(path, origin):
    assert links(origin).of(f"/services/mlabs/{path}").fate is Fate.GONE


@pytest.mark.parametrize("path", ["/hub/token", "/user/ada/"])
def test_the_hub_is_no_part_of_it(path):
    assert links(BASE).of(path).fate is Fate.GONE


READ_THERE = [
    *("@bob/other", "@bob", "@ada/mnist/runs/01JOPEN"),
    *("@ada/mnist/compare/1...2", "@ada/mnist/board?metric=loss"),
]


@pytest.mark.parametrize("path", READ_THERE)
def test_what_is_to_read_elsewhere_leads_to_the_original(path):
    assert links(BASE).of(f"/services/mlabs/{path}")[:2] == (Fate.KEPT, BASE + path)
    assert links().of(f"/services/mlabs/{path}").fate in (Fate.PLAIN, Fate.GONE)


def test_an_export_without_explore_has_no_search():
    scope = Scope(labs={"ada/mnist"})
    assert links(scope=scope).of("/services/mlabs/?q=x").fate is Fate.PLAIN
    assert links(scope=scope).of("/services/mlabs/").to == "../../"


def test_the_next_page_of_a_list_has_a_file():
    more = {f"{BASE}@ada/mnist?cursor=abc": "@ada/mnist/page.2/index.html"}
    assert links(more=more).of("?cursor=abc").to == "page.2/"
    assert links().of("?cursor=abc").fate is Fate.PLAIN


MORE = {
    "@ada/mnist/versions": "versions/",
    "@ada/mnist/comments/01J": "comments/01J/",
    "@ada/collections/best": "../collections/best/",
    "@ada/feed.atom": "../feed.atom",
    "feed.atom": "../../feed.atom",
    "@ada/mnist/runs.atom": "runs.atom",
}


@pytest.mark.parametrize(("path", "to"), MORE.items(), ids=str)
def test_lists_collections_and_feeds_come_along(path, to):
    assert links(BASE).of(f"/services/mlabs/{path}").to == to


def test_a_feed_needs_an_original_to_lead_to():
    assert links().of("/services/mlabs/feed.atom").fate is Fate.GONE
    assert links(BASE).of("/services/mlabs/feed.atom?tag=x").to == f"{BASE}feed.atom?tag=x"


def test_pictures_of_the_service_come_along():
    found = links().picture("/services/mlabs/thumbnails/@ada/mnist.webp?v=3")
    assert found.to == "../../thumbnails/@ada/mnist.webp"
    assert found.needs == ("thumbnails/@ada/mnist.webp?v=3", "thumbnails/@ada/mnist.webp")
    assert links().picture("data:image/png;base64,AAAA").fate is Fate.KEPT
    assert links().picture("/services/mlabs/picture").fate is Fate.GONE
