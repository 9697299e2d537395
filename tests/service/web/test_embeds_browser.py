"""Embeds on a page of another origin: by embed.js, as plain frames, and where a blog allows frames alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, Page
from support.static_site import static_site
from support.waiting import until

import mlabs_ext.service

BASE = "/services/mlabs/"
RUN = "01JCQ3W3T9V0Q8X5H7ZK2M0001"
BUILD = Path(mlabs_ext.service.__file__).parent / "static" / "build"
# Sums up what moved while nobody did anything, from the first moment on.
SHIFTS = """<script>
  window.shifts = 0;
  new PerformanceObserver(list => { for (const entry of list.getEntries()) shifts += entry.value; })
    .observe({type: "layout-shift", buffered: true});
</script>"""


@pytest.fixture(scope="module")
def built():
    if not (BUILD / "host.js").exists():
        pytest.skip("the UI is not built: run python ui/build.py")


pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("built")]


class Blog:
    """Pages of another origin; `problems` is what the browser complained about."""

    def __init__(self, browser: Browser, folder: Path, address: str, mlabs: str):
        self.browser, self.folder, self.address, self.mlabs = browser, folder, address, mlabs
        self.problems: list[str] = []
        self.asked: list[str] = []
        (folder / "favicon.ico").touch()
        self.pages: list[Page] = []

    def open(self, body: str, head: str = "", **context: Any) -> Page:
        """A page with this content, in a fresh browser context."""
        html = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Blog</title>{head}{body}'
        (self.folder / "index.html").write_text(html.replace("MLABS/", self.mlabs))
        made = self.browser.new_context(viewport={"width": 1000, "height": 700}, **context)
        made.on("request", lambda request: self.asked.append(request.url))
        page = made.new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda said: said.type == "error" and self.problems.append(said.text))
        page.goto(self.address)
        self.pages.append(page)
        return page


@pytest.fixture
def blog(town: Any, browser: Browser, tmp_path: Path) -> Iterator[Blog]:
    with static_site(tmp_path) as address:
        made = Blog(browser, tmp_path, address, town.site.url)
        yield made
        for page in made.pages:
            page.context.close()


def shell(page: Page, number: int) -> Frame:
    """The n-th embed of a page, brought into view, once its notebook has its height."""
    frame = page.locator("iframe").nth(number)
    frame.scroll_into_view_if_needed()
    inside = frame.element_handle().content_frame()
    assert inside
    inside.wait_for_selector("iframe[data-fitted]")
    return inside


def notebook(page: Page, number: int) -> Frame:
    """What the n-th embed frames; for a moment, while a frame takes up another document, it has none."""
    inside = shell(page, number)
    return until(lambda: inside.wait_for_selector("iframe").content_frame())


WHOLE = """() => document.body.innerText.includes("HEAVY")
    && document.documentElement.dataset.theme === "dark" && self.origin === 'null'"""
TEXT = "<p>" + "What a reader came for. " * 30 + "</p>"
SCRIPT = '<script async src="MLABS/embed.js"></script>'


def frame(query: str, height: int = 300, lab: str = "ada/mnist") -> str:
    source = f'src="MLABS/embed/@{lab}{query}" title="Lab" loading="lazy"'
    return f'<iframe {source} style="width:100%;border:0" height="{height}"></iframe>'


def paragraph(data: str = "", height: int = 300, lab: str = "ada/mnist") -> str:
    link = f'<a href="MLABS/@{lab}">A lab</a>'
    room = f'data-height="{height}" style="min-height:{height}px"'
    return f'<p class="mlabs" data-lab="{lab}" {room} {data}>{link}</p>'


TEN = [
    (frame(""), "1 + 1", None),
    (paragraph(), "1 + 1", None),
    (frame(f"?run={RUN}"), "2", None),
    (paragraph(f'data-run="{RUN}" data-show="output"'), "2", None),
    (frame("?cells=2"), "1 + 1", None),
    (paragraph('data-cells="cell-1" data-show="code"'), "1 + 1", None),
    (frame("?theme=light"), "Hello", "light"),
    (paragraph('data-theme="dark" data-header="0"'), "Hello", "dark"),
    (frame("?theme=auto&v=1"), "Hello", None),
    ('<div data-theme="dark">' + paragraph('data-v="1" data-theme="auto"') + "</div>", "Hello", "dark"),
]


def test_ten_embeds_move_nothing_on_a_foreign_page(blog):
    body = TEXT + TEXT.join(html for html, _, _ in TEN) + TEXT + SCRIPT * 2
    page = blog.open(f"<body>{body}", SHIFTS)
    page.wait_for_function("() => document.querySelectorAll('iframe').length === 10")
    for number, (_, words, theme) in enumerate(TEN):
        inside = notebook(page, number)
        inside.wait_for_function("words => document.body.innerText.includes(words)", arg=words)
        assert inside.evaluate("document.documentElement.dataset.theme ?? null") == theme, number
        assert page.locator("iframe").nth(number).get_attribute("title") in ("Lab", "A lab")
        assert shell(page, number).locator("a[target=_blank][rel=noopener]").count() == 2
    assert page.evaluate("shifts") == 0
    assert page.evaluate("scrollTo(0, 0), document.documentElement.scrollWidth <= innerWidth")
    assert blog.problems == []


POLICY = "default-src 'none'; frame-src MLABS/; style-src 'self'"


def test_a_blog_that_allows_frames_alone_shows_all_of_a_lab(blog, town, make_notebook):
    town.site.publish("ada", name="long", notebook=make_notebook(*[f"x = {n}" for n in range(60)]))
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    page = blog.open('<body><iframe src="MLABS/embed/@ada/long" title="Lab" height="300"></iframe>', policy)
    inside = shell(page, 0)
    inside.wait_for_function("() => document.documentElement.scrollHeight > 1500")
    inside.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    assert inside.get_by_role("link", name="Fork").is_visible()
    assert notebook(page, 0).evaluate("innerHeight >= document.documentElement.scrollHeight")
    assert blog.problems == []


def test_without_scripts_there_is_a_link(blog):
    page = blog.open(f"<body>{paragraph()}{SCRIPT}", java_script_enabled=False)
    assert page.get_by_role("link", name="A lab").get_attribute("href").endswith("/@ada/mnist")
    assert page.locator("iframe").count() == 0


def test_an_embed_without_a_height_fits_itself(blog, town, make_notebook):
    town.site.publish("ada", name="long", notebook=make_notebook(*[f"x = {n}" for n in range(40)]))
    page = blog.open(f'<body><p class="mlabs" data-lab="ada/long">A lab</p>{SCRIPT}{TEXT}')
    page.wait_for_function("() => document.querySelector('iframe')?.clientHeight > 1000")
    inside = shell(page, 0)
    inside.wait_for_function("() => document.documentElement.scrollHeight <= innerHeight + 1")
    before = page.evaluate("document.querySelector('iframe').clientHeight")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<iframe id=other></iframe>')")
    for sender in ("window", "document.querySelector('#other').contentWindow"):
        page.evaluate("heard = new Promise(done => addEventListener('message', done, {once: true})); 0")
        page.evaluate(
            f"({sender}).eval(\"top.postMessage({{context: 'iframe.resize', height: 99}}, '*')\"); 0"
        )
        page.evaluate("heard.then(() => 0)")
        assert page.evaluate("document.querySelector('iframe').clientHeight") == before


def test_a_reserved_height_grows_where_nobody_sees_it(blog, town, make_notebook):
    town.site.publish("ada", name="long", notebook=make_notebook(*[f"x = {n}" for n in range(40)]))
    near, far = paragraph(lab="ada/long"), paragraph(lab="ada/long")
    page = blog.open(f"<body>{near}{TEXT}<div style='height:900px'></div>{far}{TEXT}{SCRIPT}", SHIFTS)
    page.wait_for_function("() => document.querySelectorAll('iframe')[1]?.clientHeight > 1000")
    shell(page, 0)
    assert page.evaluate("document.querySelector('iframe').clientHeight") == 300
    assert page.evaluate("shifts") == 0


def test_an_embed_follows_the_page_around_it(blog):
    page = blog.open(f"<body>{paragraph()}{paragraph('data-theme=light')}{SCRIPT}", color_scheme="light")
    themes = "theme => (document.documentElement.dataset.theme ?? 'auto') === theme"
    for said, theme in (("dataset.theme = 'dark'", "dark"), ("dataset.theme = 'light'", "light")):
        notebook(page, 0)
        page.evaluate(f"document.documentElement.{said}; 0")
        shell(page, 0).wait_for_function(themes, arg=theme)
        notebook(page, 0).wait_for_function(themes, arg=theme)
        assert shell(page, 1).evaluate("document.documentElement.dataset.theme") == "light"
    page.evaluate("delete document.documentElement.dataset.theme; 0")
    page.evaluate("document.documentElement.style.colorScheme = 'dark'")
    shell(page, 0).wait_for_function(themes, arg="dark")
    assert blog.problems == []


def heavy(make_notebook: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    book = make_notebook("# Heavy", "draw()")
    html = f"<p>HEAVY</p><!--{'x' * 10}--><p hidden>{'x' * 1_200_000}</p><div style='height: 900px'></div>"
    shown = {"output_type": "display_data", "data": {"text/html": html}, "metadata": {}}
    book["cells"][1]["outputs"] = [shown]
    return book


def test_a_heavy_output_is_loaded_by_a_click(blog, town, make_notebook):
    town.site.publish("ada", name="heavy", notebook=heavy(make_notebook))
    page = blog.open(f"<body>{paragraph('data-theme=dark', lab='ada/heavy')}{TEXT}{SCRIPT}")
    document = notebook(page, 0)
    assert "HEAVY" not in document.content()
    document.get_by_role("link", name="Show output (1.14 MB)").click()
    # One look at all of it, and again where the frame goes on to the other document meanwhile.
    document.wait_for_function(WHOLE)
    page.wait_for_function("() => document.querySelector('iframe').clientHeight > 500")
    assert blog.problems == []


def test_forking_opens_a_page_of_its_own(blog):
    page = blog.open(f"<body>{paragraph()}{SCRIPT}")
    with page.expect_popup() as opened:
        shell(page, 0).get_by_role("link", name="Fork").click()
    assert opened.value.evaluate("opener") is None
    assert f"{blog.mlabs}fork/@ada/mnist" in blog.asked
    opened.value.close()


def test_the_builder_shows_each_change(town, browser):
    page = browser.new_page()
    page.goto(f"{town.site.url}@ada/mnist/embed")
    page.get_by_label("Cells").fill("2")
    page.get_by_label("Show").select_option("code")
    page.wait_for_url("**/embed?cells=2&show=code&height=480")
    assert page.locator(".preview").get_attribute("src") == f"{BASE}embed/@ada/mnist?cells=2&show=code"
    page.get_by_label("Cells").fill("<b>")
    page.get_by_role("alert").wait_for()
    page.get_by_label("Cells").fill("")
    inside = page.frame_locator(".preview").frame_locator("iframe")
    inside.get_by_text("1 + 1").wait_for()
    page.close()
