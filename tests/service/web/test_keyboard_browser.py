"""From Explore to the comparison of versions by keyboard alone: each stop is seen, and none is a trap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from support.keyboard import Keyboard
from support.signed_in import sign_in
from support.waiting import until

import mlabs_ext.service

BUILD = Path(mlabs_ext.service.__file__).parent / "static" / "build"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (BUILD / "pages.js").exists(), reason="the UI is not built: python ui/build.py"),
]
WINDOWS = {"wide": {"width": 1280, "height": 800}, "narrow": {"width": 390, "height": 844}}


@pytest.fixture(params=WINDOWS)
def page(request, site, browser: Browser, make_notebook) -> Iterator[Page]:
    """bob's browser at Explore; ada has a lab of two versions."""
    sources = [text for n in range(8) for text in (f"# Part {n}\n\n" + "words\n\n" * 12, f"x = {n}")]
    notebook = make_notebook("# Digits\n\n[elsewhere](https://example.org)", *sources)
    site.publish("ada", name="digits", title="Digits by hand", notebook=notebook, description="Numpy only.")
    less = {"notebook": make_notebook("# Digits", *sources[:-2]), "message": "Less"}
    assert site.as_("ada").post("api/v1/labs/ada/digits/versions", json=less).status_code == 201
    for number in (1, 2):
        site.client().get(f"render/@ada/digits/v/{number}")
    asked = ["clipboard-read", "clipboard-write"]
    context = browser.new_context(viewport=WINDOWS[request.param], permissions=asked)
    sign_in(context, site.session("bob"))
    page = context.new_page()
    page.goto(site.url)
    yield page
    context.close()


def test_the_whole_story(site, page):
    keys, lab = Keyboard(page), f"{site.url}@ada/digits"
    assert keys.tab()[1]["name"] == "Skip to the content"
    keys.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.reload()

    keys.to("Search labs")
    keys.type("digits")
    keys.press("Enter")
    page.wait_for_url("**/?q=digits*")
    keys.follow("Digits by hand", lab)
    keys.to("Star this lab")
    keys.press("Enter")
    page.get_by_role("button", name="Take my star back").wait_for()

    read(keys)
    keys.to("Your comment on this lab")
    keys.type("Why not more?")
    keys.to("Comment", "button")
    keys.press("Enter")
    page.locator(".comment", has_text="Why not more?").wait_for()

    keys.follow("Choose cells, colors and height", f"{lab}/embed")
    build(keys)
    page.goto(lab)
    page.wait_for_selector("iframe[data-fitted]")
    keys.to("Version 2", "summary")
    keys.press("Enter")
    keys.follow("All versions", f"{lab}/versions")
    keys.follow("What changed in version 2", f"{lab}/compare/1...2")
    through(keys)
    page.goto(lab)
    keys.follow("Fork and open", f"{site.url}fork/@ada/digits")
    keys.to("Fork and open", "button")
    keys.press("Enter")
    until(lambda: site.as_("bob").get("api/v1/labs/bob/digits").is_success)
    assert site.as_("ada").get("api/v1/labs/ada/digits").json()["stars"] == 1


def read(keys: Keyboard) -> None:
    """By the outline into the notebook, through its cells, copy one, and out again at its end."""
    page = keys.page
    page.wait_for_selector("iframe[data-fitted]")
    if not page.get_by_role("link", name="Part 2", exact=True).is_visible():
        keys.to("Contents", "summary")
        keys.press("Enter")
    keys.to("Part 2")
    keys.press("Enter")
    document = page.frames[1]
    until(lambda: document.evaluate("document.activeElement.id") == "Part-2")
    for key in ("j", "ArrowDown", "ArrowUp", "ArrowDown"):
        keys.press(key)
        assert keys.sees(keys.focus()[0]), key
    assert document.evaluate("document.activeElement.matches('.cell')")
    cell = document.evaluate("document.activeElement.id")
    if document.locator(f"#{cell} .source .copy").count() == 0:
        keys.press("ArrowDown")
        cell = document.evaluate("document.activeElement.id")
    keys.press("c")
    document.locator(f"#{cell} .source .copy", has_text="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith("x = ")
    # Out at its end, in again from behind, and out once more.
    outside(keys)
    keys.tab("Shift+Tab")
    assert keys.focus()[0] == document
    outside(keys)


def outside(keys: Keyboard, most: int = 80) -> None:
    """Go on until the page around the notebook has the focus."""
    for _ in range(most):
        at = keys.tab()
        if at is not None and at[0] == keys.page.main_frame:
            return
    raise AssertionError("the notebook is not left by Tab")


def build(keys: Keyboard) -> None:
    """Choose what is embedded."""
    keys.to("Cells", "input")
    keys.type("1-2")
    keys.to("Show", "select")
    keys.press("ArrowDown")
    keys.page.wait_for_url("**/embed?cells=1-2&show=code&height=480")
    keys.to("Copy frame")
    keys.press("Enter")
    until(lambda: "cells=1-2&amp;show=code" in keys.page.evaluate("navigator.clipboard.readText()"))
    through(keys)


def through(keys: Keyboard, most: int = 250) -> None:
    """Go on to the end of the page: nothing on the way holds the keyboard."""
    for _ in range(most):
        at = keys.tab()
        if at is None or at[1]["name"] == "Skip to the content":
            return
    raise AssertionError("the end of the page is not reached by Tab")
