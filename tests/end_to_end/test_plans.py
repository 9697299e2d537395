"""Plans with a real hub in a real browser: no place, a server stopped from the page, and a restart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.person import Person
from support.screenshots import keep
from support.up import Up
from support.waiting import until

pytestmark = pytest.mark.browser
SPAWN_TIMEOUT = 180_000
PLANS = 'c.Plans.plans = {"free": {"concurrent_servers": 1, "cpu_hours": 10, "storage": "10M"}}\n'


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """MLabs, with a plan that has one place."""
    folder = tmp_path_factory.mktemp("plans")
    settings = folder / "settings.py"
    settings.write_text(PLANS)
    up = Up(folder / "data", "--environments", "python", MLABS_CONFIG=str(settings))
    try:
        yield up.wait_ready()
    finally:
        assert up.stop() == 0, up.said()


def sign_in(page: Page, up: Up, name: str) -> None:
    page.goto(f"{up.url}/services/mlabs/me")
    page.get_by_label(re.compile("user ?name", re.I)).fill(name)
    page.get_by_label(re.compile("password", re.I)).first.fill(up.password)
    page.get_by_role("button", name=re.compile("sign in", re.I)).click()
    page.get_by_role("heading", name=name).wait_for()


def created(page: Page, up: Up, title: str, button: str) -> None:
    page.goto(f"{up.url}/services/mlabs/new")
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name=button).click()


def in_jupyterlab(page: Page) -> None:
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=SPAWN_TIMEOUT)


def test_one_place_is_given_up_and_taken_again(up: Up, browser: Browser, tmp_path: Path) -> None:
    mlabs = f"{up.url}/services/mlabs/"
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    sign_in(page, up, "ada")
    created(page, up, "First", "Create and open")
    in_jupyterlab(page)
    ada = Person(up.url, "ada", up.password)
    (server,) = ada.ok("GET", "me/servers")["items"]
    assert (server["lab"], server["environment"]) == ("ada/first", "python")

    page.goto(f"{mlabs}me")
    expect(page.get_by_role("meter", name="Open servers")).to_have_attribute("aria-valuetext", "1 of 1")
    keep(page, "me-plan")
    created(page, up, "Second", "Create, open later")
    page.get_by_role("link", name="Open", exact=True).first.click()
    expect(page.get_by_role("alert")).to_contain_text("runs one server at a time")
    keep(page, "open-no-place")
    page.get_by_role("button", name="Stop the server of ada/first").click()
    page.get_by_role("button", name="Open", exact=True).click(timeout=60_000)
    in_jupyterlab(page)
    (server,) = ada.ok("GET", "me/servers")["items"]
    assert server["lab"] == "ada/second"

    page.goto(f"{mlabs}open/@ada/second?restart=1")
    keep(page, "restart")
    page.get_by_role("button", name="Restart and open").click()
    in_jupyterlab(page)
    (again,) = ada.ok("GET", "me/servers")["items"]
    assert again["lab"] == "ada/second"
    assert again["id"] != server["id"]
    assert again["started"] > server["started"]
    ada.close()
    page.context.close()


def test_the_administrator_sees_and_stops_it(up: Up, browser: Browser) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    sign_in(page, up, "admin")
    page.get_by_role("link", name="Admin", exact=True).click()
    stop = page.get_by_role("button", name="Stop the server of ada/second")
    keep(page, "administration")
    stop.click()
    stop.wait_for(state="detached", timeout=60_000)
    admin = Person(up.url, "admin", up.password)

    def ada() -> dict:
        return next(item for item in admin.ok("GET", "people")["items"] if item["name"] == "ada")

    # The page goes on while the hub still stops it.
    until(lambda: ada()["servers"] == [])
    assert ada()["usage"]["cpu_hours"] > 0
    admin.close()
    page.context.close()
