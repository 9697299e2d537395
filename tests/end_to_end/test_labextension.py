"""The JupyterLab extension in real front ends: what a person clicks and reads, what the service is told."""

from __future__ import annotations

import json
import re
import time
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect
from support.axe import in_both_themes
from support.jupyterlab import START, Stage, menu, open_notebook
from support.screenshots import keep

from mlabs_ext.errors import Full

pytestmark = pytest.mark.browser

front_ends = pytest.mark.parametrize("front_end", ["lab", "notebook"])


def share(page: Page) -> Locator:
    page.get_by_role("button", name=re.compile("^share", re.I)).first.click()
    dialog = page.get_by_role("dialog", name="Share this notebook")
    dialog.get_by_label("Title").wait_for()
    return dialog


def chip(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^Lab state"))


@front_ends
def test_first_publish(stage: Stage, page: Page, front_end: str) -> None:
    name = f"first-{front_end}"
    stage.service.add_lab(f"ada/{name}", title="Penguins, by weight")
    stage.write(f"{name}.ipynb", ["print('weight')"], f"ada/{name}")
    open_notebook(stage, page, f"{name}.ipynb", front_end)
    expect(chip(page)).to_have_text("Draft")
    dialog = share(page)
    expect(dialog.get_by_label("Title")).to_have_value("Penguins, by weight")
    expect(dialog.get_by_role("radio", name="Public")).to_be_checked()
    dialog.get_by_role("radio", name="Unlisted").check()
    dialog.get_by_label("Description").fill("Three kinds of them.")
    dialog.get_by_role("button", name="Publish").click()
    link = dialog.get_by_role("link", name="Open page")
    link.wait_for()
    address = f"{stage.server.url}/services/mlabs/@ada/{name}"
    assert link.evaluate("a => a.href") == address
    dialog.get_by_role("button", name="Copy link").click()
    assert page.evaluate("navigator.clipboard.readText()") == address
    dialog.get_by_role("tab", name="Embed").click()
    expect(dialog.get_by_role("textbox", name="Frame, for any page")).to_have_value(
        re.compile(rf'^<iframe src="{stage.server.url}/.*/embed/@ada')
    )
    dialog.get_by_role("tab", name="Publish").click()
    keep(page, f"labextension-published-{front_end}")
    dialog.get_by_role("button", name="Done").click()
    expect(chip(page)).to_have_text("Public · v1")
    sent = stage.sent("POST", f"/ada/{name}/versions")[-1]
    assert (sent["title"], sent["visibility"]) == ("Penguins, by weight", "unlisted")
    assert sent["description"] == "Three kinds of them."
    assert stage.read(f"{name}.ipynb")["metadata"]["mlabs"]["lab"] == f"ada/{name}"


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        ("Markdown", r"^\[!\[Open in MLabs\]\(.*/badge\.svg\)\]\(.*/@ada/badges\)$"),
        ("HTML", r'^<a href=".*/@ada/badges"><img src=".*/badge\.svg" alt="Open in MLabs"></a>$'),
        ("reStructuredText", r"^\.\. image:: .*/badge\.svg"),
    ],
)
def test_badge(stage: Stage, page: Page, way: str, expected: str) -> None:
    stage.service.add_lab("ada/badges", b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}')
    stage.write("badges.ipynb", ["1"], "ada/badges")
    open_notebook(stage, page, "badges.ipynb")
    dialog = share(page)
    dialog.get_by_role("tab", name="Embed").click()
    expect(dialog.get_by_role("textbox", name=f"Badge in {way}")).to_have_value(re.compile(expected))


def test_update_and_change_of_visibility(stage: Stage, page: Page) -> None:
    stage.service.add_lab("ada/update")
    stage.write("update.ipynb", ["depth = 2"], "ada/update")
    open_notebook(stage, page, "update.ipynb")
    dialog = share(page)
    dialog.get_by_role("button", name="Publish").click()
    dialog.get_by_role("button", name="Done").click()
    requests = stage.rested()
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.type("  # deeper")
    expect(chip(page)).to_have_text("Public · v1 · unpublished changes")
    assert stage.about_labs() == requests, "typing must not cause requests"
    dialog = share(page)
    dialog.get_by_label("What changed").fill("A comment")
    dialog.get_by_role("button", name="Update to version 2").click()
    expect(dialog.get_by_text("Published: version 2 is public.")).to_be_focused()
    assert stage.sent("POST", "/ada/update/versions")[-1]["message"] == "A comment"
    dialog.get_by_role("button", name="Done").click()
    dialog = share(page)
    settings = dialog.get_by_role("button", name="Save settings")
    expect(settings).to_be_disabled()
    dialog.get_by_role("radio", name="Private").check()
    settings.click()
    expect(dialog.get_by_text("The settings are saved.")).to_be_visible()
    dialog.get_by_role("button", name="Done").click()
    expect(chip(page)).to_have_text("Private · v2")
    assert stage.sent("PATCH", "/ada/update") == [{"visibility": "private"}]


