"""The History, cell times and the launcher in real front ends: what a person sees, compares and gets back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from lab.user_server import TOKEN
from playwright.sync_api import Locator, Page, expect
from support.axe import in_both_themes
from support.jupyterlab import START, Stage, menu, open_notebook
from support.keyboard import press_until
from support.screenshots import keep
from support.waiting import until

pytestmark = pytest.mark.browser

TRAIN = "import mlabs\nfor step in range(20):\n    mlabs.log(loss={start} / (step + 1), step=step)"
front_ends = pytest.mark.parametrize("front_end", ["lab", "notebook"])


def cell(page: Page, number: int) -> Locator:
    return page.locator(".jp-Notebook .jp-CodeCell").nth(number)


def write(page: Page, number: int, code: str) -> None:
    cell(page, number).locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(code)


def saved(stage: Stage, path: str) -> list[dict[str, Any]]:
    """The cells in the file once they have outputs; none while it is being written."""
    try:
        cells = stage.read(path)["cells"]
    except ValueError:
        return []
    return cells if any(each["outputs"] for each in cells) else []


def run_all(stage: Stage, page: Page) -> None:
    """Run all cells, and wait until the service knows that they have run."""
    ended = len(stage.service.ended())
    menu(page, "Run", "Run All Cells")
    until(lambda: len(stage.service.ended()) > ended, 60, lambda: stage.server.log[-3000:])


def test_two_runs_are_compared_restored_and_undone(stage: Stage, page: Page) -> None:
    stage.service.add_lab("ada/story")
    stage.write("story.ipynb", [TRAIN.format(start=2.0), "rate = 1\nprint(rate)"], "ada/story")
    open_notebook(stage, page, "story.ipynb")
    page.get_by_role("tab", name="History: runs of this notebook").click()
    history = page.get_by_role("region", name="History")
    expect(history).to_contain_text("No runs yet")
    expect(page.get_by_role("button", name=re.compile("^share", re.I)).first).to_be_visible()
    run_all(stage, page)
    write(page, 0, TRAIN.format(start=1.0))
    write(page, 1, "rate = 2\nprint(rate)")
    run_all(stage, page)

    rows = history.get_by_role("listitem")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("loss 1 → 0.05, 20 steps")
    expect(rows.nth(1)).to_contain_text("loss 2 → 0.1, 20 steps")
    expect(rows.nth(1).locator(".mlabs-Run-metric svg path")).to_be_visible()
    more = rows.nth(1).get_by_role("button", name=re.compile("^More about"))
    more.click()
    keep(page, "labextension-history-light")
    assert in_both_themes(page, ".mlabs-History") == []

    rows.nth(1).get_by_role("button", name="Compare…").click()
    dialog = page.get_by_role("dialog", name=re.compile("^Compare the run of"))
    expect(dialog).to_contain_text("2 cells differ.")
    expect(dialog).to_contain_text("Cell 2: other code and another output")
    expect(dialog.locator("tr[data-kind=removed]").last).to_contain_text("rate = 1")
    keep(page, "labextension-compare-now")
    dialog.get_by_label("With").select_option(index=1)
    expect(dialog.get_by_role("table").first).to_contain_text("loss")
    expect(dialog.get_by_role("table").first).to_contain_text("0.05")
    keep(page, "labextension-compare-runs")
    assert in_both_themes(page, ".mlabs-Dialog") == []
    dialog.get_by_role("button", name="Close").click()

    files = {file.name for file in stage.server.root.glob("*.ipynb")}
    rows.nth(1).get_by_role("button", name="Restore…").click()
    asked = page.get_by_role("dialog").filter(has_text="Restore this run")
    expect(asked).to_contain_text("2 cells get their code of then.")
    assert in_both_themes(page, ".jp-Dialog") == []
    asked.get_by_role("button", name="Restore").click()
    expect(cell(page, 1).locator(".cm-content")).to_contain_text("rate = 1")
    expect(cell(page, 1).locator(".jp-OutputArea-output")).to_have_text("1\n")
    expect(
        page.get_by_text(re.compile("^Restored. What was there before is in story before restore"))
    ).to_be_visible()
    [copy] = {file.name for file in stage.server.root.glob("*.ipynb")} - files
    assert "rate = 2" in "".join(map(str, stage.read(copy)["cells"][1]["source"]))
    page.locator(".jp-Notebook").press("Escape")
    menu(page, "Edit", "Undo Cell Operation")
    expect(cell(page, 1).locator(".cm-content")).to_contain_text("rate = 2")
    expect(cell(page, 1).locator(".jp-OutputArea-output")).to_have_text("2\n")

    rows.nth(1).get_by_role("button", name="Run again").click()
    expect(page.get_by_text("It runs again in the background")).to_be_visible()
    expect(rows).to_have_count(3)
    history.get_by_label("Kind").select_option("batch")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("in the background")
    history.get_by_label("Status").select_option("failed")
    expect(history).to_contain_text("No run fits")


@front_ends
def test_the_margin_says_how_long_cells_took(stage: Stage, page: Page, front_end: str) -> None:
    name = f"times-{front_end}"
    stage.service.add_lab(f"ada/{name}")
    code = ["import time; time.sleep(3)", "1 / 0", "'never'"]
    stage.write(f"{name}.ipynb", code, f"ada/{name}")
    open_notebook(stage, page, f"{name}.ipynb", front_end)
    before = cell(page, 1).bounding_box()
    marks = page.locator(".mlabs-CellTime")
    menu(page, "Run", "Run All Cells")
    expect(marks.first).to_have_text(re.compile(r"^[12] s"))
    expect(marks.first).to_have_text(re.compile(r"^✓ [3-9](\.\d)? s · \d\d:\d\dRan for "))
    expect(marks.nth(1)).to_have_text(re.compile(r"^✗ [\d.]+ m?s · \d\d:\d\dFailed after"))
    expect(marks).to_have_count(2)
    assert cell(page, 1).bounding_box()["y"] == before["y"]
    keep(page, f"labextension-times-{front_end}")
    press_until(page, "Control+s", lambda: saved(stage, f"{name}.ipynb"))
    assert all("execution" not in each["metadata"] for each in saved(stage, f"{name}.ipynb"))
    menu(page, "View", "Show Time of Each Cell")
    expect(marks.first).to_be_hidden()
    menu(page, "View", "Show Time of Each Cell")
    expect(marks.first).to_be_visible()


def test_the_launcher_offers_labs(stage: Stage, page: Page) -> None:
    stage.service.add_lab("ada/waves", title="Waves of the sea")
    page.goto(f"{stage.server.url}/lab?reset&token={TOKEN}")
    page.locator(".jp-Launcher").wait_for(timeout=START)
    cards = page.locator(".jp-Launcher .jp-LauncherCard")
    for title in (
        "New lab with Python",
        "New lab with PyTorch",
        "Import by URL",
        "Welcome",
        "Waves of the sea",
    ):
        expect(cards.filter(has_text=re.compile(f"^{title}$"))).to_be_visible()
    keep(page, "labextension-launcher")
    with page.context.expect_page() as opened:
        cards.filter(has_text="New lab with PyTorch").click()
    expect(opened.value).to_have_url(re.compile(r"/services/mlabs/new\?environment=pytorch$"))
