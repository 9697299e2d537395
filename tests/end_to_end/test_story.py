"""The whole story in a real browser: open, run, share, fork, embed, remember."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect
from support.foreign_site import LISTENER, foreign_site
from support.person import Person
from support.screenshots import keep
from support.settled import settle
from support.up import Up

pytestmark = pytest.mark.browser
WHERE = [
    pytest.param("mlabs_up", id="local"),
    pytest.param("docker_up", id="docker", marks=pytest.mark.docker),
]

CODE = """import platform, sklearn
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier
features, target = load_iris(return_X_y=True)
depth = 2
tree = DecisionTreeClassifier(max_depth=depth).fit(features, target)
print("accuracy", round(tree.score(features, target), 3), "at depth", depth)"""
RUN_TIMEOUT = 180_000
SPAWN_TIMEOUT = 120_000


class Console:
    """Collects what pages log as errors, less what no page of ours caused."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def watch(self, page: Page) -> Page:
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        return page


@pytest.fixture(scope="module", params=WHERE)
def up(request: pytest.FixtureRequest) -> Up:
    """MLabs, with servers in each of the places that one machine has."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def console(up) -> Console:
    return Console()


@pytest.fixture(scope="module")
def people(up, browser: Browser) -> Iterator[dict[str, BrowserContext]]:
    contexts = {
        name: browser.new_context(viewport={"width": 1280, "height": 800}, permissions=["clipboard-read"])
        for name in ("ada", "bob", "reader")
    }
    yield contexts
    for context in contexts.values():
        context.close()


@pytest.fixture(scope="module")
def blog() -> Iterator[Any]:
    with foreign_site() as site:
        yield site


def sign_in(page: Page, name: str, password: str) -> None:
    page.get_by_label(re.compile("user ?name", re.I)).fill(name)
    page.get_by_label(re.compile("password", re.I)).first.fill(password)
    page.get_by_role("button", name=re.compile("sign in", re.I)).click()


def run_first_cell(page: Page, code: str | None = None) -> None:
    """Wait for JupyterLab, put `code` into the first code cell where given, run it, wait for its end."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").first
    cell.wait_for(timeout=SPAWN_TIMEOUT)
    # Before the kernel is there, running a cell would start a second one.
    page.locator("#jp-bottom-panel, .jp-StatusBar-Widget, #jp-main-statusbar").get_by_text(
        re.compile(r"\| Idle$")
    ).first.wait_for(timeout=SPAWN_TIMEOUT)
    cell.locator(".cm-content").click()
    if code is not None:
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(code)
    page.keyboard.press("Control+Enter")
    expect(cell.locator(".jp-OutputArea-output").first).to_contain_text("accuracy", timeout=RUN_TIMEOUT)


def rendered(page: Page) -> Frame:
    """The sandboxed document inside a lab, run or embed page."""
    frame = page.wait_for_selector("iframe[sandbox]").content_frame()
    assert frame is not None
    return frame


@pytest.fixture(scope="module")
def published(up, people, console) -> dict[str, str]:
    """Ada signs in, makes a lab, runs code and shares it; returns its address."""
    page = console.watch(people["ada"].new_page())
    page.goto(up.url)
    keep(page, "explore-empty")
    page.get_by_role("link", name=re.compile("sign in", re.I)).first.click()
    keep(page, "sign-in")
    sign_in(page, "ada", up.password)
    page.get_by_role("link", name=re.compile("new lab", re.I)).first.click()
    keep(page, "new-lab")
    page.get_by_label(re.compile("title", re.I)).fill("Iris, two levels deep")
    page.get_by_role("button", name=re.compile("create|open|start", re.I)).first.click()
    run_first_cell(page, CODE)
    keep(page, "jupyterlab")
    page.get_by_role("button", name=re.compile("^share", re.I)).first.click()
    dialog = page.get_by_role("dialog")
    publish = dialog.get_by_role("button", name=re.compile("publish", re.I))
    publish.wait_for()
    keep(page, "share-dialog")
    publish.click()
    link = dialog.get_by_role("link", name=re.compile("open page", re.I)).first
    link.wait_for(timeout=60_000)
    keep(page, "shared-dialog")
    href = link.evaluate("a => a.href")
    return {"url": href, "path": href.split("/@", 1)[1]}


def test_reader_sees_code_outputs_environment_and_run_time(published, people, console):
    page = console.watch(people["reader"].new_page())
    page.goto(published["url"])
    document = rendered(page)
    document.get_by_text("DecisionTreeClassifier").first.wait_for()
    expect(document.locator("body")).to_contain_text("accuracy 0.96 at depth 2")
    body = page.locator("body")
    expect(body).to_contain_text("Iris, two levels deep")
    expect(body).to_contain_text("Python")
    expect(body).to_contain_text(re.compile(r"\d+(\.\d+)? ?(ms|s|seconds?|min)\b"))
    keep(page, "lab")
    page.close()


