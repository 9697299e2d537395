"""Pages in a real browser: frames that fit, themes, copying, following a run, and no sideways scrolling."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.foreign_site import LISTENER, foreign_site

import mlabs_ext.service

RUN, OPEN_RUN = (f"01JCQ3W3T9V0Q8X5H7ZK2M000{n}" for n in (1, 2))
BUILD = Path(mlabs_ext.service.__file__).parent / "static" / "build"


@pytest.fixture(scope="module")
def built():
    if not (BUILD / "pages.js").exists():
        pytest.skip("the UI is not built: run python ui/build.py")


pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("built")]


@pytest.fixture
def blog():
    with foreign_site() as site:
        yield site


def test_an_embed_grows_to_fit_in_a_page_of_another_origin(site, blog, browser, make_notebook):
    site.publish("ada", name="long", notebook=make_notebook(*[f"x = {n}" for n in range(60)]))
    frame = f'<iframe src="{site.url}embed/@ada/long" height="300" style="width:100%;border:0"></iframe>'
    blog.page = f"<!doctype html><title>Blog</title>{LISTENER}{frame}"
    page = browser.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    page.goto(blog.url)
    page.wait_for_function("() => window.heights.at(-1) > 1500")
    shell = page.query_selector("iframe").content_frame()
    shell.wait_for_function("() => document.documentElement.scrollHeight <= innerHeight + 1")
    page.wait_for_timeout(500)
    assert len(page.evaluate("window.heights")) < 10
    assert problems == []
    page.close()


def test_a_page_believes_only_its_own_frames_about_heights(site, browser):
    site.publish("ada", name="mnist")
    page = browser.new_page()
    page.goto(f"{site.url}@ada/mnist")
    page.wait_for_selector("iframe[data-fitted]")
    before = page.evaluate("document.querySelector('iframe').style.height")
    page.evaluate("postMessage({context: 'iframe.resize', height: 9999}, '*')")
    page.evaluate("postMessage({context: 'iframe.resize', height: 9999}, location.origin)")
    page.wait_for_timeout(300)
    assert page.evaluate("document.querySelector('iframe').style.height") == before
    page.close()


# What a document says, and the height that its frame gets; None where it keeps the one that it has.
HEIGHTS = {"1e9": "100000px", "-5": "48px", "NaN": None, "'9999px'": None, "{}": None, "Infinity": None}


def test_a_height_is_clamped(site, browser):
    site.publish("ada", name="mnist")
    page = browser.new_page()
    page.goto(f"{site.url}@ada/mnist")
    page.wait_for_selector("iframe[data-fitted]")
    height = page.evaluate("document.querySelector('iframe').style.height")
    frame = page.query_selector("iframe").content_frame()
    for said, wanted in HEIGHTS.items():
        page.evaluate("heard = new Promise(done => addEventListener('message', done, {once: true})); 0")
        frame.evaluate(f"parent.postMessage({{context: 'iframe.resize', height: {said}}}, '*')")
        page.evaluate("heard.then(() => 0)")
        height = wanted or height
        assert page.evaluate("document.querySelector('iframe').style.height") == height, said
    page.close()


MANY = "".join(f"<tr><td><code>name{n}</code></td><td>A title</td><td>CPU or GPU</td></tr>" for n in range(9))
WAVES = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='60' height='333'/>"
# What is laid out at once, late, in a font or a formula of its own, and by a script.
SHORT_OUTPUTS = {
    "runtime": f"<p>This notebook runs in Python.</p><table>{MANY}</table><p>To change it: %runtime NAME</p>",
    "sentence": f"<p>{'It restarts there from the bar above the notebook. ' * 4}</p>",
    "dataframe": f"<table class=dataframe>{MANY}</table>",
    "own style": "<style>p { margin: 0.83em; line-height: 1.37 }</style><p>styled</p>",
    "picture": f'<img src="{WAVES}">',
    "formula": "<p>An equation</p>",
    "grows later": "<div id=late></div><script>setTimeout(() => { late.style.height = '300.3px'; "
    "late.dataset.grown = '' }, 200)</script>",
}
# Whether the frame shows all of the document, and nothing below it. A promise would count as true here.
FITS = """width => {
    const whole = document.documentElement.getBoundingClientRect().height;
    const short = whole - innerHeight;
    return innerWidth === width && document.fonts.status === "loaded" && short <= 0 && short > -1.01;
}"""


def fits(page) -> None:
    """Return once all is loaded and the frame has the document's own height."""
    page.wait_for_selector("iframe[data-fitted]")
    frame = page.query_selector("iframe")
    frame.content_frame().wait_for_function(FITS, arg=frame.evaluate("frame => frame.clientWidth"))


