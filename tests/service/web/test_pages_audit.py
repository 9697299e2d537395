"""The administrators' page of who did what."""

from __future__ import annotations

import pytest


@pytest.fixture
def acted(site):
    site.publish(name="digits")
    site.publish("bob", name="letters")
    site.as_("ada").patch("api/v1/labs/ada/digits", json={"visibility": "private"}).raise_for_status()
    return site


def page(site, query=""):
    answer = site.session("admin").get(f"admin/audit{query}")
    assert answer.status_code == 200
    return answer.text


def test_it_tells_who_did_what(acted):
    text = page(acted)
    assert text.count("Published") == 3  # in the form, and twice in the table
    assert "was public" in text
    assert 'href="/services/mlabs/@ada/digits"' in text
    assert "Kept for 365 days." in text


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ("?actor=bob", "bob/letters", "ada/digits</a>"),
        ("?action=made_private", "was public", "version 1"),
        ("?about=ada/digits", "ada/digits</a>", "bob/letters"),
        ("?request=unknown-request", "Nothing fits", "version 1"),
        ("?since=yesterday", "neither a time", "version 1"),
    ],
)
def test_the_form(acted, query, there, not_there):
    text = page(acted, query)
    assert there in text
    assert not_there not in text


def test_it_is_not_there_for_others(acted):
    assert acted.session("ada").get("admin/audit").status_code == 404
    assert acted.as_(None).get("admin/audit").status_code in (302, 404)


def test_an_empty_record_says_what_it_is_for(site):
    assert "Nothing was done yet" in page(site)
