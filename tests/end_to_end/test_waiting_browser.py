"""Who waits for an accelerator while the hub is killed waits on, in the same tab and at the same place."""

from __future__ import annotations

import re
from contextlib import closing

import pytest
from playwright.sync_api import Browser, expect
from support.fake_gpus import fake_tool
from support.person import Person
from support.screenshots import keep
from support.small_hub import tiny
from support.up import Up
from support.waiting import until

pytestmark = pytest.mark.browser
# Milliseconds.
SOON, RESTART, START = 60_000, 120_000, 180_000


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    """MLabs on a machine that seems to have one accelerator, with an environment that is there at once."""
    data = tmp_path_factory.mktemp("waiting") / "data"
    extra = tiny(data)
    (data / "mlabs_config.py").write_text(f"c.Catalogue.extra = {str(extra)!r}\n")
    up = Up(data, PATH=fake_tool(data / "bin", 1)).wait_ready()
    yield up
    up.stop()


def test_the_page_goes_on_when_the_hub_is_back(up: Up, browser: Browser) -> None:
    line = up.data / "gpu-line.json"
    with (
        closing(Person(up.url, "dan", up.password)) as dan,
        closing(Person(up.url, "eve", up.password)) as eve,
    ):
        for person in (dan, eve):
            person.ok("POST", "labs", json={"name": "deep", "environment": "tiny", "accelerator": "gpu"})
        dan.start("deep")
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.goto(f"{up.url}/services/mlabs/open/@eve/deep")
        page.get_by_label("User name").fill("eve")
        page.get_by_label("Password").fill(up.password)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Open").click()
        said = page.locator("#progress-message")
        expect(said).to_contain_text("Waiting for a GPU", timeout=SOON)
        until(lambda: line.exists() and "eve" in line.read_text(), 60)
        up.kill_hub()
        expect(said).to_contain_text("The hub is away for a moment", timeout=SOON)
        keep(page, "hub-away")
        expect(said).to_contain_text("nobody before you", timeout=RESTART)
        dan.stop("deep")
        page.wait_for_url(re.compile("/user/eve/deep/"), timeout=START)
        context.close()
        eve.stop("deep")
