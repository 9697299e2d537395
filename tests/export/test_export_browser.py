"""An export behind Python's own file server, in a real browser: read, searched, embedded, and attacked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from export.conftest import exporting
from playwright.sync_api import Browser, Page, Route
from service.conftest import services
from service.web.conftest import RUN, Town, evil, record
from support.foreign_site import LISTENER, foreign_site
from support.hostile import RUNNING, armed, html, notebook
from support.static_site import static_site

from mlabs_ext.service.render import STATIC

__all__ = ["evil"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (STATIC / "render").is_dir(), reason="the UI is not built: python ui/build.py web"
    ),
]
LISTEN = "if (self === top) addEventListener('message', e => console.log(JSON.stringify(e.data)))"
HOSTILE = ("script in HTML", "handlers in HTML", "broken out of its place", "refresh")
CELLS = [f"x{n} = {n}" for n in range(1, 31)]


@pytest.fixture(scope="module")
def copy(migrated, tmp_path_factory) -> Iterator[str]:
    """The address of an exported site, somewhere below that of its server."""
    folder = tmp_path_factory.mktemp("web")
    with services(migrated, tmp_path_factory.mktemp("town")) as start:
        site = start()
        book = notebook(html("<p id=made>OUTPUT OF ADA</p><script>made.dataset.ran = 1</script>"))
        code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
        book["cells"] += [code | {"id": f"n{n}", "source": source} for n, source in enumerate(CELLS)]
        site.publish("ada", name="mnist", title="MNIST from scratch", tags=["vision"], notebook=book)
        record(site.as_("ada"), RUN, "ada/mnist", "succeeded")
        for n in range(3):
            site.publish("bob", name=f"lab-{n}", title=f"Penguins {n}")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("mlabs_ext.service.web.pages.explore.PAGE", 2)
            exporting(Town(site), folder)(folder="labs")
    with static_site(folder) as url:
        yield f"{url}labs/"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in which nothing may go wrong unseen."""
    page, problems = browser.new_page(), []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    page.on("response", lambda answer: answer.status >= 400 and problems.append(answer.url))
    yield page
    page.close()
    assert problems == []


def document(page: Page):
    """The notebook in the page, once it has its height."""
    page.wait_for_selector("iframe[data-fitted]")
    return page.query_selector("iframe[data-document]").content_frame()


def test_a_reader_finds_a_lab_reads_it_and_follows_it_to_a_run(copy, page):
    page.goto(copy)
    page.fill("input[name=q]", "mnist vision")
    page.press("input[name=q]", "Enter")
    page.wait_for_selector("h1:has-text('1 lab for')")
    page.click(".card h2 a")
    page.wait_for_url(f"{copy}@ada/mnist/")
    shown = document(page)
    assert shown.inner_text("#made") == "OUTPUT OF ADA"
    assert shown.evaluate("() => [self.origin, made.dataset.ran]") == ["null", "1"]
    assert page.evaluate("() => document.querySelector('iframe').style.height >= '1000px'")
    page.click("aside a[href^='runs/0']")
    page.wait_for_url(f"{copy}@ada/mnist/runs/{RUN}/")
    assert "1 + 1" in document(page).inner_text("main")
    assert page.locator(".status--succeeded").count()


def test_the_search_goes_through_all_pages_of_explore(copy, page):
    page.goto(f"{copy}?q=penguins")
    page.wait_for_selector("h1:has-text('3 labs')")
    page.wait_for_function("() => document.querySelectorAll('.card').length === 3")
    page.goto(f"{copy}?q=none+such")
    page.wait_for_selector("h1:has-text('No lab for')")
    page.click("text=Show all labs")
    page.click("a[rel=next]")
    page.wait_for_url(f"{copy}page.2/")
    assert page.locator(".card").count() == 2


def test_of_many_labs_some_are_shown_first(copy, page):
    def many(route: Route) -> None:
        route.fulfill(json={"labs": route.fetch().json()["labs"][:1] * 30})

    page.route("**/search.json", many)
    page.goto(f"{copy}?environment=python")
    page.wait_for_selector("h1:has-text('30 labs')")
    page.wait_for_function("() => document.querySelectorAll('.card').length === 24")
    page.click("button:has-text('More labs')")
    page.wait_for_function("() => document.querySelectorAll('.card').length === 30")
    assert page.locator("button:has-text('More labs')").count() == 0
    assert page.locator(".filters [aria-current]").all_inner_texts()[0] == "Python"


def test_everything_is_there_without_scripts(copy, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(copy)
    page.click("a[rel=next]")
    page.click("text=MNIST from scratch")
    frame = page.query_selector("iframe").content_frame()
    frame.wait_for_selector("text=THE END")
    assert page.locator("text=This is a copy to read").is_visible()
    context.close()


def test_an_embed_says_its_height_to_a_page_of_another_origin(copy, page):
    with foreign_site() as blog:
        frame = f'<iframe src="{copy}embed/@ada/mnist" height="300" style="width:100%;border:0"></iframe>'
        blog.page = f"<!doctype html><title>Blog</title>{LISTENER}{frame}"
        page.goto(blog.url)
        page.wait_for_function("() => window.heights.at(-1) > 1500")


def test_an_embed_heeds_its_query(copy, page):
    page.goto(f"{copy}embed/@ada/mnist/?cells=3,4-5&show=code&theme=dark&header=0&v=1")
    shown = page.frame_locator("iframe[data-document]")
    shown.locator("html[data-theme=dark]").wait_for()
    page.wait_for_function("() => document.querySelector('iframe').style.height < '400px'")
    assert shown.locator(".cell").count() == 2
    words = shown.locator("main").inner_text()
    assert "x1 = 1" in words and "x2 = 2" in words and "THE END" not in words
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
    assert page.locator("header").count() == 0


def test_hostile_notebooks_reach_nothing(site, browser, evil, tmp_path, subtests):
    names = {kind: f"evil-{number}" for number, kind in enumerate(HOSTILE)}
    with static_site(tmp_path / "copy") as url:
        for kind, name in names.items():
            site.publish("ada", name=name, title="safe", notebook=armed(RUNNING[kind], evil, url))
        exporting(Town(site), tmp_path)()
        for kind, name in names.items():
            with subtests.test(kind):
                attacked(browser, evil, url, name)


def attacked(browser: Browser, evil, url: str, name: str) -> None:
    """A hostile notebook on its lab's page, as an embed, and by itself."""
    context = browser.new_context()
    context.add_cookies([{"name": "victim", "value": "a secret", "url": url}])
    for address in (f"@ada/{name}/", f"embed/@ada/{name}/"):
        page, told = context.new_page(), list[str]()
        page.add_init_script(LISTEN)
        page.on("console", lambda message, told=told: told.append(message.text))
        page.goto(f"{url}{address}")
        shown = document(page)
        shown.wait_for_selector("text=THE END")
        page.wait_for_timeout(300)
        # It runs, or nothing would be shown to be held back.
        assert '{"stolen":"ran"}' in told
        assert shown.evaluate("() => self.origin") == "null"
        assert page.evaluate("() => document.body.dataset.owned") is None
        assert page.title().startswith("safe")
        assert not [words for words in told if "secret" in words or '"storage"' in words]
    alone = context.new_page()
    alone.goto(f"{url}render/@ada/{name}/v/1.html")
    alone.wait_for_selector("text=THE END")
    alone.wait_for_timeout(300)
    assert alone.locator("#evilform").count() == 0
    assert evil.seen == []
    assert len(context.pages) == 3
    context.close()
    evil.seen.clear()
