"""Reading a notebook in a real browser: its outline, its cells, the keyboard, and what is copied."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.waiting import until

import mlabs_ext.service

BUILD = Path(mlabs_ext.service.__file__).parent / "static" / "build"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (BUILD / "pages.js").exists(), reason="the UI is not built: python ui/build.py"),
]
WIDE = {"viewport": {"width": 1600, "height": 900}}
NARROW = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def site(lasting_site, make_notebook):
    """One service for all of these: each would start a renderer of its own."""
    site = lasting_site
    sources = [text for n in range(30) for text in (f"# Part {n}\n\n" + "words\n\n" * 20, f"x = {n}")]
    notebook = make_notebook("# Long", *sources)
    lines = {"output_type": "stream", "name": "stdout", "text": "line\n" * 300}
    notebook["cells"][2] |= {"outputs": [lines], "execution_count": 1}
    site.publish("ada", name="long", notebook=notebook)
    assert site.client().get("render/@ada/long/v/1").status_code == 200
    return site


@pytest.fixture
def reader(site, browser):
    """Open ada's long notebook: `reader(path, **options of the context)`; all is closed at the end."""
    contexts = []

    def open_page(path="@ada/long", **options):
        contexts.append(browser.new_context(**(WIDE | options)))
        page = contexts[-1].new_page()
        page.goto(f"{site.url}{path}")
        if options.get("java_script_enabled", True):
            page.wait_for_selector("iframe[data-fitted]")
        return page

    yield open_page
    for context in contexts:
        context.close()


def place(page, selector: str) -> float:
    """Pixels from the window's top to an element of the document, whose frame is as high as itself."""
    inside = page.frames[1].eval_on_selector(selector, "element => element.getBoundingClientRect().top")
    return page.eval_on_selector("iframe", "frame => frame.getBoundingClientRect().top") + inside


def arrives(page, selector: str) -> None:
    """Return once the window shows that element at its top; Playwright's own waiting needs `eval`."""
    until(lambda: 0 <= place(page, selector) < 120)


def test_an_outline_leads_to_its_headings_and_says_where_the_reader_is(reader):
    page = reader()
    link = page.get_by_role("navigation", name="Contents").get_by_role("link", name="Part 20", exact=True)
    link.click()
    arrives(page, "[id='Part-20']")
    assert page.url.endswith("#Part-20")
    page.locator("[data-outline] a[aria-current]", has_text="Part 20").wait_for()
    assert page.frames[1].evaluate("document.activeElement.id") == "Part-20"
    page.go_back()
    page.evaluate("scrollTo(0, 0)")
    page.locator("[data-outline] a[aria-current]", has_text="Part 20").wait_for(state="detached")


def test_on_a_narrow_window_the_outline_is_a_menu_that_stays(reader):
    page = reader(**NARROW)
    page.evaluate("scrollTo(0, 3000)")
    contents = page.locator("[data-outline] > summary")
    assert contents.bounding_box()["y"] < 100
    assert not page.get_by_role("link", name="Part 7", exact=True).is_visible()
    contents.click()
    page.get_by_role("link", name="Part 7", exact=True).click()
    arrives(page, "[id='Part-7']")
    assert page.locator("[data-outline]").get_attribute("open") is None


def test_menus_close_by_escape_and_where_one_goes_elsewhere(reader):
    page = reader(**NARROW)
    contents, download = page.locator("[data-outline]"), page.locator("details.menu", has_text="Download")
    download.locator("summary").click()
    page.keyboard.press("Escape")
    assert download.get_attribute("open") is None
    assert download.locator("summary").evaluate("element => element === document.activeElement")
    download.locator("summary").click()
    contents.locator("summary").click()
    assert (download.get_attribute("open"), contents.get_attribute("open")) == (None, "")
    page.get_by_role("heading", level=1).click()
    assert contents.get_attribute("open") is None


ADDRESSES = {"cell-cell-42": "cell-cell-42", "cell-43": "cell-cell-42", "Part-3": "Part-3"}


@pytest.mark.parametrize(("name", "shown"), ADDRESSES.items(), ids=ADDRESSES)
def test_an_address_leads_to_its_place(reader, name, shown):
    arrives(reader(f"@ada/long#{name}"), f"[id='{shown}']")


def test_without_javascript_the_outline_opens_the_document_there(reader):
    page = reader(java_script_enabled=False)
    link = page.get_by_role("link", name="Part 9", exact=True)
    assert link.is_visible()
    link.click()
    assert "/render/@ada/long/v/1" in page.url
    assert page.url.endswith("#Part-9")
    assert page.locator("[id='Part-9']").bounding_box()["y"] < 100


