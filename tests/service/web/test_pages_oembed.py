"""oEmbed: links to labs and runs become embeds, and nobody learns of more than an embed would show."""

from __future__ import annotations

import json
from html import unescape
from xml.etree import ElementTree

import pytest

from mlabs_ext.errors import MLabsError
from mlabs_ext.service.web.pages.oembed import as_xml, place

RUN, OPEN_RUN, DRAFT_RUN = (f"01JCQ3W3T9V0Q8X5H7ZK2M000{n}" for n in (1, 2, 3))
ATTACK = '"><script>alert(1)</script>'
HOMES = {"labs.example.org/services/mlabs/", "127.0.0.1:8000/services/mlabs/"}
AT = "https://labs.example.org/services/mlabs/"

PLACES = {
    "lab": (f"{AT}@ada/mnist", "ada", {}),
    "slash": (f"{AT}@ada/mnist/", "ada", {}),
    "port and case": ("https://LABS.example.org:443/services/mlabs/@ada/mnist", "ada", {}),
    "as it was reached": ("http://127.0.0.1:8000/services/mlabs/@ada/mnist", "ada", {}),
    "query and fragment": (f"{AT}@ada/mnist?utm=x&v=9#cell-1", "ada", {}),
    "version": (f"{AT}@ada/mnist/v/3", "ada", {"v": "3"}),
    "run": (f"{AT}@ada/mnist/runs/{RUN}", "ada", {"run": RUN}),
    "owner in quotes": (f"{AT}@a%28b%29/mnist", "a(b)", {}),
    "embed": (
        f"{AT}embed/@ada/mnist?cells=2-4&show=code&theme=dark&x=y",
        "ada",
        {"cells": "2-4", "show": "code", "theme": "dark"},
    ),
}


@pytest.mark.parametrize(("url", "owner", "options"), PLACES.values(), ids=PLACES)
def test_an_address_names_a_lab_and_what_of_it(url, owner, options):
    assert place(url, HOMES)[:2] == (owner, "mnist")
    assert place(url, HOMES)[2].given() == options


NO_PLACES = {
    "nothing": ("", 400),
    "a path": ("/services/mlabs/@ada/mnist", 400),
    "no host": ("https:///services/mlabs/@ada/mnist", 400),
    "another scheme": ("ftp://labs.example.org/services/mlabs/@ada/mnist", 400),
    "javascript": ("javascript:alert(1)", 400),
    "brackets": ("http://[", 400),
    "an option that is none": (f"{AT}embed/@ada/mnist?theme=pink", 400),
    "another site": ("https://example.org/services/mlabs/@ada/mnist", 404),
    "another path": ("https://labs.example.org/@ada/mnist", 404),
    "no lab": (f"{AT}@ada", 404),
    "settings": (f"{AT}@ada/mnist/settings", 404),
    "version 0": (f"{AT}@ada/mnist/v/0", 404),
    "no run": (f"{AT}@ada/mnist/runs/x", 404),
}


@pytest.mark.parametrize(("url", "status"), NO_PLACES.values(), ids=NO_PLACES)
def test_other_addresses_are_errors(url, status):
    with pytest.raises(MLabsError) as caught:
        place(url, HOMES)
    assert caught.value.status == status


def test_xml_leaves_out_what_it_cannot_hold():
    said = as_xml({"title": 'a\x00\x08<b>&"\ud800é', "width": 3})
    root = ElementTree.fromstring(said.decode())
    assert [(child.tag, child.text) for child in root] == [("title", 'a<b>&"é'), ("width", "3")]


def ask(town, page, who=None, **query):
    return town.person(who).get("oembed", params={"url": f"{town.site.url}{page}"} | query)


def test_a_lab_is_something_rich(town):
    said = ask(town, "@ada/mnist")
    assert said.headers["Content-Type"].startswith("application/json")
    assert said.headers["Access-Control-Allow-Origin"] == "*"
    assert said.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert said.json() == {
        "version": "1.0",
        "type": "rich",
        "provider_name": "MLabs",
        "provider_url": town.site.url,
        "title": "MNIST from scratch",
        "author_name": "ada",
        "author_url": f"{town.site.url}@ada",
        "cache_age": 60,
        "html": (
            f'<iframe src="{town.site.url}embed/@ada/mnist" title="MNIST from scratch" loading="lazy" '
            'style="max-width:100%;border:0" width="720" height="480"></iframe>'
        ),
        "width": 720,
        "height": 480,
    }


