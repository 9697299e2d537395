"""The whole story inside JupyterLab, on a real hub: once with a mouse, once with the keyboard alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from support.hands import ACTIVE, CELL, Hand, Keys, Mouse
from support.person import Person
from support.screenshots import keep
from support.up import Up

pytestmark = pytest.mark.browser

# Milliseconds: a start installs the environment where no test did before; a run starts a server of its own.
START, RUN, SOON = 300_000, 120_000, 30_000
TABLES = """title = "Tables"
description = "Data frames and plots, and nothing else."
accelerators = ["none"]
imports = ["pandas", "matplotlib.pyplot"]

[frameworks]
pandas = "3.1.1"
matplotlib = "3.11.2"

[[install]]
packages = ["pandas==3.1.1", "matplotlib==3.11.2"]
"""
TOKEN = "ghp" + "_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dE3fG6"
PLOT = 'table.plot.scatter("petal_length", "petal_width");'


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """MLabs with an environment of the administrator's own beside Python."""
    folder = tmp_path_factory.mktemp("story")
    recipe = folder / "environments" / "tables" / "environment.toml"
    recipe.parent.mkdir(parents=True)
    recipe.write_text(TABLES)
    settings = folder / "settings.py"
    settings.write_text(f"c.Catalogue.extra = {str(folder / 'environments')!r}\n")
    up = Up(folder / "data", "--environments", "python,tables", MLABS_CONFIG=str(settings))
    try:
        yield up.wait_ready()
    finally:
        assert up.stop() == 0, up.said()


