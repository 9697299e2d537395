"""A fork follows its original and gives back: on the real service, in JupyterLab and on its pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

# The harness of the service's own tests.
from service.conftest import Site, cells, lasting_site, migrated
from support.axe import ALL, in_both_themes
from support.jupyterlab import LabServer, Stage, menu, open_notebook
from support.keyboard import press_until
from support.screenshots import keep
from support.signed_in import sign_in
from support.waiting import until

__all__ = ["lasting_site", "migrated"]

pytestmark = pytest.mark.browser
PATH = "mnist/mnist.ipynb"
LAB = "api/v1/labs/bob/mnist"


class Fork(Stage):
    """ada's server for her fork of bob's lab, beside the real service."""

    def __init__(self, home: Path, site: Site):
        super().__init__(home)
        self.site = site

    def start(self) -> Fork:
        self.thread.start()
        self.server = LabServer(self.home, self.site.url)
        self.server.token = "ada-token"
        self.call(self.server.start())
        return self

    def stop(self) -> None:
        self.call(self.server.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def saved(self) -> tuple[list[str], int | None]:
        """What the file says, and which version it stands on; nothing while it is being written."""
        try:
            content = self.read(PATH)
        except json.JSONDecodeError:
            return [], None
        own = content["metadata"]["mlabs"].get("upstream", {})
        return ["".join(cell["source"]) for cell in content["cells"]], own.get("version")


@pytest.fixture(scope="module")
def stage(lasting_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fork]:
    """The fork as published has `x = 5`, where the original has `x = 10` by now, and one cell more."""
    lasting_site.publish("bob", name="mnist", notebook=cells("# MNIST", "x = 1", "y = 2"))
    ok(lasting_site.as_("ada").post(f"{LAB}/fork", json={}))
    for owner, *sources in (("ada", "x = 5", "y = 2"), ("bob", "x = 10", "y = 2", "z = 3")):
        newer = {"notebook": cells("# MNIST", *sources), "message": f"Of {owner}"}
        ok(lasting_site.as_(owner).post(f"api/v1/labs/{owner}/mnist/versions", json=newer))
    stage = Fork(tmp_path_factory.mktemp("fork"), lasting_site).start()
    stage.call(stage.server.request("GET", "mlabs/api/open?lab=ada/mnist"))
    yield stage
    stage.stop()


def ok(answer: Any) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


def bar(page: Page) -> Locator:
    return page.locator(".mlabs-Bar[data-kind=upstream]")


def dialog(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog", name=name)


def test_pull_resolve_propose_accept(stage: Fork, page: Page, browser: Browser) -> None:
    open_notebook(stage, page, PATH)
    expect(bar(page)).to_contain_text("The original, @bob/mnist, has a new version.")
    assert in_both_themes(page, ".mlabs-Bar[data-kind=upstream]", ALL) == []
    bar(page).get_by_role("button", name="See what changed").click()
    pull = dialog(page, "Changes of the original")
    expect(pull).to_contain_text("Version 2 by bob: Of bob")
    conflict = pull.get_by_role("group", name="You and the original changed this cell (Code cell 2)")
    expect(conflict).to_contain_text("x = 5")
    expect(conflict).to_contain_text("x = 10")
    expect(pull.get_by_role("region", name="Code cell 4")).to_contain_text("+ z = 3")
    assert in_both_themes(page, ".mlabs-Dialog", ALL) == []
    keep(page, "labextension-pull")
    conflict.get_by_role("radio", name="Write it anew").check()
    conflict.get_by_label("What the cell is to say").fill("x = 15")
    pull.get_by_role("button", name="Take it in").click()
    expect(pull).to_have_count(0)
    expect(bar(page)).to_have_count(0)
    merged = ["# MNIST", "x = 15", "y = 2", "z = 3"]
    until(lambda: stage.saved() == (merged, 2))
    check_undo(stage, page, merged)
    publish(page)
    versions = stage.site.as_("ada").get("api/v1/labs/ada/mnist/versions").json()["items"]
    assert [(version["number"], version["merged"]) for version in versions] == [(3, 2), (2, None), (1, None)]
    propose(page)
    accept(stage, browser)
    newest = stage.site.as_("bob").get(f"{LAB}/versions/latest").json()
    assert (newest["number"], newest["author"]) == (3, "ada")
    assert newest["message"].startswith("Fifteen\n\nProposal 1 by ada, accepted by bob")
    made = stage.site.as_("bob").get(f"{LAB}/versions/3/notebook").json()
    assert ["".join(cell["source"]) for cell in made["cells"]] == merged


def check_undo(stage: Fork, page: Page, merged: list[str]) -> None:
    """The whole of it is one step, with what the notebook stands on."""
    menu(page, "Edit", "Undo Cell Operation")
    expect(bar(page)).to_contain_text("has a new version")
    expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(3)
    press_until(page, "Control+s", lambda: stage.saved() == (["# MNIST", "x = 5", "y = 2"], 1))
    menu(page, "Edit", "Redo Cell Operation")
    expect(bar(page)).to_have_count(0)
    press_until(page, "Control+s", lambda: stage.saved() == (merged, 2))


def publish(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^share", re.I)).first.click()
    share = dialog(page, "Share this notebook")
    share.get_by_role("button", name="Update to version 3").click()
    share.get_by_role("button", name="Done").click()


def propose(page: Page) -> None:
    menu(page, "File", "Propose Changes to the Original…")
    form = dialog(page, "Propose changes to the original")
    expect(form).to_contain_text("Version 3 of this lab is proposed to @bob/mnist")
    assert in_both_themes(page, ".mlabs-Dialog", ALL) == []
    form.get_by_label("What you changed, in a few words").fill("Fifteen")
    form.get_by_label("Why, and what to look at").fill("Both `x` together.")
    form.get_by_role("button", name="Propose").click()
    expect(form.get_by_text("Proposal 1 is sent to @bob/mnist.")).to_be_focused()
    keep(page, "labextension-proposed")
    form.get_by_role("button", name="Done").click()
    menu(page, "File", "Take In Changes of the Original…")
    nothing = dialog(page, "Changes of the original")
    expect(nothing).to_contain_text("Nothing is new: this notebook has all of @bob/mnist up to version 2.")
    assert in_both_themes(page, ".mlabs-Dialog", ALL) == []
    nothing.get_by_role("button", name="Close").click()


def accept(stage: Fork, browser: Browser) -> None:
    """On the page, by the original's owner."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    sign_in(context, stage.site.session("bob"))
    page = context.new_page()
    page.goto(f"{stage.site.url}me/notifications")
    page.get_by_role("link", name="ada proposes a change to “MNIST”: Fifteen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fifteen")
    keep(page, "proposal")
    page.get_by_label("A word to ada").fill("Thank you.")
    page.get_by_role("button", name="Accept, as version 3").click()
    expect(page.get_by_text("bob accepted it")).to_be_visible()
    context.close()


def test_a_notebook_that_is_no_fork_has_nothing_to_take(stage: Fork, page: Page) -> None:
    stage.site.publish("ada", name="own")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    stage.server.write_notebook("own.ipynb", ["1"], {"kernelspec": kernel, "mlabs": {"lab": "ada/own"}})
    open_notebook(stage, page, "own.ipynb")
    expect(page.get_by_role("button", name=re.compile("^Lab state"))).to_contain_text("Public · v1")
    expect(bar(page)).to_have_count(0)
    page.locator(".lm-MenuBar-item", has_text="File").first.click()
    entry = page.locator(".lm-Menu-item", has_text="Take In Changes of the Original…")
    expect(entry).to_have_class(re.compile("lm-mod-disabled"))
