"""In JupyterLab a network that is away is no end of a lab's server; a server that ended is said to have."""

from __future__ import annotations

import re
from contextlib import closing

import pytest
from playwright.sync_api import Browser, expect
from support.person import Person
from support.screenshots import keep
from support.up import Up

pytestmark = pytest.mark.browser
# Milliseconds: JupyterLab asks for kernels and sessions every ten seconds.
START = 180_000
ASKED_TWICE = 25_000
SAID = 120_000


def test_only_a_server_that_ended_is_said_to_have(mlabs_up: Up, browser: Browser) -> None:
    with closing(Person(mlabs_up.url, "ada-gone", mlabs_up.password)) as ada:
        ada.ok("POST", "labs", json={"name": "held", "environment": "python"})
        server = ada.start("held")
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        # Where to go on does not depend on anything that was asked of the server before.
        page.route("**/mlabs/api/limits*", lambda route: route.abort())
        page.goto(f"{mlabs_up.url}{server}lab")
        page.get_by_label("User name").fill(ada.name)
        page.get_by_label("Password").fill(mlabs_up.password)
        page.get_by_role("button", name="Sign in").click()
        page.locator(".jp-LabShell").wait_for(timeout=START)
        failed: list[str] = []
        page.on("requestfailed", lambda asked: failed.append(asked.url))
        context.set_offline(True)
        page.wait_for_timeout(ASKED_TWICE)
        assert [url for url in failed if re.search("/api/(kernels|sessions)", url)]
        expect(page.get_by_role("dialog")).to_have_count(0)
        context.set_offline(False)
        ada.stop("held")
        said = page.get_by_role("alert").filter(has_text="This server was stopped.")
        expect(said).to_be_visible(timeout=SAID)
        expect(page.get_by_role("dialog")).to_have_count(0)
        keep(page, "labextension-gone")
        said.get_by_role("link", name="Go to the lab's page").click()
        page.wait_for_url(re.compile("/services/mlabs/@ada-gone/held$"))
        context.close()
