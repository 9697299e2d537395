"""Who is signed out and wants to open or fork a lab signs in at the hub, and is then asked about that."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote, urljoin

import httpx
import pytest
from support.person import Person

BASE = "/services/mlabs/"


@pytest.fixture(scope="module")
def lab(mlabs_up):
    """A lab of ines's."""
    ines = Person(mlabs_up.url, "ines", mlabs_up.password)
    cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Signed out"}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    made = ines.ok("POST", "labs", json={"notebook": notebook})
    yield made["name"]
    ines.ok("DELETE", f"labs/ines/{made['name']}")
    ines.close()


def signed_in(visitor: httpx.Client, page: httpx.Response, name: str, password: str) -> httpx.Response:
    """Fill in the hub's form as it stands on `page`, and go where that leads."""
    assert page.url.path == "/hub/login"
    action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
    xsrf = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
    assert action
    assert xsrf
    fields = {"username": name, "password": password, "_xsrf": xsrf[1]}
    return visitor.post(urljoin(str(page.url), unescape(action[1])), data=fields)


WANTED = {
    "fork": ("otto", "fork/@ines/{lab}", "fork/@ines/{lab}", "becomes yours"),
    "with a query": ("otto", "fork/@ines/{lab}?outputs=1", "fork/@ines/{lab}?outputs=1", "becomes yours"),
    "open": ("ines", "open/@ines/{lab}", "open/@ines/{lab}", "A server of yours starts"),
    "open another's": ("otto", "open/@ines/{lab}", "fork/@ines/{lab}", "becomes yours"),
    "away from here": ("otto", "login?next=" + quote("https://evil.example/", safe=""), "", "Explore"),
}


@pytest.mark.parametrize(("who", "wanted", "reached", "words"), WANTED.values(), ids=WANTED)
def test_signing_in_leads_back_and_starts_nothing(mlabs_up, lab, who, wanted, reached, words):
    with httpx.Client(base_url=mlabs_up.url, follow_redirects=True, timeout=60) as visitor:
        page = visitor.get(BASE + wanted.format(lab=lab))
        page = signed_in(visitor, page, who, mlabs_up.password)
        assert page.status_code == 200, page.text
        assert str(page.url).removeprefix(mlabs_up.url) == BASE + reached.format(lab=lab)
        assert words in page.text
    person = Person(mlabs_up.url, who, mlabs_up.password)
    assert person.http.get(f"/hub/api/users/{who}").json()["servers"] == {}
    person.close()


def test_a_page_in_the_place_of_what_does_not_answer_tries_again(mlabs_up):
    # The proxy asks for it while the hub knows more than it has told the proxy.
    page = httpx.get(f"{mlabs_up.url}/hub/error/503", params={"url": "/hub/home"})
    assert "This is not up yet" in page.text
    assert '<meta http-equiv="refresh" content="5">' in page.text
    assert "Your server appears to be down" not in page.text