HANDED_OUT = {
    "@ada/mnist/v/1": "?v=1",
    f"@ada/mnist/runs/{RUN}": f"?run={RUN}",
    "embed/@ada/mnist?cells=1&show=code": "?cells=1&show=code",
    "@ada/hidden": "",
}


def test_what_it_hands_out_can_be_shown(town):
    for page, query in HANDED_OUT.items():
        address = unescape(ask(town, page).json()["html"].split('"')[1])
        assert address.endswith(("mnist", "hidden")[page == "@ada/hidden"] + query)
        assert town.get(None, address.removeprefix(town.site.url)).status_code == 200


SIZES = {
    "none": ({}, (720, 480)),
    "narrow": ({"maxwidth": "320"}, (320, 480)),
    "low": ({"maxheight": "100"}, (720, 100)),
    "both": ({"maxwidth": "1", "maxheight": "1"}, (1, 1)),
    "more than enough": ({"maxwidth": "5000", "maxheight": "900000000"}, (720, 480)),
}


@pytest.mark.parametrize(("asked", "size"), SIZES.values(), ids=SIZES)
def test_maxima_are_obeyed(town, asked, size):
    said = ask(town, "@ada/mnist", **asked).json()
    assert (said["width"], said["height"]) == size
    assert f'width="{size[0]}" height="{size[1]}"' in said["html"]


def test_titles_stay_titles_in_json_and_in_xml(town):
    said = ask(town, "@bob/attack")
    assert "</script>" not in said.text
    assert said.json()["title"] == ATTACK
    assert "<script>" not in said.json()["html"]
    xml = ask(town, "@bob/attack", format="xml")
    assert xml.headers["Content-Type"] == "text/xml; charset=utf-8"
    root = ElementTree.fromstring(xml.text)
    assert root.tag == "oembed"
    assert {child.tag: child.text for child in root} == {
        name: str(value) for name, value in said.json().items()
    }


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"format": "yaml"}, 501),
        ({"maxwidth": "0"}, 400),
        ({"maxheight": "-1"}, 400),
        ({"maxwidth": "wide"}, 400),
    ],
    ids=["format", "zero", "negative", "words"],
)
def test_what_cannot_be_answered_is_an_error_of_the_one_shape(town, query, status):
    answer = ask(town, "@ada/mnist", **query)
    assert answer.status_code == answer.json()["error"]["status"] == status
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_no_address_is_an_error(town):
    assert town.get(None, "oembed").json()["error"]["code"] == "url_invalid"


def test_what_not_everybody_may_see_is_as_absent_also_for_its_owner(town):
    absent = ask(town, "@ada/absent", "ada")
    assert absent.status_code == 404
    for page in ("@ada/secret", "@ada/draft", "embed/@ada/secret", f"@ada/draft/runs/{DRAFT_RUN}"):
        hidden = ask(town, page, "ada")
        name = "draft" if "draft" in page else "secret"
        assert hidden.status_code == 404
        assert json.loads(hidden.text.replace(name, "absent")) == absent.json(), page
    assert ask(town, "@ada/mnist/v/7").status_code == 404
    assert ask(town, f"@bob/attack/runs/{RUN}").status_code == 404


PAGES = {
    "@ada/mnist": True,
    "@ada/mnist/v/1": True,
    f"@ada/mnist/runs/{RUN}": True,
    "@ada/hidden": True,
    "@ada/secret": False,
    "@ada/draft": False,
    f"@ada/draft/runs/{DRAFT_RUN}": False,
}


def test_pages_that_everybody_may_see_say_where_to_ask(town):
    for path, told in PAGES.items():
        links = town.page("ada", path).all("link", rel="alternate")
        found = {link["type"]: link["href"] for link in links if "oembed" in link["href"]}
        assert bool(found) == told, path
        if told:
            assert set(found) == {"application/json+oembed", "text/xml+oembed"}
            said = town.get(None, found["application/json+oembed"].removeprefix(town.site.url)).json()
            assert said["type"] == "rich"
            xml = town.get(None, found["text/xml+oembed"].removeprefix(town.site.url)).text
            assert ElementTree.fromstring(xml).findtext("html") == said["html"]
