"""The bar of a lab, the Runtime menu and the Resources, in real front ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from support.axe import THEMES, use_theme, violations
from support.jupyterlab import START, Stage, menu, open_notebook
from support.screenshots import keep

from mlabs_ext.wire import Origin

pytestmark = pytest.mark.browser

NOTEBOOK = b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'
FITS = """() => {
    const bar = document.querySelector('.mlabs-LabBar');
    return bar.clientWidth < 500 && bar.scrollWidth <= bar.clientWidth;
}"""
PLAN = {
    "plan": {"name": "free", "limits": {"cpu_hours": 40, "accelerators": ["none"]}},
    "usage": {"cpu_hours": 33.5},
    "period_end": "2026-12-01T00:00:00Z",
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """With plans: a server keeps for a minute what it was told of them first."""
    stage = Stage(tmp_path_factory.mktemp("jupyterlab"))
    stage.service.me |= PLAN
    yield stage.start()
    stage.stop()


def bar(page: Page) -> Locator:
    return page.get_by_role("region", name="This lab")


def open_lab(stage: Stage, page: Page, name: str, front_end: str = "lab", **fields: object) -> None:
    stage.service.add_lab(f"ada/{name}", NOTEBOOK, title="Waves in a tank", **fields)
    stage.write(f"{name}.ipynb", ["a = 1", "b = 2", "c = 3"], f"ada/{name}")
    open_notebook(stage, page, f"{name}.ipynb", front_end)


def confirm(page: Page, button: str) -> None:
    page.get_by_role("dialog").get_by_role("button", name=button).click()


@pytest.mark.parametrize("front_end", ["lab", "notebook"])
def test_what_it_says_and_does(stage: Stage, page: Page, front_end: str) -> None:
    name = f"waves-{front_end}"
    open_lab(stage, page, name, front_end, forked_from=Origin("eve/orbits", 3))
    expect(bar(page)).to_contain_text("@ada, forked from @eve/orbits")
    link = bar(page).get_by_role("link", name="@eve/orbits")
    assert link.evaluate("a => a.href").endswith("/services/mlabs/@eve/orbits")
    expect(bar(page)).to_contain_text("6.5 hours left")
    bar(page).get_by_role("button", name="Title: Waves in a tank. Rename").click()
    field = bar(page).get_by_label("Title of this lab")
    expect(field).to_be_focused()
    field.fill("Waves in a pool")
    field.press("Enter")
    title = bar(page).get_by_role("button", name="Title: Waves in a pool. Rename")
    expect(title).to_be_focused()
    title.click()
    bar(page).get_by_label("Title of this lab").press("Escape")
    expect(title).to_be_visible()
    assert stage.sent("PATCH", f"/ada/{name}") == [{"title": "Waves in a pool"}]
    visible = bar(page).get_by_label("Who sees this lab")
    visible.select_option("Private")
    expect(bar(page)).to_contain_text("Private · v1")
    visible.select_option("Public")
    confirm(page, "Cancel")
    expect(visible).to_have_value("private")
    visible.select_option("Public")
    confirm(page, "Make public")
    expect(bar(page)).to_contain_text("Public · v1")
    assert stage.sent("PATCH", f"/ada/{name}")[1:] == [{"visibility": "private"}, {"visibility": "public"}]
    keep(page, f"labextension-bar-{front_end}")


def test_it_wraps_and_is_accessible_in_both_themes(stage: Stage, page: Page) -> None:
    open_lab(stage, page, "narrow", forked_from=Origin("eve/orbits", 3))
    ends = datetime.now(UTC) + timedelta(minutes=40)
    server = {"id": "x", "lab": "ada/mnist", "server": "", "plan": "free", "reason": "It is enough."}
    stage.service.open_servers = [{**server, "ends": ends.isoformat()}]
    menu(page, "Runtime", "View Resources")
    row = page.get_by_role("region", name="Resources").get_by_role("row").filter(has_text="Kernel memory")
    expect(row).to_contain_text(re.compile("of .* GB"))
    tab = page.get_by_role("tab", name=re.compile("^Resources"))
    for theme in THEMES:
        use_theme(page, theme)
        expect(page.locator(".mlabs-Resources polyline").first).to_be_attached()
        keep(page, f"labextension-bar-{theme.split()[-1].lower()}")
        assert violations(page, ".mlabs-LabBar") == []
        assert violations(page, ".mlabs-Resources") == []
        tab.click()
        page.set_viewport_size({"width": 700, "height": 800})
        page.wait_for_function(FITS)
        keep(page, f"labextension-bar-{theme.split()[-1].lower()}-narrow")
        page.set_viewport_size({"width": 1280, "height": 800})
        tab.click()
    stage.service.open_servers = []


@pytest.mark.parametrize("front_end", ["lab", "notebook"])
def test_the_runtime_menu(stage: Stage, page: Page, front_end: str) -> None:
    name = f"menu-{front_end}"
    open_lab(stage, page, name, front_end)
    marks: list[str | None] = []
    page.on("request", lambda asked: "/mlabs/api/run-all" in asked.url and marks.append(asked.post_data))
    prompt = page.locator(".jp-CodeCell .jp-InputPrompt")
    page.locator(".jp-CodeCell .cm-content").nth(1).click()
    page.keyboard.press("Control+F8")
    expect(prompt.nth(0)).to_have_text("[1]:")
    expect(prompt.nth(1)).to_have_text("[ ]:")
    page.keyboard.press("Control+F10")
    expect(prompt.nth(2)).to_have_text("[3]:")
    assert marks == []
    page.keyboard.press("Control+F9")
    expect(prompt.nth(2)).to_have_text("[6]:")
    assert len(marks) == 1, "a run of its own"
    menu(page, "Runtime", "Restart Kernel and Run All Cells…")
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Confirm")).click()
    expect(prompt.nth(2)).to_have_text("[3]:", timeout=START)
    assert len(marks) == 2
    page.locator(".lm-MenuBar-item", has_text=re.compile("^Runtime$")).click()
    keep(page, f"labextension-runtime-menu-{front_end}")
    page.keyboard.press("Escape")


def test_resources_are_measured_while_they_are_seen(stage: Stage, page: Page) -> None:
    open_lab(stage, page, "measured")
    asked: list[str] = []
    page.on("request", lambda request: "/mlabs/api/resources" in request.url and asked.append(request.url))
    assert asked == []
    menu(page, "Runtime", "View Resources")
    resources = page.get_by_role("region", name="Resources")
    row = resources.get_by_role("row").filter(has_text="Kernel CPU")
    expect(row).to_contain_text(re.compile(r"\d"))
    expect(resources).to_contain_text("The kernel of measured.ipynb")
    page.wait_for_function("() => document.querySelector('.mlabs-Resources polyline') !== null")
    page.get_by_role("tab", name=re.compile("^Resources")).click()
    expect(resources).to_have_count(0)
    page.wait_for_timeout(500)
    before = len(asked)
    page.wait_for_timeout(3000)
    assert len(asked) == before


def test_the_server_is_ended_after_a_question(stage: Stage, page: Page) -> None:
    open_lab(stage, page, "ended")
    stage.service.open_servers = [
        {"id": "01X", "lab": "ada/mnist", "server": "", "plan": "free", "ends": None, "reason": None}
    ]
    menu(page, "Runtime", "Disconnect and Delete Runtime…")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Kept: your notebooks")
    keep(page, "labextension-stop")
    confirm(page, "Cancel")
    assert stage.sent("DELETE", "/me/servers/01X") == []
    menu(page, "Runtime", "Disconnect and Delete Runtime…")
    confirm(page, "Disconnect and delete")
    page.wait_for_url(re.compile("/services/mlabs/@ada/mnist$"))
    assert len(stage.sent("DELETE", "/me/servers/01X")) == 1
    stage.service.open_servers = []
