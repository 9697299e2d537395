"""No page is forgotten where all of them are looked at: test_accessibility_browser.py names every one."""

from __future__ import annotations

import re

from service.web.test_accessibility_browser import NO_PAGES, PAGES
from tornado.web import RequestHandler

from mlabs_ext.service.web.pages import ROUTES

SOME = {"comment": "0" * 26, "preview": "x", "proposal": "0" * 26, "search": "0" * 26}


def test_every_page_is_looked_at_or_is_none():
    looked_at = [path.format(**SOME).partition("?")[0] for paths in PAGES.values() for path in paths]
    answering = {pattern: handler.get for pattern, handler, *_ in ROUTES}
    answering = {pattern: get for pattern, get in answering.items() if get is not RequestHandler.get}
    # Some addresses that take forms show another one's page.
    seen = {
        get for pattern, get in answering.items() if any(re.fullmatch(pattern, path) for path in looked_at)
    }
    none = set().union(*NO_PAGES.values())
    assert [pattern for pattern, get in answering.items() if pattern not in none and get not in seen] == []
    assert none <= answering.keys()