@pytest.fixture(scope="module")
def forked(up, published, people, console) -> dict[str, str]:
    """Bob forks, opens, changes one line, runs and publishes; returns the fork's address."""
    page = console.watch(people["bob"].new_page())
    page.goto(published["url"])
    page.get_by_role("link", name=re.compile("^fork", re.I)).first.click()
    sign_in(page, "bob", up.password)
    fork = page.get_by_role("button", name=re.compile("fork", re.I)).first
    fork.wait_for()
    keep(page, "fork-confirmation")
    fork.click()
    run_first_cell(page, CODE.replace("depth = 2", "depth = 4"))
    expect(page.locator(".jp-OutputArea-output").first).to_contain_text("at depth 4", timeout=RUN_TIMEOUT)
    page.get_by_role("button", name=re.compile("^share", re.I)).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=re.compile("publish|update", re.I)).first.click()
    link = dialog.get_by_role("link", name=re.compile("open page", re.I)).first
    link.wait_for(timeout=60_000)
    expect(dialog).to_contain_text("version 2 is public", timeout=60_000)
    return {"url": link.evaluate("a => a.href")}


def test_lineage_is_visible_on_both_pages(published, forked, people, console):
    page = console.watch(people["reader"].new_page())
    page.goto(forked["url"])
    expect(page.locator("body")).to_contain_text(re.compile("forked from", re.I))
    expect(page.locator(f"a[href*='/@{published['path']}']").first).to_be_visible()
    expect(rendered(page).locator("body")).to_contain_text("at depth 4")
    keep(page, "fork")
    page.goto(published["url"])
    expect(page.locator("body")).to_contain_text(re.compile(r"\b1\b\s*fork|forks?\W*1\b", re.I))
    page.goto(published["url"] + "/forks")
    expect(page.locator("body")).to_contain_text("bob")
    keep(page, "forks")
    page.close()


def test_embed_in_a_foreign_page_shows_and_resizes(published, people, blog, console):
    page = console.watch(people["reader"].new_page())
    page.goto(published["url"])
    snippet = page.evaluate(
        """async () => {
            const area = [...document.querySelectorAll('textarea, input, code, pre')]
                .map(e => e.value || e.textContent).find(t => t.includes('<iframe') && t.includes('/embed/'));
            return area.trim();
        }"""
    )
    blog.page = (
        f"<!doctype html><meta charset=utf-8><title>A blog</title><body><h1>My post</h1>{LISTENER}{snippet}"
    )
    page.goto(blog.url)
    shell = page.wait_for_selector("iframe").content_frame()
    document = shell.wait_for_selector("iframe[sandbox]").content_frame()
    document.get_by_text("DecisionTreeClassifier").first.wait_for()
    page.wait_for_function("() => window.heights.length > 0")
    assert 100 < page.evaluate("window.heights.at(-1)") < 5000
    assert shell.evaluate("document.documentElement.scrollHeight <= innerHeight + 1")
    keep(page, "embed")
    page.close()


def test_history_agrees_in_jupyterlab_on_the_page_and_by_api(up, published, people, console):
    ada = Person(up.url, "ada", up.password)
    lab = published["path"].split("/")[1]
    runs = ada.ok("GET", f"labs/ada/{lab}/runs")["items"]
    ada.close()
    assert len(runs) == 1
    assert runs[0]["environment"] == "python"
    page = people["ada"].pages[0]
    page.keyboard.press("Escape")
    if page.get_by_role("dialog").count():
        page.get_by_role("dialog").get_by_role("button", name=re.compile("close|done", re.I)).first.click()
    page.get_by_role("tab", name="History: runs of this notebook").click()
    rows = page.locator(f"a[href*='/runs/{runs[0]['id']}']")
    rows.first.wait_for()
    assert page.locator("a[href*='/runs/']").count() == len(runs)
    keep(page, "history")
    other = console.watch(people["ada"].new_page())
    other.goto(published["url"] + "/runs")
    links = other.locator("main a[href*='/runs/']")
    hrefs = links.evaluate_all("links => [...new Set(links.map(a => a.href))]")
    assert [href.rsplit("/", 1)[1] for href in hrefs] == [run["id"] for run in runs]
    keep(other, "runs")
    other.goto(hrefs[0])
    expect(rendered(other).locator("body")).to_contain_text("accuracy 0.96 at depth 2")
    keep(other, "run")
    other.goto(up.url + "/services/mlabs/me")
    keep(other, "me")
    other.close()


def test_no_page_raised(published, forked, console):
    assert console.errors == []


@pytest.mark.parametrize("width", [390, 1280, 1920])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_their_window(up, published, forked, browser, width, scheme, tmp_path: Path):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    base = up.url + "/services/mlabs/"
    for name, url in {"explore": base, "profile": base + "@ada", "lab": published["url"]}.items():
        page.goto(url)
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"
        keep(page, f"{name}-{width}-{scheme}")
    context.close()