def test_an_error_says_what_to_do(stage: Stage, page: Page) -> None:
    stage.service.add_lab("ada/full")
    stage.write("full.ipynb", ["1"], "ada/full")
    open_notebook(stage, page, "full.ipynb")
    dialog = share(page)
    stage.service.fault = lambda path, body: Full("There is no space left.") if body else None
    dialog.get_by_role("button", name="Publish").click()
    alert = dialog.get_by_role("alert")
    expect(alert).to_contain_text("There is no space left. Your notebook is kept here.")
    expect(alert).to_be_focused()
    stage.service.fault = lambda method, path: None
    dialog.get_by_role("button", name="Publish").click()
    expect(dialog.get_by_text("Published: version 1 is public.")).to_be_visible()


def test_the_keyboard_alone_is_enough(stage: Stage, page: Page) -> None:
    stage.service.add_lab("ada/keys")
    stage.write("keys.ipynb", ["1"], "ada/keys")
    open_notebook(stage, page, "keys.ipynb")
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Alt+s")
    dialog = page.get_by_role("dialog", name="Share this notebook")
    dialog.get_by_label("Title").wait_for()
    for _ in range(12):
        page.keyboard.press("Tab")
        assert dialog.evaluate("dialog => dialog.contains(document.activeElement)")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert page.evaluate("document.activeElement.closest('.jp-Notebook') !== null"), "the focus goes back"


def test_fork_of_somebody_elses_lab(stage: Stage, page: Page) -> None:
    stage.service.add_lab("eve/orbits", b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}')
    stage.write("copy.ipynb", ["1"], "eve/orbits")
    open_notebook(stage, page, "copy.ipynb")
    expect(chip(page)).to_have_text("From @eve/orbits")
    expect(share(page)).to_contain_text("comes from @eve/orbits")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("^(Fork|Make a lab of your own)")).first.click()
    page.get_by_role("dialog").get_by_role("button", name="Fork").click()
    page.wait_for_url(re.compile("/services/mlabs/open/@ada/orbits$"))


def test_own_labs_have_no_fork_button(stage: Stage, page: Page) -> None:
    stage.service.add_lab("ada/own")
    stage.write("own.ipynb", ["1"], "ada/own")
    open_notebook(stage, page, "own.ipynb")
    expect(chip(page)).to_have_text("Draft")
    expect(page.get_by_role("button", name=re.compile("^(Fork|Make a lab of your own)"))).to_have_count(0)


@front_ends
def test_history_follows_a_run(stage: Stage, page: Page, front_end: str) -> None:
    name = f"history-{front_end}"
    stage.service.add_lab(f"ada/{name}")
    stage.write(f"{name}.ipynb", ["import time; time.sleep(4)", "1 / 0"], f"ada/{name}")
    open_notebook(stage, page, f"{name}.ipynb", front_end)
    if front_end == "lab":
        page.get_by_role("tab", name="History: runs of this notebook").click()
    else:
        menu(page, "View", "Show History")
    history = page.get_by_role("region", name="History")
    expect(history).to_contain_text("No runs yet")
    menu(page, "Run", "Run All Cells")
    rows = history.get_by_role("listitem")
    expect(rows.first).to_contain_text("Running", timeout=10_000)
    expect(rows.first).to_contain_text("Failed", timeout=20_000)
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("python · run all")
    keep(page, f"labextension-history-{front_end}")
    href = rows.first.get_by_role("link").evaluate("a => a.href")
    assert urlsplit(href).path.startswith(f"/services/mlabs/@ada/{name}/runs/")
    assert href.startswith(stage.server.url)


def test_the_toolbar_says_how_many_watch(stage: Stage, page: Page) -> None:
    published = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []})
    stage.service.add_lab("ada/watched", published.encode())
    stage.write("watched.ipynb", ["1"], "ada/watched")
    open_notebook(stage, page, "watched.ipynb", "lab")
    known = set(stage.service.runs)
    menu(page, "Run", "Run All Cells")
    link = page.get_by_role("link", name=re.compile("watching"))
    page.wait_for_function("() => document.querySelector('.jp-InputPrompt')?.textContent === '[1]:'")
    deadline = time.monotonic() + 20
    while not (new := set(stage.service.runs) - known):
        assert time.monotonic() < deadline
        page.wait_for_timeout(100)
    expect(link).to_have_count(0)
    stage.service.watching[new.pop()] = 2
    expect(link).to_have_text("2 watching", timeout=25_000)
    keep(page, "labextension-watching")
    assert in_both_themes(page, ".mlabs-LabBar") == []
    stage.service.watching.clear()
    expect(link).to_have_count(0, timeout=25_000)


def test_restart_and_run_all_counts_only_once_confirmed(stage: Stage, page: Page) -> None:
    stage.service.add_lab("ada/again")
    stage.write("again.ipynb", ["a = 1", "", "b = 2"], "ada/again")
    open_notebook(stage, page, "again.ipynb")
    marks: list[str] = []
    page.on(
        "request", lambda request: "/mlabs/api/run-all" in request.url and marks.append(request.post_data)
    )
    menu(page, "Kernel", "Restart Kernel and Run All Cells…")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-InputPrompt").first).to_have_text("[1]:")
    assert marks == []
    menu(page, "Kernel", "Restart Kernel and Run All Cells…")
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Confirm")).click()
    expect(page.locator(".jp-InputPrompt").nth(2)).to_have_text("[2]:", timeout=START)
    assert marks == ['{"path":"again.ipynb","cells":["cell-0","cell-2"]}']
