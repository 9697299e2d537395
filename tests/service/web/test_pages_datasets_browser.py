"""Datasets in a real browser: a large file goes ahead of its form, over a connection that breaks."""

from __future__ import annotations

import os

import pytest
from service.web.test_accessibility_browser import sign_in
from support.screenshots import keep

pytestmark = pytest.mark.browser


def test_a_large_file_survives_broken_connections_and_a_reload(town, browser, tmp_path):
    big = tmp_path / "big.bin"
    big.write_bytes(os.urandom(40 << 20))
    context = browser.new_context(viewport={"width": 390, "height": 844})
    sign_in(context, town.person("ada"))
    page = context.new_page()
    page.goto(f"{town.site.url}datasets/new")
    sent, broken = [], {0: 1, 16: 1, 32: 1000}

    def breaking(route):
        if route.request.method == "PATCH":
            sent.append(int(route.request.headers["upload-offset"]) >> 20)
            if broken.get(sent[-1], 0) > 0:
                broken[sent[-1]] -= 1
                return route.abort()
        return route.continue_()

    page.route("**/api/v1/uploads/*", breaking)
    page.set_input_files("#files", str(big))
    page.get_by_role("button", name="Upload").click()
    page.get_by_text("80 % of 40 MB sent.").wait_for(timeout=60_000)
    page.reload()
    broken.clear()
    page.get_by_text("Here in part: big.bin (80 %).").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert {*sent} == {0, 16, 32}
    sent.clear()
    page.set_input_files("#files", str(big))
    page.fill("#title", "Big one")
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/datasets/big-one", timeout=60_000)
    assert sent == [32]
    assert town.site.as_("ada").get("data/ada/big-one/1/big.bin").content == big.read_bytes()
    page.goto(f"{town.site.url}datasets/new")
    page.wait_for_function("() => localStorage.getItem('mlabs-uploads') === '{}'")
    context.close()


def test_a_form_without_a_file_says_so_at_its_field_and_keeps_what_was_written(town, browser):
    context = browser.new_context(viewport={"width": 390, "height": 844})
    sign_in(context, town.person("ada"))
    page = context.new_page()
    page.goto(f"{town.site.url}datasets/new")
    page.fill("#title", "Kept words")
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("alert").get_by_text("Choose a file first.").wait_for()
    assert page.evaluate("document.activeElement.id") == "files"
    assert page.input_value("#title") == "Kept words"
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        keep(page, f"dataset-no-file-{width}")
    page.set_input_files("#files", {"name": "a.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"})
    page.get_by_role("alert").wait_for(state="hidden")
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/datasets/kept-words")
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