@dataclass
class Story:
    """Somebody who tells it, and another one, whose lab they fork."""

    up: Up
    browser: Browser
    kind: type[Mouse] | type[Keys]
    me: str
    other: str

    def begin(self) -> None:
        self.hand = self.signed_in(self.me)
        self.page = self.hand.page
        self.step = 0
        self.theirs = Person(self.up.url, self.other, self.up.password)

    def signed_in(self, name: str) -> Hand:
        context = self.browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.set_default_timeout(SOON)
        hand = self.kind(page)
        page.goto(f"{self.up.url}/hub/login?next=/services/mlabs/me")
        hand.write(page.get_by_label(re.compile("user ?name", re.I)), name)
        hand.write(page.get_by_label(re.compile("password", re.I)).first, self.up.password)
        hand.activate(page.get_by_role("button", name=re.compile("sign in", re.I)))
        page.get_by_role("heading", name=name).wait_for()
        return hand

    def end(self) -> None:
        self.theirs.close()
        for context in self.browser.contexts:
            context.close()

    def keep(self, name: str, page: Page | None = None) -> None:
        self.step += 1
        keep(page or self.page, f"story-{self.kind.__name__.lower()}-{self.step:02}-{name}")

    # what is there

    def dialog(self, name: str) -> Locator:
        return self.page.get_by_role("dialog", name=re.compile(f"^{name}"))

    @property
    def bar(self) -> Locator:
        return self.page.get_by_role("region", name="This lab")

    @property
    def runs(self) -> Locator:
        return self.page.get_by_role("region", name="History").get_by_role("listitem")

    def opened(self, heading: str) -> None:
        """Wait for JupyterLab, its notebook and its kernel: a cell that is run before that does nothing."""
        self.page.locator(".jp-Notebook").get_by_role("heading", name=heading).wait_for(timeout=START)
        status = self.page.locator("#jp-main-statusbar").get_by_text(re.compile(r"\| Idle$")).first
        status.wait_for(timeout=START)

    # the steps

    def open_the_welcome_lab(self) -> None:
        self.keep("my-labs")
        self.hand.activate(self.page.get_by_role("button", name="Open the Welcome lab"))
        self.opened("Welcome")
        self.keep("welcome")

    def change_the_runtime(self) -> None:
        self.hand.command("Runtime", "Change Runtime Type…")
        dialog = self.dialog("Change runtime type")
        self.hand.check(dialog.get_by_role("radio", name=re.compile("^Tables")))
        self.keep("runtime")
        self.hand.activate(dialog.get_by_role("button", name="Change and restart"))
        self.page.wait_for_url(re.compile("/services/mlabs/open/"))
        self.keep("restart")
        self.hand.activate(self.page.get_by_role("button", name="Restart and open"))
        self.opened("Welcome")
        expect(self.bar.get_by_role("button", name="Runtime: Tables")).to_be_visible()

    def add_data_and_plot_it(self) -> None:
        hand, keys = self.hand, self.page.keyboard
        hand.panel("Data: what this notebook uses", "Show Data of This Notebook")
        data = self.page.get_by_role("region", name="Data", exact=True)
        hand.activate(data.get_by_role("button", name="Add data"))
        dialog = self.dialog("Add data")
        hand.write(dialog.get_by_role("searchbox"), "iris")
        expect(dialog.get_by_role("list", name="Results").get_by_role("listitem")).to_have_count(1)
        hand.activate(dialog.get_by_role("button", name="Add: "))
        expect(dialog.get_by_role("button", name="In this notebook: ")).to_be_visible()
        self.keep("add-data")
        hand.activate(dialog.get_by_role("button", name="Close"))
        hand.activate(data.get_by_role("button", name="Insert code: Iris"))
        cell = self.page.locator(ACTIVE)
        expect(cell).to_contain_text("pd.read_csv(")
        expect(cell.locator(".cm-content")).to_be_focused()
        self.keep("inserted")
        keys.press("Enter")
        keys.type(PLOT)
        keys.press("Control+Enter")
        expect(cell.locator("img")).to_be_visible(timeout=RUN)
        self.keep("figure")

    def run_in_the_background_and_watch(self) -> None:
        self.hand.activate(self.bar.get_by_role("button", name="Run all in background"))
        self.hand.panel("History: runs of this notebook", "Show History of This Notebook")
        run = self.runs.filter(has_text="in the background")
        expect(run).to_have_count(1)
        self.keep("background")
        expect(run).to_contain_text("Succeeded", timeout=RUN)
        expect(run).to_contain_text(re.compile(r"loss [\d.]+ → 0\.\d+, 40 steps"))
        self.keep("background-done")

    def compare_two_runs(self) -> None:
        hand, keys = self.hand, self.page.keyboard
        hand.edit("rate = 0.1")
        keys.press("Backspace")
        keys.type("01")
        hand.command("Runtime", "Run All Cells")
        done = self.runs.filter(has_text="run all").filter(has_text="Succeeded")
        expect(done).to_have_count(2, timeout=RUN)
        hand.panel("History: runs of this notebook", "Show History of This Notebook")
        newest = self.runs.first
        hand.activate(newest.get_by_role("button", name=re.compile("^More about")))
        self.keep("history")
        hand.activate(newest.get_by_role("button", name="Compare…"))
        dialog = self.dialog("Compare the run of")
        hand.choose(dialog.get_by_label("With"), 1)
        expect(dialog.get_by_role("table").first).to_contain_text("loss")
        expect(dialog).to_contain_text("rate = 0.01")
        self.keep("compare")
        hand.activate(dialog.get_by_role("button", name="Close"))

    def publish_through_the_guard(self) -> None:
        hand, keys = self.hand, self.page.keyboard
        hand.edit("21 * 2")
        keys.press("Enter")
        keys.type(f'token = "{TOKEN}"')
        hand.activate(self.bar.get_by_role("button", name="Share"))
        dialog = self.dialog("Share this notebook")
        guard = dialog.get_by_role("region", name="Before others can read this")
        expect(guard).to_contain_text("One finding stops this from being published.")
        expect(dialog.get_by_role("button", name="Continue")).to_be_disabled()
        self.keep("guard")
        hand.activate(guard.get_by_role("button", name=re.compile("^Fix: GitHub token")))
        hand.check(dialog.get_by_role("radio", name=re.compile("^Public")))
        self.keep("share")
        hand.activate(dialog.get_by_role("button", name="Update to version 2"))
        expect(dialog).to_contain_text("Published: version 2 is public.")
        self.keep("published")
        hand.activate(dialog.get_by_role("button", name="Done"))
        there = self.theirs.ok("GET", f"labs/{self.me}/welcome/versions/2/notebook")
        assert TOKEN not in json.dumps(there)
        assert 'os.environ["GITHUB_TOKEN"]' in "".join(sources(there))

    def fork_somebody_elses_lab(self) -> None:
        lab = {"name": "waves", "title": "Waves", "visibility": "public", "environment": "python"}
        made = {**lab, "notebook": notebook("# Waves", "x = 1", "y = 2")}
        self.theirs.ok("POST", "labs", json=made)
        self.page.goto(f"{self.up.url}/services/mlabs/@{self.other}/waves")
        self.hand.activate(self.page.get_by_role("link", name="Fork and open"))
        self.keep("fork")
        self.hand.activate(self.page.get_by_role("button", name=re.compile("^Fork")))
        self.opened("Waves")
        expect(self.bar).to_contain_text(f"forked from @{self.other}/waves")
        self.hand.edit("y = 2")
        self.page.keyboard.type("2")
        self.keep("forked")

    def pull_a_change_of_the_original(self) -> None:
        newer = {"notebook": notebook("# Waves", "x = 10", "y = 2", "z = 3"), "message": "Longer waves"}
        self.theirs.ok("POST", f"labs/{self.other}/waves/versions", json=newer)
        self.hand.command("File", "Take In Changes of the Original…")
        dialog = self.dialog("Changes of the original")
        expect(dialog).to_contain_text(f"Version 2 by {self.other}: Longer waves")
        self.keep("pull")
        self.hand.activate(dialog.get_by_role("button", name="Take it in"))
        expect(dialog).to_have_count(0)
        cells = self.page.locator(CELL)
        for number, source in enumerate(("Waves", "x = 10", "y = 22", "z = 3")):
            expect(cells.nth(number)).to_contain_text(source)
        self.keep("pulled")

    def propose_one_back(self) -> None:
        hand = self.hand
        hand.activate(self.bar.get_by_role("button", name="Share"))
        share = self.dialog("Share this notebook")
        hand.activate(share.get_by_role("button", name="Update to version 2"))
        expect(share).to_contain_text("Published: version 2")
        hand.activate(share.get_by_role("button", name="Done"))
        hand.command("File", "Propose Changes to the Original…")
        form = self.dialog("Propose changes to the original")
        hand.write(form.get_by_label("What you changed, in a few words"), "Higher waves")
        self.keep("propose")
        hand.activate(form.get_by_role("button", name="Propose"))
        expect(form.get_by_text(f"Proposal 1 is sent to @{self.other}/waves.")).to_be_focused()
        self.keep("proposed")
        hand.activate(form.get_by_role("button", name="Done"))

    def the_other_one_accepts(self) -> None:
        hand = self.signed_in(self.other)
        page = hand.page
        page.goto(f"{self.up.url}/services/mlabs/me/notifications")
        hand.activate(page.get_by_role("link", name=f"{self.me} proposes a change"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Higher waves")
        expect(page.get_by_role("main")).to_contain_text("y = 22")
        self.keep("proposal", page)
        hand.activate(page.get_by_role("button", name="Accept, as version 3"))
        expect(page.get_by_text(f"{self.other} accepted it")).to_be_visible()
        self.keep("accepted", page)
        there = self.theirs.ok("GET", f"labs/{self.other}/waves/versions/3/notebook")
        assert sources(there) == ["# Waves", "x = 10", "y = 22", "z = 3"]


def notebook(text: str, *code: str) -> dict[str, Any]:
    """A notebook of a text cell and code cells."""
    first = {"cell_type": "markdown", "id": "text", "metadata": {}, "source": text}
    more = [
        {"cell_type": "code", "id": f"code-{number}", "metadata": {}, "source": source, "outputs": [],
         "execution_count": None}
        for number, source in enumerate(code)
    ]  # fmt: skip
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": [first, *more]
    }  # fmt: skip


def sources(content: dict[str, Any]) -> list[str]:
    return ["".join(cell["source"]) for cell in content["cells"]]


@pytest.mark.parametrize(("kind", "me", "other"), [(Mouse, "mia", "max"), (Keys, "kim", "kai")])
def test_from_the_welcome_lab_to_an_accepted_proposal(
    up: Up, browser: Browser, kind: type[Mouse] | type[Keys], me: str, other: str
) -> None:
    story = Story(up, browser, kind, me, other)
    story.begin()
    story.open_the_welcome_lab()
    story.change_the_runtime()
    story.add_data_and_plot_it()
    story.run_in_the_background_and_watch()
    story.compare_two_runs()
    story.publish_through_the_guard()
    story.fork_somebody_elses_lab()
    story.pull_a_change_of_the_original()
    story.propose_one_back()
    story.the_other_one_accepts()
    story.end()
