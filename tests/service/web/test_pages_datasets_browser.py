"""Datasets in a real browser: a large file goes ahead of its form, over a connection that breaks."""

from __future__ import annotations

import os

import pytest
from service.web.test_accessibility_browser import sign_in

pytestmark = pytest.mark.browser


def test_a_large_file_survives_a_broken_connection(town, browser, tmp_path):
    big = tmp_path / "big.bin"
    big.write_bytes(os.urandom(20 << 20))
    context = browser.new_context()
    sign_in(context, town.person("ada"))
    page = context.new_page()
    page.goto(f"{town.site.url}datasets/new")
    page.set_input_files("#files", str(big))
    page.fill("#title", "Big one")
    broken = []

    def once(route):
        if route.request.method == "PATCH" and not broken:
            broken.append(route.request.headers["upload-offset"])
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/uploads/*", once)
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/datasets/big-one", timeout=60_000)
    assert broken == ["0"]
    assert town.site.as_("ada").get("data/ada/big-one/1/big.bin").content == big.read_bytes()
    context.close()


def test_images_are_shown_in_a_grid(town, browser):
    pixel = town.site.client().get("static/logo.svg").content
    files = [("file", (name, pixel)) for name in ("a.svg", "b.svg")]
    assert town.site.as_("ada").post("api/v1/datasets", files=files, data={"name": "d"}).status_code == 201
    context = browser.new_context(viewport={"width": 390, "height": 844})
    sign_in(context, town.person("ada"))
    page = context.new_page()
    page.goto(f"{town.site.url}@ada/datasets/d")
    picture = page.locator(".pictures img").first
    picture.scroll_into_view_if_needed()
    page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=picture.element_handle())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
