"""Panels, dialogs and notices in the dark and in the light: axe-core finds nothing that keeps people out.

What other files open in any case is looked at there; tests/test_surfaces.py says where what is looked at.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from lab.user_server import TOKEN
from playwright.sync_api import Locator, Page, expect
from support.axe import in_both_themes
from support.jupyterlab import START, Stage, menu, open_notebook
from support.screenshots import keep
from support.waiting import until

from mlabs_ext.errors import Unavailable

pytestmark = pytest.mark.browser

NOTEBOOK = b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'


def open_lab(stage: Stage, page: Page, name: str, **own: str) -> None:
    """A lab of ada's that is published, and its notebook."""
    stage.service.add_lab(f"ada/{name}", NOTEBOOK, title="Waves in a tank")
    stage.write(f"{name}.ipynb", ["1"], f"ada/{name}", **own)
    open_notebook(stage, page, f"{name}.ipynb")


def asked(page: Page) -> Locator:
    return page.get_by_role("dialog")


def test_where_it_runs(stage: Stage, page: Page) -> None:
    stage.service.queues = [{"accelerator": "gpu", "free": 0, "people": 2, "seconds": 720.0}]
    open_lab(stage, page, "runs", environment="pytorch", accelerator="gpu")
    expect(page.locator(".mlabs-Bar")).to_contain_text("This notebook now asks for PyTorch · GPU")
    assert in_both_themes(page, ".mlabs-Bar[data-kind=ask]") == []
    menu(page, "Runtime", "Change Runtime Type…")
    expect(asked(page)).to_contain_text("About 12 minutes; 2 people before you.")
    keep(page, "labextension-runtime-waits")
    assert in_both_themes(page, ".mlabs-Dialog") == []
    page.keyboard.press("Escape")
    menu(page, "Runtime", "Disconnect and Delete Runtime…")
    expect(asked(page)).to_contain_text("Kept: your notebooks")
    assert in_both_themes(page, ".jp-Dialog") == []
    page.keyboard.press("Escape")


def test_who_sees_it(stage: Stage, page: Page) -> None:
    open_lab(stage, page, "seen")
    visible = page.get_by_label("Who sees this lab")
    visible.select_option("Private")
    expect(page.locator(".mlabs-LabBar")).to_contain_text("Private · v1")
    visible.select_option("Public")
    expect(asked(page)).to_contain_text("Make public")
    assert in_both_themes(page, ".jp-Dialog") == []
    asked(page).get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name=re.compile("^share", re.I)).first.click()
    asked(page).get_by_label("Title").wait_for()
    assert in_both_themes(page, ".mlabs-Dialog") == []
    stage.service.fault = lambda path, body: Unavailable("MLabs rests.") if body else None
    asked(page).get_by_role("button", name=re.compile("^(Publish|Update)")).click()
    expect(asked(page).get_by_role("alert")).to_contain_text("does not answer now")
    assert in_both_themes(page, ".mlabs-Dialog") == []
    stage.service.fault = lambda path, body: None
    asked(page).get_by_role("button", name=re.compile("^(Publish|Update)")).click()
    expect(asked(page).get_by_role("button", name="Done")).to_be_visible()
    assert in_both_themes(page, ".mlabs-Dialog") == []


def test_what_there_is_nothing_of(stage: Stage, page: Page) -> None:
    open_lab(stage, page, "empty")
    page.get_by_role("tab", name="Data: what this notebook uses").click()
    expect(page.get_by_role("region", name="Data", exact=True)).to_contain_text("uses no data yet")
    assert in_both_themes(page, "#mlabs-data") == []
    page.get_by_role("tab", name="History: runs of this notebook").click()
    expect(page.get_by_role("region", name="History")).to_contain_text("No runs yet")
    assert in_both_themes(page, ".mlabs-History") == []


def test_somebody_elses_lab(stage: Stage, page: Page) -> None:
    stage.service.add_lab("eve/orbits", NOTEBOOK)
    stage.write("copy.ipynb", ["1"], "eve/orbits")
    open_notebook(stage, page, "copy.ipynb")
    page.get_by_role("button", name=re.compile("^(Fork|Make a lab of your own)")).first.click()
    expect(asked(page)).to_contain_text("Fork @eve/orbits?")
    assert in_both_themes(page, ".jp-Dialog") == []
    asked(page).get_by_role("button", name="Cancel").click()
    assert in_both_themes(page, ".mlabs-LabBar") == []


def test_the_end_is_near(stage: Stage, page: Page) -> None:
    ends = (datetime.now(UTC) + timedelta(minutes=8)).isoformat()
    server = {"id": "x", "lab": "ada/mnist", "server": "mnist", "plan": "free", "reason": "It is enough."}
    stage.service.open_servers = [{**server, "ends": ends}]
    until(lambda: stage.call(stage.server.api("GET", "mlabs/api/limits"))["reason"])
    open_lab(stage, page, "ends")
    expect(page.locator(".mlabs-Banner")).to_contain_text("This server stops in 8 minutes.")
    assert in_both_themes(page, ".mlabs-Banner") == []
    stage.service.open_servers = []


def test_the_launcher_and_the_times_of_cells(stage: Stage, page: Page) -> None:
    stage.service.add_lab("ada/waves", NOTEBOOK, title="Waves of the sea")
    page.goto(f"{stage.server.url}/lab?reset&token={TOKEN}")
    cards = page.locator(".jp-Launcher .jp-LauncherCard")
    cards.filter(has_text="Waves of the sea").wait_for(timeout=START)
    assert in_both_themes(page, ".jp-Launcher-section:has([data-category='New lab'])") == []
    stage.write("times.ipynb", ["1", "1 / 0"], "ada/waves")
    open_notebook(stage, page, "times.ipynb")
    menu(page, "Run", "Run All Cells")
    for number, mark in enumerate(("✓", "✗")):
        expect(page.locator(".mlabs-CellTime").nth(number)).to_contain_text(mark)
        assert in_both_themes(page, f".jp-Cell:nth-child({number + 1}) .mlabs-CellTime") == []