def test_the_keyboard_walks_through_cells(reader):
    page = reader()
    frame = page.frames[1]
    frame.focus("#cell-cell-0")
    current = "document.activeElement.id"
    for key, cell in {"j": 1, "ArrowDown": 2, "k": 1, "ArrowUp": 0, "End": 60}.items():
        page.keyboard.press(key)
        assert frame.evaluate(current) == f"cell-cell-{cell}", key
    until(lambda: place(page, "#cell-cell-60") < 900)
    assert (
        frame.evaluate("[...document.querySelectorAll('.cell')].filter(cell => cell.tabIndex === 0).length")
        == 1
    )


def test_keys_belong_to_fields_of_outputs(site, browser, make_notebook):
    notebook = make_notebook("1", "2")
    field = {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<input id=field>"}}
    notebook["cells"][0]["outputs"] = [field]
    site.publish("ada", name="field", notebook=notebook)
    page = browser.new_page()
    page.goto(f"{site.url}@ada/field")
    frame = page.frames[1]
    frame.locator("#field").press_sequentially("jack")
    assert frame.input_value("#field") == "jack"
    page.close()


@pytest.mark.parametrize(
    "permissions", [["clipboard-read", "clipboard-write"], ["clipboard-read"]], ids=["asked", "by selection"]
)
def test_code_and_the_link_to_a_cell_are_copied_from_within_the_sandbox(reader, site, permissions):
    page = reader(permissions=permissions)
    frame = page.frames[1]
    if "clipboard-write" not in permissions:
        frame.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('denied')) }")
    frame.focus("#cell-cell-4")
    page.keyboard.press("c")
    frame.locator("#cell-cell-4 .source .copy", has_text="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "x = 1"
    frame.focus("#cell-cell-4")
    page.keyboard.press("l")
    frame.locator("#cell-cell-4 .tools .link", has_text="Link copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == f"{site.url}@ada/long#cell-cell-4"


def test_a_long_output_shows_its_beginning_and_all_of_it_when_asked(reader):
    page = reader()
    frame = page.frames[1]
    before = frame.locator("#cell-cell-2").bounding_box()["height"]
    assert before < 800
    frame.get_by_role("button", name="Show all of this output").click()
    assert frame.locator("#cell-cell-2").bounding_box()["height"] > 4000
    frame.get_by_role("button", name="Show less").click()
    assert frame.locator("#cell-cell-2").bounding_box()["height"] == pytest.approx(before, abs=2)


LIES = [
    {"context": "iframe.scroll", "top": 5000},
    {"context": "iframe.scroll", "top": "5000"},
    {"context": "iframe.scroll", "top": None},
    {"context": "iframe.places", "tops": [0]},
    {"context": "iframe.places", "tops": "x"},
]


def test_a_document_that_nobody_reads_scrolls_nothing(reader):
    page = reader()
    for lie in LIES:
        page.frames[1].evaluate("lie => parent.postMessage(lie, '*')", lie)
        page.evaluate("lie => postMessage(lie, '*')", lie)
    page.wait_for_timeout(300)
    assert page.evaluate("scrollY") == 0
    assert page.locator("[data-outline] a[aria-current]").count() == 0


def test_a_document_scrolls_within_its_frame_only(reader):
    page = reader()
    page.frames[1].focus("#cell-cell-0")
    page.frames[1].evaluate("parent.postMessage({context: 'iframe.scroll', top: 1e9}, '*')")
    until(lambda: page.evaluate("scrollY > 1000"))
    bottom = page.eval_on_selector("iframe", "frame => frame.getBoundingClientRect().bottom")
    assert bottom >= 0
    page.frames[1].evaluate("parent.postMessage({context: 'iframe.scroll', top: -1e9}, '*')")
    top = "document.querySelector('iframe').getBoundingClientRect().top"
    until(lambda: page.evaluate(top) >= 0)


def test_what_machines_read_breaks_no_policy(reader, site):
    page = reader()
    problems = []
    page.on("console", lambda said: said.type == "error" and problems.append(said.text))
    page.reload()
    page.wait_for_selector("iframe[data-fitted]")
    assert (
        page.evaluate("JSON.parse(document.querySelector('script[type=\"application/ld+json\"]').text).name")
        == "Long"
    )
    assert problems == []


FIGURE = {"data": [{"type": "bar", "y": [1, 2]}], "layout": {"title": {"text": "BARS"}}}


def test_a_downloaded_page_needs_no_network(site, browser, make_notebook, tmp_path):
    notebook = make_notebook("# Alone\n\n$$x^2$$", "1")
    chart = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"application/vnd.plotly.v1+json": FIGURE},
    }
    notebook["cells"][1]["outputs"] = [chart]
    site.publish("ada", name="alone", notebook=notebook)
    file = tmp_path / "alone.html"
    file.write_bytes(site.client().get("@ada/alone/v/1/html").content)
    context = browser.new_context(offline=True)
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.wait_for_selector(".main-svg")
    assert page.locator("math").count() == 1
    assert page.evaluate("getComputedStyle(document.querySelector('.notebook')).maxWidth") != "none"
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    context.close()
