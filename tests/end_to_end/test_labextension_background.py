"""“Run All in Background” in real front ends: saved, sent, and followed on the run's page."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect
from support.jupyterlab import Stage, menu, open_notebook

from mlabs_ext.errors import TooMany

pytestmark = pytest.mark.browser
ENTRY = "Run All in Background"


def open_lab(stage: Stage, page: Page, name: str, front_end: str = "lab") -> None:
    stage.service.add_lab(f"ada/{name}")
    stage.write(f"{name}.ipynb", ["print('as saved')"], f"ada/{name}")
    open_notebook(stage, page, f"{name}.ipynb", front_end)


@pytest.mark.parametrize("front_end", ["lab", "notebook"])
def test_what_is_on_the_screen_runs(stage: Stage, page: Page, front_end: str) -> None:
    name = f"background-{front_end}"
    open_lab(stage, page, name, front_end)
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("print('just typed')")
    menu(page, "Run", ENTRY)
    toast = page.locator(".Toastify__toast")
    expect(toast).to_contain_text("runs in the background")
    (sent,) = stage.sent("POST", f"/ada/{name}/runs")
    assert [cell["source"] for cell in sent["notebook"]["cells"]] == [["print('just typed')"]]
    saved = stage.read(f"{name}.ipynb")
    assert "just typed" in json.dumps(saved)
    with page.expect_popup() as followed:
        toast.get_by_role("button", name="Follow the run").click()
    run = next(run for run, made in stage.service.runs.items() if made.lab == f"ada/{name}")
    assert followed.value.url.endswith(f"/services/mlabs/@ada/{name}/runs/{run}")
    followed.value.close()


def test_it_is_in_the_bar_and_says_what_is_wrong(stage: Stage, page: Page) -> None:
    open_lab(stage, page, "full")

    def full(path, body):
        return TooMany("100 of your runs wait already.") if path.endswith("/runs") else None

    stage.service.fault = full
    page.get_by_role("region", name="This lab").get_by_role("button", name="Run all in background").click()
    toast = page.locator(".Toastify__toast")
    expect(toast).to_contain_text("100 of your runs wait already.")
    expect(toast).to_contain_text("does not run in the background")