@pytest.mark.parametrize("width", [390, 1280])
def test_no_output_is_cut_at_its_foot(site, browser, width, subtests):
    for name, html in SHORT_OUTPUTS.items():
        shown = {"output_type": "display_data", "data": {"text/html": html}, "metadata": {}}
        cell = {"cell_type": "code", "id": "c", "metadata": {}, "source": "%runtime", "execution_count": 1}
        math = {"cell_type": "markdown", "id": "m", "metadata": {}, "source": r"$$\sum_{k=1}^n \frac{k}{2}$$"}
        cells = [*([math] if name == "formula" else []), {**cell, "outputs": [shown]}]
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
        site.publish("ada", name=name.replace(" ", "-"), notebook=notebook)
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="light")
        with subtests.test(name):
            stays_whole(context.new_page(), f"{site.url}@ada/{name.replace(' ', '-')}", name)
        context.close()


def stays_whole(page, url: str, name: str) -> None:
    page.goto(url)
    if name == "grows later":
        page.frame_locator("iframe").locator("[data-grown]").wait_for(state="attached")
    fits(page)
    width = page.viewport_size["width"]
    for other in (1920, 480, width):
        page.set_viewport_size({"width": other, "height": 900})
        fits(page)
    page.locator("[data-theme-toggle]").click()
    page.locator("[data-theme-toggle]").click()
    page.frame_locator("iframe").locator(":root[data-theme=dark]").wait_for(state="attached")
    fits(page)


def test_the_card_around_a_notebook_keeps_its_corners(site, browser):
    site.publish("ada", name="mnist")
    page = browser.new_page()
    page.goto(f"{site.url}@ada/mnist")
    corner = "e => getComputedStyle(document.querySelector(e)).borderEndEndRadius"
    assert page.evaluate(corner, ".paper iframe") == page.evaluate(corner, ".paper") != "0px"
    page.close()


def test_a_theme_is_kept_and_reaches_the_notebook(site, browser):
    site.publish("ada", name="mnist")
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    page.goto(f"{site.url}@ada/mnist")
    toggle = page.locator("[data-theme-toggle]")
    for theme in ("light", "dark"):
        toggle.click()
        page.wait_for_function("t => document.documentElement.dataset.theme === t", arg=theme)
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.wait_for_function("() => document.querySelector('iframe').src.includes('theme=dark')")
    context.close()


def test_no_page_scrolls_sideways(town, browser):
    page = browser.new_page()
    for path in ("", "@ada", "@ada/mnist", "@ada/mnist/runs", f"@ada/mnist/runs/{RUN}", "docs/api"):
        page.goto(f"{town.site.url}{path}")
        for width in (390, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)
    page.close()


def test_copying_puts_the_snippet_on_the_clipboard_and_says_so(town, browser):
    context = browser.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{town.site.url}@ada/mnist")
    page.get_by_role("button", name="Copy embed").click()
    page.wait_for_function("() => document.querySelector('[data-announce]').textContent === 'Copied.'")
    assert page.evaluate("navigator.clipboard.readText()") == page.input_value("#share-embed")
    context.close()


def test_the_page_of_a_run_turns_into_its_result_by_itself(town, browser):
    page = browser.new_page()
    page.goto(f"{town.site.url}@ada/mnist/runs/{OPEN_RUN}")
    assert page.locator("[data-status]").first.inner_text() == "Open"
    end = {"seq": 4, "type": "end", "time": datetime.now(UTC).isoformat(), "data": {"status": "succeeded"}}
    answer = town.site.as_("ada").post(f"api/v1/runs/{OPEN_RUN}/events", json={"events": [end]})
    assert answer.is_success
    page.get_by_text("Succeeded").wait_for()
    page.get_by_text("This page follows the run.").wait_for(state="detached")
    page.close()


def test_pages_read_without_javascript(town, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{town.site.url}@ada/mnist")
    assert page.locator("iframe").bounding_box()["height"] >= 300
    assert not page.get_by_role("button").count()
    page.locator("summary").first.click()
    page.get_by_role("link", name="Version 1").click()
    assert "/v/1" in page.url
    context.close()
