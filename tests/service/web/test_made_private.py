"""A lab that everybody knew is made private: nothing that named it, showed it or kept it does so any more."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from service.web.conftest import RUN, Html, Town, ok, record
from service.web.test_thumbnails import illustrate
from support.waiting import until

# What is known of it by its title and its name, and by nothing else here.
MARK = "zebrafinch"
LAB = f"@ada/{MARK}"
# Where it was named, for anybody or for bob alone: these stay, without it.
LISTS = [
    "", "?q=songs", "?owner=ada", "?tag=birds", "?sort=popular", "?sort=trending", "?environment=python",
    "?accelerator=none", "feed.atom", "feed.atom?q=songs", "feed.atom?tag=birds", "@ada", "@ada/feed.atom",
    "@bob/collections/best", "@bob/copy", "@bob/copy/v/1", "@bob/copy/board?tree=1", "api/v1/labs",
    "api/v1/labs?q=songs", "api/v1/labs?owner=ada", "api/v1/people/ada", "api/v1/collections/bob/best",
    "api/v1/labs/bob/copy", "api/v1/labs/bob/copy/board?tree=1",
    "api/v1/labs/bob/copy/board?tree=1&format=csv",
]  # fmt: skip
BOBS = ["me/stars", "api/v1/me/stars", "fork/@bob/copy"]
# Its own addresses: these are gone, like those of a lab that never was.
OWN = [
    LAB, f"{LAB}/v/1", f"{LAB}/versions", f"{LAB}/runs", f"{LAB}/runs/{RUN}", f"{LAB}/forks", f"{LAB}/board",
    f"{LAB}/comments", f"{LAB}/comments/COMMENT", f"{LAB}/embed", f"{LAB}/compare/1...{RUN}",
    f"{LAB}/cite.bib", f"{LAB}/v/1/CITATION.cff", f"{LAB}/v/1/script", f"{LAB}/v/1/html",
    f"{LAB}/versions.atom", f"{LAB}/runs.atom", f"{LAB}/reproduced.svg", f"embed/{LAB}", f"embed/{LAB}?v=1",
    f"embed/{LAB}?run={RUN}", f"render/{LAB}/v/1", f"render/{LAB}/v/latest", f"render/{LAB}/v/1?r=RENDERER",
    f"render/{LAB}/runs/{RUN}", f"oembed?url=SITE{LAB}", f"assets/ada/{MARK}/latest/a.txt",
    f"assets/ada/{MARK}/1/a.txt", f"assets/ada/{MARK}/{RUN}/a.txt", f"thumbnails/ada/{MARK}/1.webp",
    f"api/v1/labs/ada/{MARK}", f"api/v1/labs/ada/{MARK}/versions/1/notebook",
    f"api/v1/labs/ada/{MARK}/runs", f"api/v1/labs/ada/{MARK}/assets.zip",
    f"api/v1/labs/ada/{MARK}/comments", f"api/v1/runs/{RUN}", f"api/v1/runs/{RUN}/events",
    f"api/v1/runs/{RUN}/notebook", f"api/v1/runs/{RUN}/metrics", f"api/v1/runs/{RUN}/outputs.zip",
    "api/v1/comments/COMMENT",
]  # fmt: skip
BOBS_OWN = [f"fork/{LAB}", f"collect/{LAB}", f"report?lab=ada/{MARK}"]


@pytest.fixture
def known(site):
    """The lab, in everything that there is; and the names of what is in it."""
    site.publish("ada", name=MARK, title="Zebrafinch songs", tags=["birds"])
    ada, bob = site.as_("ada"), site.as_("bob")
    record(ada, RUN, f"ada/{MARK}", "succeeded")
    for place in (f"runs/{RUN}/outputs", f"labs/ada/{MARK}/assets"):
        assert ada.put(f"api/v1/{place}/a.txt", content=b"a").status_code == 201
    illustrate(site, MARK)
    ok(ada.patch("api/v1/people/ada", json={"pinned": [MARK]}))
    ok(bob.put(f"api/v1/labs/ada/{MARK}/star"))
    ok(bob.post("api/v1/collections", json={"title": "Best"}))
    ok(bob.put(f"api/v1/collections/bob/best/labs/ada/{MARK}", json={"note": "Listen."}))
    ok(bob.post(f"api/v1/labs/ada/{MARK}/fork", json={"name": "copy"}))
    ok(bob.patch("api/v1/labs/bob/copy", json={"title": "My own"}))
    comment = ok(bob.post(f"api/v1/labs/ada/{MARK}/comments", json={"text": "Lovely."}))["id"]
    names = {"COMMENT": comment, "RENDERER": site.service.renderer.version, "SITE": quote(site.url)}
    return Town(site), names


def filled(path: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        path = path.replace(name, value)
    return path


def visits() -> list[tuple[str | None, str]]:
    """Who asks for what: the signed out for all that is anybody's, bob for that and for his own."""
    everybody = [(who, path) for who in (None, "bob") for path in [*LISTS, *OWN]]
    return [*everybody, *(("bob", path) for path in [*BOBS, *BOBS_OWN])]


def test_nothing_names_it_and_nothing_shows_it_any_more(known):
    town, names = known
    listed, own = {*LISTS, *BOBS} - {"fork/@bob/copy"}, {*OWN, *BOBS_OWN}
    until(lambda: MARK in town.get(None, "?q=songs").text)
    tags: dict[tuple[str | None, str], str] = {}
    for who, path in visits():
        answer = town.get(who, filled(path, names))
        assert answer.status_code == 200, (who, path, answer.text)
        assert MARK in answer.text.lower() or path not in listed, (who, path)
        tags[who, path] = answer.headers.get("ETag", "")

    ok(town.site.as_("ada").patch(f"api/v1/labs/ada/{MARK}", json={"visibility": "private"}))
    for who, path in visits():
        asked = {"If-None-Match": tags[who, path]} if tags[who, path] else {}
        answer = town.person(who).get(filled(path, names), headers=asked)
        said = answer.text.lower()
        if path in own:
            assert answer.status_code == 404, (who, path, answer.status_code)
            absent = said.replace(f"ada/{MARK}", "").replace(quote(f"ada/{MARK}", safe=""), "")
            assert "songs" not in absent, (who, path)
        else:
            assert answer.status_code == 200, (who, path, answer.status_code)
            assert MARK not in said, (who, path)
    assert "no longer visible" in Html(town.get("bob", "@bob/copy").text).text
    # Its owner has it, and its place in what others made of it comes back with it.
    assert town.get("ada", LAB).status_code == 200
    ok(town.site.as_("ada").patch(f"api/v1/labs/ada/{MARK}", json={"visibility": "public"}))
    assert MARK in town.get(None, "@bob/collections/best").text
    assert MARK in town.get("bob", "me/stars").text
