"""The page of a schedule in a real browser that runs no script, on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_it_is_set_without_javascript_and_fits_a_phone(town, browser):
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    cookies = town.person("ada").cookies.jar
    context.add_cookies([{"name": each.name, "value": each.value, "url": town.site.url} for each in cookies])
    page = context.new_page()
    page.goto(f"{town.site.url}@ada/mnist")
    page.get_by_role("link", name="Run it by a schedule").click()
    page.get_by_label("At times of your own").check()
    page.get_by_label("Cron expression").fill("0 25 * * *")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("its hour is '25'")
    page.get_by_label("Cron expression").fill("30 4 * * *")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_role("button", name="Save").click()
    times = page.locator("section li")
    expect(times).to_have_count(3)
    expect(times.first).to_contain_text("04:30")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("It was paused by hand")).to_be_visible()
    page.get_by_role("button", name="Resume", exact=True).click()
    expect(times).to_have_count(3)
    width = page.locator("main").bounding_box()["width"]
    assert width <= 360
    for part in page.locator("main form, main section, main input:visible, main textarea").all():
        box = part.bounding_box()
        assert box is None or box["x"] + box["width"] <= 361, part
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", name="It runs by itself")).to_have_count(0)
    context.close()
