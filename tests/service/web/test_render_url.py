"""Rendered documents on a second domain: pages lead there, and what they lead to works there."""

from __future__ import annotations

import re

import pytest
from service.conftest import BASE

from mlabs_ext.service.render import STATIC

PAGES = {
    "page": "@ada/x",
    "version": "@ada/x/v/1",
    "embed": "embed/@ada/x",
    "embed of a run": "embed/@ada/x?run=",
}
RUN = "01JCQ3W3T9V0Q8X5H7ZK2M0001"


@pytest.fixture
def site(start_site):
    """A service that is reached as 127.0.0.1 and, for documents, as localhost."""
    site = start_site()
    site.service.render_url = site.url.replace("127.0.0.1", "localhost")
    site.publish(name="x")
    run = {"id": RUN, "lab": "ada/x", "started": "2026-11-20T12:00:00Z", "environment": "python"}
    site.as_("ada").post("api/v1/runs", json=run).raise_for_status()
    return site


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_documents_come_from_the_second_domain(site, path):
    path = path + RUN if path.endswith("run=") else path
    origin = site.service.render_url.removesuffix(BASE)
    # The second time it is what was kept.
    for _ in range(2):
        page = site.as_(None).get(path)
        assert f"frame-src 'self' {origin};" in page.headers["Content-Security-Policy"]
        source = re.search(r'data-document src="([^"]+)"', page.text)[1].replace("&amp;", "&")
        assert source.startswith(f"{site.service.render_url}render/@ada/x/")
        document = site.as_(None).get(source)
        assert document.status_code == 200
        assert document.headers["Content-Security-Policy"].startswith("sandbox allow-scripts; ")
        assert (
            f"style-src 'unsafe-inline' {site.service.render_url}static/render/;"
            in (document.headers["Content-Security-Policy"])
        )
        assert "Set-Cookie" not in document.headers


def test_the_outline_leads_into_the_document(site):
    headings = {"id": "m", "cell_type": "markdown", "metadata": {}, "source": "# One\n\n## Two\n\n## Three"}
    site.publish(name="y", notebook={"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [headings]})
    reader = site.as_(None)
    reader.get(f"{site.service.render_url}render/@ada/y/v/1")
    links = re.findall(r'outline__link--\d" href="([^"]+)"', reader.get("@ada/y").text)
    assert len(links) == 3
    assert all(link.startswith(f"{site.service.render_url}render/@ada/y/v/1?") for link in links)


@pytest.mark.skipif(not (STATIC / "render" / "manifest.json").is_file(), reason="the UI is not built")
def test_what_documents_load_is_there(site):
    document = f"{site.service.render_url}render/@ada/x/v/1"
    found = re.findall(r'(?:href|src)="((?:\.\./)+static/render/[^"]+)"', site.as_(None).get(document).text)
    assert found
    for relative in found:
        answer = site.as_(None).get(f"{document.rpartition('/')[0]}/{relative}")
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["@ada/x", f"@ada/x/runs/{RUN}"], ids=["page", "run"])
def test_what_only_some_may_see_comes_from_where_they_are_signed_in(site, path):
    site.as_("ada").patch("api/v1/labs/ada/x", json={"visibility": "private"}).raise_for_status()
    ada = site.session("ada")
    source = re.search(r'data-document src="([^"]+)"', ada.get(path).text)[1].replace("&amp;", "&")
    assert source.startswith(f"{BASE}render/@ada/x/")
    document = ada.get(f"{site.url.removesuffix(BASE)}{source}")
    assert document.status_code == 200
    policy = document.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-scripts; ")
    assert f"style-src 'unsafe-inline' {site.url}static/render/;" in policy
    # The second domain knows nobody.
    assert site.as_(None).get(f"{site.service.render_url}render/@ada/x/v/1").status_code == 404
