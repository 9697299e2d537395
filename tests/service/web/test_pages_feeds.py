"""Feeds: whole Atom documents of what everybody may see, and of nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from xml.etree import ElementTree

import feedparser
import pytest

ATOM = "{http://www.w3.org/2005/Atom}"
FEEDS = ("feed.atom", "@ada/feed.atom", "@ada/mnist/versions.atom", "@ada/mnist/runs.atom")


def parsed(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(answer.content)


def text(element, name):
    found = element.find(f"{ATOM}{name}")
    return None if found is None else found.text


def titles(town, path):
    return [text(entry, "title") for entry in parsed(town.get(None, path)).iter(f"{ATOM}entry")]


@pytest.mark.parametrize("path", FEEDS)
def test_a_feed_has_all_that_atom_asks_for(town, path):
    feed = parsed(town.get(None, path))
    assert feed.tag == f"{ATOM}feed"
    entries = feed.findall(f"{ATOM}entry")
    assert entries
    ids = [text(element, "id") for element in (feed, *entries)]
    assert len(set(ids)) == len(ids)
    for element in (feed, *entries):
        assert text(element, "id").startswith(town.site.url)
        assert text(element, "title")
        assert datetime.fromisoformat(text(element, "updated")).tzinfo == UTC
        (page,) = [link for link in element.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
        address = page.get("href").removeprefix(town.site.url)
        assert town.get(None, address).headers["Content-Type"].startswith("text/html")
        assert town.get(None, address).status_code == 200
    for entry in entries:
        assert entry.find(f"{ATOM}author/{ATOM}name").text
    (own,) = [link for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert own.get("href") == town.site.url + path
    assert text(feed, "updated") == max(text(entry, "updated") for entry in entries)
    read = feedparser.parse(town.get(None, path).content)
    assert (read.bozo, read.version) == (False, "atom10")
    assert [entry.id for entry in read.entries] == ids[1:]
    assert all(entry.updated_parsed and entry.link for entry in read.entries)


def test_the_feed_of_explore_has_its_filters(town):
    assert len(titles(town, "feed.atom")) == 3
    assert titles(town, "feed.atom?tag=vision&owner=ada") == ["MNIST from scratch"]
    assert titles(town, "feed.atom?q=numpy&owner=bob") == ["MNIST from scratch"]
    assert titles(town, "feed.atom?accelerator=gpu") == titles(town, "feed.atom?q=%25") == []
    feed = parsed(town.get(None, "feed.atom?tag=vision&sort=popular&x=1"))
    assert text(feed, "id") == f"{town.site.url}feed.atom?tag=vision"
    assert [tag.get("term") for tag in feed.iter(f"{ATOM}category")] == ["vision"] * 2


def test_only_what_everybody_may_see_is_in_feeds(town):
    for who in (None, "bob", "ada"):
        assert len(list(parsed(town.get(who, "@ada/feed.atom")).iter(f"{ATOM}entry"))) == 1
        for lab in ("secret", "draft", "absent"):
            for feed in ("versions", "runs"):
                assert town.get(who, f"@ada/{lab}/{feed}.atom").status_code == 404, (who, lab)
    assert town.site.as_("ada").get("@ada/secret/runs.atom").status_code == 404
    assert town.get(None, "@ada/hidden/versions.atom").status_code == 200
    assert len(titles(town, "@ada/mnist/runs.atom")) == 2
    assert titles(town, "@nobody%00here/feed.atom") == []


def test_texts_are_texts(town, site):
    title = '</title> & <b>"bold"</b> \x01\ufffe'
    site.publish("bob", name="odd", title=title, description="]]> \x0b <script>", tags=["c++"])
    entry = parsed(town.get(None, "feed.atom")).find(f"{ATOM}entry")
    assert text(entry, "title") == '</title> & <b>"bold"</b> '
    assert text(entry, "summary") == "]]>  <script>"


def test_a_feed_that_is_known_is_not_sent_again(town, site):
    first = town.get(None, "feed.atom")
    assert "public" in first.headers["Cache-Control"]
    for known in (
        {"If-None-Match": first.headers["ETag"]},
        {"If-Modified-Since": first.headers["Last-Modified"]},
    ):
        again = site.client().get("feed.atom", headers=known)
        assert (again.status_code, again.content) == (304, b""), known
    modified = parsedate_to_datetime(first.headers["Last-Modified"])
    earlier = format_datetime(modified.replace(year=2020), usegmt=True)
    for old in ({"If-None-Match": '"x"'}, {"If-Modified-Since": earlier}, {"If-Modified-Since": "never"}):
        assert site.client().get("feed.atom", headers=old).status_code == 200
    site.as_("ada").patch("api/v1/labs/ada/mnist", json={"description": "New."})
    known = {"If-None-Match": first.headers["ETag"], "If-Modified-Since": first.headers["Last-Modified"]}
    assert site.client().get("feed.atom", headers=known).status_code == 200


def test_a_run_is_new_once_more_when_it_ends(town):
    runs = parsed(town.get(None, "@ada/mnist/runs.atom")).findall(f"{ATOM}entry")
    said = {text(run, "title"): run for run in runs}
    assert said.keys() == {"MNIST from scratch: run running", "MNIST from scratch: run succeeded"}
    ended = said["MNIST from scratch: run succeeded"]
    assert text(ended, "updated") > text(ended, "published")
    assert text(ended, "summary").startswith("Version 1, python, in ")


def test_an_empty_place_has_a_feed_too(site):
    assert text(parsed(site.client().get("feed.atom")), "updated") == "2020-01-01T00:00:00Z"
