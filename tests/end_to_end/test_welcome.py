"""Who comes for the first time: one click on an empty page, and the Welcome lab does what it says."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from support.axe import violations
from support.person import Person
from support.screenshots import keep
from support.waiting import until

pytestmark = pytest.mark.browser

# Milliseconds: a first start installs the environment.
START, RUN, SOON = 300_000, 120_000, 60_000


@pytest.fixture(scope="module")
def newcomer(mlabs_up) -> Person:
    person = Person(mlabs_up.url, "nova", mlabs_up.password)
    yield person
    person.close()


def sign_in(page: Page, person: Person) -> None:
    page.goto(f"{person.url}/hub/login?next=/services/mlabs/me")
    page.get_by_label(re.compile("user ?name", re.I)).fill(person.name)
    page.get_by_label(re.compile("password", re.I)).first.fill(person.password)
    page.get_by_role("button", name=re.compile("sign in", re.I)).click()


def run_all(page: Page, times: int) -> None:
    """Run all cells; return when so many such runs are known to have ended well."""
    page.locator(".lm-MenuBar-item", has_text="Run").first.click()
    page.locator(".lm-Menu-item", has_text=re.compile("^Run All Cells")).first.click()
    rows = page.get_by_role("region", name="History").get_by_role("listitem")
    expect(rows.filter(has_text="Succeeded")).to_have_count(times, timeout=RUN)


def test_from_an_empty_page_to_two_runs_that_are_compared(newcomer: Person, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(SOON)
    sign_in(page, newcomer)
    keep(page, "me-empty")
    page.goto(f"{newcomer.url}/services/mlabs/new?template=welcome")
    expect(page.get_by_role("link", name="Welcome")).to_have_attribute("aria-current", "true")
    keep(page, "new-lab-begins")
    page.goto(f"{newcomer.url}/services/mlabs/me")
    page.get_by_role("button", name="Open the Welcome lab").click()
    notebook = page.locator(".jp-Notebook")
    notebook.get_by_role("heading", name="Welcome").wait_for(timeout=START)
    status = page.locator("#jp-main-statusbar, #jp-bottom-panel").get_by_text(re.compile(r"\| Idle$")).first
    status.wait_for(timeout=START)
    page.get_by_role("tab", name="History: runs of this notebook").click()
    run_all(page, 1)
    keep(page, "labextension-welcome")
    outputs = notebook.locator(".jp-CodeCell .jp-OutputArea-output")
    expect(outputs.first).to_contain_text("Hello, you")
    history = page.get_by_role("region", name="History")
    expect(history).to_contain_text(re.compile(r"loss [\d.]+ → 0\.\d+, 40 steps"))
    cell = notebook.locator(".jp-CodeCell").first.locator(".cm-content")
    cell.scroll_into_view_if_needed()
    cell.click()
    page.keyboard.press("Control+Home")
    page.keyboard.insert_text("# changed\n")
    run_all(page, 2)
    rows = history.get_by_role("listitem")
    rows.nth(1).get_by_role("button", name=re.compile("^More about")).click()
    rows.nth(1).get_by_role("button", name="Compare…").click()
    dialog = page.get_by_role("dialog", name=re.compile("^Compare the run of"))
    expect(dialog).to_contain_text("# changed")
    assert violations(page, ".mlabs-Overlay") == []
    lab = newcomer.ok("GET", "labs/nova/welcome")
    assert (lab["visibility"], lab["version"]) == ("private", 1)
    run = newcomer.ok("GET", "labs/nova/welcome/runs")["items"][0]["id"]
    # Files are brought once they have not changed for a while.
    made = until(lambda: newcomer.ok("GET", f"runs/{run}/outputs")["items"], 60)
    assert [one["path"] for one in made] == ["penguins.png"]
    context.close()
