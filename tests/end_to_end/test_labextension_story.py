"""The whole story inside JupyterLab, on a real hub: once with a mouse, once with the keyboard alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from support.hands import ACTIVE, CELL, Keys, Mouse
from support.lab_story import RUN, Story, notebook, sources
from support.up import Up

pytestmark = pytest.mark.browser

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


@pytest.fixture(
    params=[pytest.param((Mouse, "mia", "max"), id="mouse"), pytest.param((Keys, "kim", "kai"), id="keys")]
)
def story(up: Up, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Story]:
    """Told with a mouse, and with the keyboard alone."""
    story = Story(up, browser, *request.param)
    try:
        story.begin()
        yield story
    finally:
        story.end()


def test_from_the_welcome_lab_to_an_accepted_proposal(story: Story) -> None:
    open_the_welcome_lab(story)
    change_the_runtime(story)
    add_data_and_plot_it(story)
    run_in_the_background_and_watch(story)
    compare_two_runs(story)
    publish_through_the_guard(story)
    fork_somebody_elses_lab(story)
    pull_a_change_of_the_original(story)
    propose_one_back(story)
    the_other_one_accepts(story)


def open_the_welcome_lab(story: Story) -> None:
    story.keep("my-labs")
    story.hand.activate(story.page.get_by_role("button", name="Open the Welcome lab"))
    story.opened("Welcome")
    story.keep("welcome")


def change_the_runtime(story: Story) -> None:
    story.hand.command("Runtime", "Change Runtime Type…")
    dialog = story.dialog("Change runtime type")
    story.hand.check(dialog.get_by_role("radio", name=re.compile("^Tables")))
    story.keep("runtime")
    story.hand.activate(dialog.get_by_role("button", name="Change and restart"))
    story.page.wait_for_url(re.compile("/services/mlabs/open/"))
    story.keep("restart")
    story.hand.activate(story.page.get_by_role("button", name="Restart and open"))
    story.opened("Welcome")
    expect(story.bar.get_by_role("button", name="Runtime: Tables")).to_be_visible()


def add_data_and_plot_it(story: Story) -> None:
    hand, keys = story.hand, story.page.keyboard
    hand.panel("Data: what this notebook uses", "Show Data of This Notebook")
    data = story.page.get_by_role("region", name="Data", exact=True)
    hand.activate(data.get_by_role("button", name="Add data"))
    dialog = story.dialog("Add data")
    hand.write(dialog.get_by_role("searchbox"), "iris")
    expect(dialog.get_by_role("list", name="Results").get_by_role("listitem")).to_have_count(1)
    hand.activate(dialog.get_by_role("button", name="Add: "))
    expect(dialog.get_by_role("button", name="In this notebook: ")).to_be_visible()
    story.keep("add-data")
    hand.activate(dialog.get_by_role("button", name="Close"))
    hand.activate(data.get_by_role("button", name="Insert code: Iris"))
    cell = story.page.locator(ACTIVE)
    expect(cell).to_contain_text("pd.read_csv(")
    expect(cell.locator(".cm-content")).to_be_focused()
    story.keep("inserted")
    keys.press("Enter")
    keys.type(PLOT)
    keys.press("Control+Enter")
    expect(cell.locator("img")).to_be_visible(timeout=RUN)
    story.keep("figure")


def run_in_the_background_and_watch(story: Story) -> None:
    story.hand.activate(story.bar.get_by_role("button", name="Run all in background"))
    story.hand.panel("History: runs of this notebook", "Show History of This Notebook")
    run = story.runs.filter(has_text="in the background")
    expect(run).to_have_count(1)
    story.keep("background")
    expect(run).to_contain_text("Succeeded", timeout=RUN)
    expect(run).to_contain_text(re.compile(r"loss [\d.]+ → 0\.\d+, 40 steps"))
    story.keep("background-done")


def compare_two_runs(story: Story) -> None:
    hand, keys = story.hand, story.page.keyboard
    hand.edit("rate = 0.1")
    keys.press("Backspace")
    keys.type("01")
    hand.command("Runtime", "Run All Cells")
    done = story.runs.filter(has_text="run all").filter(has_text="Succeeded")
    expect(done).to_have_count(2, timeout=RUN)
    hand.panel("History: runs of this notebook", "Show History of This Notebook")
    newest = story.runs.first
    hand.activate(newest.get_by_role("button", name=re.compile("^More about")))
    story.keep("history")
    hand.activate(newest.get_by_role("button", name="Compare…"))
    dialog = story.dialog("Compare the run of")
    hand.choose(dialog.get_by_label("With"), 1)
    expect(dialog.get_by_role("table").first).to_contain_text("loss")
    expect(dialog).to_contain_text("rate = 0.01")
    story.keep("compare")
    hand.activate(dialog.get_by_role("button", name="Close"))


def publish_through_the_guard(story: Story) -> None:
    hand, keys = story.hand, story.page.keyboard
    hand.edit("21 * 2")
    keys.press("Enter")
    keys.type(f'token = "{TOKEN}"')
    hand.activate(story.bar.get_by_role("button", name="Share"))
    dialog = story.dialog("Share this notebook")
    guard = dialog.get_by_role("region", name="Before others can read this")
    expect(guard).to_contain_text("One finding stops this from being published.")
    expect(dialog.get_by_role("button", name="Continue")).to_be_disabled()
    story.keep("guard")
    hand.activate(guard.get_by_role("button", name=re.compile("^Fix: GitHub token")))
    hand.check(dialog.get_by_role("radio", name=re.compile("^Public")))
    story.keep("share")
    hand.activate(dialog.get_by_role("button", name="Update to version 2"))
    expect(dialog).to_contain_text("Published: version 2 is public.")
    story.keep("published")
    hand.activate(dialog.get_by_role("button", name="Done"))
    there = story.theirs.ok("GET", f"labs/{story.me}/welcome/versions/2/notebook")
    assert TOKEN not in json.dumps(there)
    assert 'os.environ["GITHUB_TOKEN"]' in "".join(sources(there))


def fork_somebody_elses_lab(story: Story) -> None:
    lab = {"name": "waves", "title": "Waves", "visibility": "public", "environment": "python"}
    made = {**lab, "notebook": notebook("# Waves", "x = 1", "y = 2")}
    story.theirs.ok("POST", "labs", json=made)
    story.page.goto(f"{story.up.url}/services/mlabs/@{story.other}/waves")
    story.hand.activate(story.page.get_by_role("link", name="Fork and open"))
    story.keep("fork")
    story.hand.activate(story.page.get_by_role("button", name=re.compile("^Fork")))
    story.opened("Waves")
    expect(story.bar).to_contain_text(f"forked from @{story.other}/waves")
    story.hand.edit("y = 2")
    story.page.keyboard.type("2")
    story.keep("forked")


def pull_a_change_of_the_original(story: Story) -> None:
    newer = {"notebook": notebook("# Waves", "x = 10", "y = 2", "z = 3"), "message": "Longer waves"}
    story.theirs.ok("POST", f"labs/{story.other}/waves/versions", json=newer)
    story.hand.command("File", "Take In Changes of the Original…")
    dialog = story.dialog("Changes of the original")
    expect(dialog).to_contain_text(f"Version 2 by {story.other}: Longer waves")
    story.keep("pull")
    story.hand.activate(dialog.get_by_role("button", name="Take it in"))
    expect(dialog).to_have_count(0)
    cells = story.page.locator(CELL)
    for number, source in enumerate(("Waves", "x = 10", "y = 22", "z = 3")):
        expect(cells.nth(number)).to_contain_text(source)
    story.keep("pulled")


def propose_one_back(story: Story) -> None:
    hand = story.hand
    hand.activate(story.bar.get_by_role("button", name="Share"))
    share = story.dialog("Share this notebook")
    hand.activate(share.get_by_role("button", name="Update to version 2"))
    expect(share).to_contain_text("Published: version 2")
    hand.activate(share.get_by_role("button", name="Done"))
    hand.command("File", "Propose Changes to the Original…")
    form = story.dialog("Propose changes to the original")
    hand.write(form.get_by_label("What you changed, in a few words"), "Higher waves")
    story.keep("propose")
    hand.activate(form.get_by_role("button", name="Propose"))
    expect(form.get_by_text(f"Proposal 1 is sent to @{story.other}/waves.")).to_be_focused()
    story.keep("proposed")
    hand.activate(form.get_by_role("button", name="Done"))


def the_other_one_accepts(story: Story) -> None:
    hand = story.signed_in(story.other)
    page = hand.page
    page.goto(f"{story.up.url}/services/mlabs/me/notifications")
    hand.activate(page.get_by_role("link", name=f"{story.me} proposes a change"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Higher waves")
    expect(page.get_by_role("main")).to_contain_text("y = 22")
    story.keep("proposal", page)
    hand.activate(page.get_by_role("button", name="Accept, as version 3"))
    expect(page.get_by_text(f"{story.other} accepted it")).to_be_visible()
    story.keep("accepted", page)
    there = story.theirs.ok("GET", f"labs/{story.other}/waves/versions/3/notebook")
    assert sources(there) == ["# Waves", "x = 10", "y = 22", "z = 3"]
