"""Importing over HTTP: from the pasted address to the lab, and nothing before that."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from support.imports import BASE, create, labs, looked, values

from mlabs_ext.service.outbound import Outbound

API = "https://api.github.com"


class Nearby(Outbound):
    """Finds GitHub on loopback; all else is as it is."""

    near = ""

    async def get(self, url, limit, headers, wanted):
        return await super().get(url.replace(API, self.near), limit, headers, wanted)


def test_from_an_address_to_a_lab(place):
    page = looked(place, f"{place.home}/x.ipynb")
    assert values(page, "title") == ["Digits"]
    for words in (
        "It imports torch.",
        "Colab's settings ask for a GPU",
        "It was in format 4.4",
        "executionInfo",
        "/kaggle/input/mnist",
    ):
        assert words in page.text
    assert labs(place) == []
    answer = create(place, page)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{BASE}@ada/digits")
    (lab,) = labs(place)
    assert (lab["environment"], lab["visibility"], lab["version"]) == ("pytorch", "public", 1)
    assert lab["description"] == f"Imported from {place.home}/x.ipynb"


def test_the_preview_shows_the_notebook_behind_the_wall(place):
    page = looked(place, f"{place.home}/x.ipynb")
    (frame,) = page.all("iframe")
    assert frame["sandbox"] == "allow-scripts"
    document = place.site.as_(None).get(frame["src"].removeprefix("/services/mlabs/"))
    assert document.status_code == 200
    assert "import" in document.text
    assert document.headers["Content-Security-Policy"].startswith("sandbox allow-scripts;")
    assert document.headers["Cache-Control"] == "private, no-store"
    assert "Ada" not in document.text
    absent = place.site.as_(None).get(frame["src"].removeprefix("/services/mlabs/").replace("?", "x?"))
    assert absent.status_code == 404


def test_who_is_signed_out_signs_in_and_comes_back(place):
    asked = f"import?url={quote(f'{place.home}/x.ipynb', safe='')}"
    answer = place.town.get(None, asked)
    assert answer.status_code == 302
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["next"] == [f"{BASE}{asked}"]
    back = place.town.person("ada").get(f"login?next={quote(BASE + asked, safe='')}")
    assert back.headers["Location"] == f"{BASE}{asked}"
    assert place.shelf.posts == []


def test_a_form_that_is_sent_twice_makes_one_lab(place):
    page = looked(place, f"{place.home}/x.ipynb")
    assert create(place, page).headers["Location"] == create(place, page).headers["Location"]
    assert len(labs(place)) == 1


def test_what_cannot_be_used_comes_back_with_the_reason(place):
    page = looked(place, f"{place.home}/x.ipynb")
    answer = create(place, page, title="x" * 201)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "x" * 201 in answer.text
    assert create(place, page, id="x").status_code == 404
    assert labs(place) == []


REFUSED = {
    "http://10.1.2.3/x.ipynb": "cannot be used",
    "http://localhost/x.ipynb": "cannot be used",
    "http://2130706433/x.ipynb": "cannot be used",
    "http://169.254.169.254/latest": "cannot be used",
    "http://[::ffff:7f00:2]/x.ipynb": "cannot be used",
    "file:///etc/passwd": "Write it as",
    "hello": "Write it as",
}


def test_addresses_that_lead_nowhere(place):
    for url, words in REFUSED.items():
        page = looked(place, url, status=400)
        assert words in page.text, url
        assert values(page, "url") == [url]
    assert place.shelf.posts == []


def test_what_is_there_and_is_no_notebook(place):
    assert "or it is private" in looked(place, f"{place.home}/absent", status=422).text
    place.pages["/x"] = b"<html>"
    assert "not JSON" in looked(place, f"{place.home}/x", status=400).text
    place.shelf.media = "text/html; charset=utf-8"
    assert "A web page is at this address" in looked(place, f"{place.home}/x", status=422).text
    place.shelf.status, place.shelf.location, place.shelf.media = 302, "http://10.0.0.1/", ""
    assert "cannot be used" in looked(place, f"{place.home}/moved", status=400).text
    assert labs(place) == []


def test_a_lab_of_this_very_place_is_forked(place):
    url = quote("http://labs.test/services/mlabs/@bob/nets/v/2", safe="")
    answer = place.town.get("ada", f"import?url={url}")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{BASE}fork/@bob/nets")


def test_a_gist_with_one_notebook(place):
    near(place, {"a.ipynb": "/x.ipynb", "b.txt": "/b"})
    page = looked(place, "https://gist.github.com/ada/0123456789abcdef")
    assert values(page, "title") == ["Digits"]
    assert "https://gist.github.com/ada/0123456789abcdef" in page.links()


def test_a_gist_with_several(place):
    near(place, {"b.ipynb": "/x.ipynb", "a.ipynb": "/absent", "c.py": "/c"})
    page = looked(place, "https://gist.github.com/ada/0123456789abcdef")
    chosen = [link for link in page.links() if "notebook=" in link]
    assert [parse_qs(urlsplit(link).query)["notebook"] for link in chosen] == [["a.ipynb"], ["b.ipynb"]]
    assert values(place.town.page("ada", chosen[1].removeprefix(BASE)), "title") == ["Digits"]
    page = looked(place, "https://colab.research.google.com/gist/ada/0123456789abcdef/b.ipynb")
    assert values(page, "title") == ["Digits"]


def test_gists_that_cannot_be_read(place):
    near(place, {"a.txt": "/a"})
    gist = "https://gist.github.com/ada/0123456789abcdef"
    assert "no notebook in this gist" in looked(place, gist, status=422).text
    place.pages["/gists/0123456789abcdef"] = b'{"message": "rate limit"}'
    assert "does not say what is in this gist" in looked(place, gist, status=422).text


def near(place, files):
    """Have the gist 0123456789abcdef hold these files, by their paths in the one place."""
    listing = {"files": {name: {"raw_url": f"{place.home}{path}"} for name, path in files.items()}}
    place.pages["/gists/0123456789abcdef"] = json.dumps(listing).encode()
    importer = place.site.service.importer
    importer.outbound = Nearby(destinations=importer.outbound.destinations)
    importer.outbound.near = place.home


@pytest.mark.parametrize("path", ["import", "import/lab"])
def test_other_sites_cannot_send_the_forms(place, path):
    person = place.town.person("ada")
    answer = person.post(path, headers={"X-XSRFToken": "", "Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_the_way_in_is_shown_where_people_begin(place):
    for path in ("", "new", "me"):
        assert f"{BASE}import" in place.town.page("ada", path).links()
    page = place.town.page("ada", "import")
    assert "badge.svg" in page.text or page.all("img", src=f"{BASE}badge.svg")
