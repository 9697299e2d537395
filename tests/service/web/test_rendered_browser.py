"""Rendered notebooks in a real browser: on their own address, and in a frame of a page of another origin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from support.browsers import chromium
from support.hostile import PNG, Evil, html, notebook, output

from mlabs_ext.service.render import STATIC

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (STATIC / "render").is_dir(), reason="the UI is not built: python ui/build.py web"
    ),
]


@pytest.fixture(scope="module")
def browser():
    """Chromium whole: its headless shell runs sandboxed frames in the page's own process."""
    with chromium(whole=True) as whole:
        yield whole


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context()
    yield made
    made.close()


def embed(context: BrowserContext, evil: Evil, address: str) -> Page:
    """A page of another origin that shows the document in a frame."""
    evil.pages["/page"] = f"""<!doctype html><title>safe</title><p id=p>intact</p>
        <iframe id=f sandbox="allow-scripts" src="{address}" style="width:900px;height:300px"></iframe>
        <script>window.heights = [];
        addEventListener("message", e => e.data.context === "iframe.resize" && heights.push(e.data.height));
        </script>"""
    page = context.new_page()
    page.goto(f"{evil.url}/page")
    settle(page.frames[1])
    return page


def settle(frame) -> None:
    frame.wait_for_selector("text=THE END", timeout=10_000)
    frame.wait_for_timeout(400)


def shown(site, context, book, query="", **options) -> Page:
    lab = site.publish("ada", notebook=book)
    page = context.new_page()
    if options:
        page.set_viewport_size(options)
    page.goto(f"{site.url}render/@ada/{lab['name']}/v/1{query}")
    settle(page.main_frame)
    return page


def test_one_output_that_fails_leaves_the_others_alone(site, context):
    outputs = [
        html("<script>throw new Error('first')</script>"),
        output(**{"application/javascript": "this is no JavaScript"}),
        output(**{"application/vnd.plotly.v1+json": {"data": 3}}),
        html("</div></div><table><p id=later></p><script>later.textContent = 'LATER'</script>"),
        output(**{"application/javascript": "element.textContent = 'LAST'"}),
    ]
    page = shown(site, context, notebook(*outputs))
    assert page.inner_text("#later") == "LATER"
    page.wait_for_selector("text=LAST")
    assert page.locator(".cell").count() == 3


def test_an_endless_script_does_not_stop_the_page_around(site, evil, context):
    lab = site.publish(
        "ada", notebook=notebook(html("<script>setTimeout(() => { for (;;); }, 300)</script>"))
    )
    page = embed(context, evil, f"{site.url}render/@ada/{lab['name']}/v/1")
    page.wait_for_timeout(500)
    assert page.evaluate("() => 1 + 1") == 2
    page.evaluate("() => document.getElementById('f').remove()")


def test_charts_are_drawn_when_they_come_into_view(site, context):
    figure = {"data": [{"type": "bar", "y": [1, 2]}], "layout": {"title": {"text": "BARS"}}}
    vega = {"mark": "bar", "data": {"values": [{"a": 1}]}, "encoding": {"x": {"field": "a"}}}
    book = notebook(
        output(**{"application/vnd.plotly.v1+json": figure}), markdown="\n\n".join(["line"] * 200)
    )
    book["cells"].append({"cell_type": "code", "id": "v", "metadata": {}, "source": "", "execution_count": 1,
        "outputs": [output(**{"application/vnd.vegalite.v5+json": vega})]})  # fmt: skip
    loaded: list[str] = []
    context.on("request", lambda request: loaded.append(request.url))
    page = shown(site, context, book)
    assert not [url for url in loaded if "plotly" in url or "vega" in url]
    page.locator("#cell-c").scroll_into_view_if_needed()
    page.wait_for_selector("#cell-c .main-svg")
    page.wait_for_selector("#cell-v svg.marks")


def test_code_can_be_copied(site, context):
    page = shown(site, context, notebook())
    page.locator(".copyable").first.hover()
    page.click(".copy")
    page.wait_for_function("() => /Copied|Selected/.test(document.querySelector('.copy').textContent)")


def test_links(site, evil, context):
    book = notebook(markdown="[in](#THE-END) [out](https://example.org/x)\n\n# THE END")
    lab = site.publish("ada", notebook=book)
    page = embed(context, evil, f"{site.url}render/@ada/{lab['name']}/v/1")
    frame = page.frames[1]
    frame.click("text=out")
    assert frame.input_value(".leads input") == "https://example.org/x"
    frame.click("text=in")
    assert frame.evaluate("() => document.activeElement.id") == "THE-END"


def test_the_frame_grows_with_its_content(site, evil, context):
    folded = notebook(markdown="<details><summary>MORE</summary>" + "<br>" * 100 + "</details>")
    lab = site.publish("ada", notebook=folded)
    page = embed(context, evil, f"{site.url}render/@ada/{lab['name']}/v/1")
    before = page.evaluate("() => heights.at(-1)")
    page.frames[1].click("text=MORE")
    page.wait_for_function("before => heights.at(-1) > before + 1000", arg=before)
    page.frames[1].click("text=MORE")
    page.wait_for_function("before => heights.at(-1) === before", arg=before)


def test_what_stays_away_is_said(site, context):
    page = shown(site, context, notebook(html('<script src="https://cdn.example/x.js"></script>')))
    assert "cdn.example" in page.inner_text(".blocked")


def test_static_content_needs_no_script(site, browser):
    context = browser.new_context(java_script_enabled=False)
    try:
        book = notebook(
            html("<table class=dataframe><tr><td>CELL</td></tr></table>"), output(**{"image/png": PNG})
        )
        lab = site.publish("ada", notebook=book)
        page = context.new_page()
        page.goto(f"{site.url}render/@ada/{lab['name']}/v/1")
        assert page.locator("td").inner_text() == "CELL"
        assert page.locator("img").count() == 1
    finally:
        context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(site, context, width):
    wide = "x" * 5000
    table = "<table class=dataframe><tr>" + "<td>wide cell</td>" * 60 + "</tr></table>"
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": wide},
        html(table),
        output(**{"text/plain": wide}),
    ]
    page = shown(
        site, context, notebook(*outputs, markdown=f"$${'x+' * 500}y$$\n\n`{wide}`"), width=width, height=800
    )
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_a_table_of_50_000_rows(site, context):
    table = "<table class=dataframe>" + "<tr><td>1</td><td>two</td></tr>" * 50_000 + "</table>"
    page = shown(site, context, notebook(html(table)))
    assert page.locator("tr").count() == 50_000
