"""The publish guard in a real JupyterLab: a planted secret stops, is fixed, and never reaches the service."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from support.axe import ALL, in_both_themes
from support.jupyterlab import Stage, open_notebook
from support.screenshots import keep

pytestmark = pytest.mark.browser

TOKEN = "ghp" + "_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dE3fG6"
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def share(page: Page) -> Locator:
    page.get_by_role("button", name=re.compile("^share", re.I)).first.click()
    return page.get_by_role("dialog", name="Share this notebook")


def planted(stage: Stage, name: str) -> None:
    """A lab whose notebook holds a token, in its source and printed, a path, and a picture."""
    stage.service.add_lab(f"ada/{name}", title="Digits")
    stage.write(f"{name}.ipynb", ["open('/home/lovelace/data/x.csv')", f"login('{TOKEN}')"], f"ada/{name}")
    file = stage.server.root / f"{name}.ipynb"
    content = json.loads(file.read_text())
    content["cells"][1]["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": f"as {TOKEN}\n"},
        {"output_type": "display_data", "data": {"image/png": PICTURE}, "metadata": {}},
    ]
    file.write_text(json.dumps(content))


@pytest.mark.parametrize("front_end", ["lab", "notebook"])
def test_a_planted_secret_is_stopped_fixed_and_published(stage: Stage, page: Page, front_end: str) -> None:
    name = f"planted-{front_end}"
    planted(stage, name)
    open_notebook(stage, page, f"{name}.ipynb", front_end)
    dialog = share(page)
    step = dialog.get_by_role("region", name="Before others can read this")
    expect(step.get_by_text("2 findings stop this from being published.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Continue")).to_be_disabled()
    assert TOKEN[8:30] not in dialog.inner_text()
    if front_end == "lab":
        assert in_both_themes(page, ".mlabs-Dialog", ALL) == []
        keep(page, "share-dialog")
    step.get_by_role("button", name="Fix: GitHub token, Cell 2, code").click()
    expect(step.get_by_text("No secret stops this.")).to_be_visible()
    step.get_by_role("button", name=re.compile("^Fix: Private path")).click()
    dialog.get_by_label("Title").wait_for()
    dialog.get_by_label("Tags").fill("digits, Vision")
    dialog.get_by_label("License").select_option("CC-BY-4.0")
    dialog.get_by_text("One figure has no description").click()
    dialog.get_by_label("Figure of cell 2").fill("A single dot")
    if front_end == "lab":
        assert in_both_themes(page, ".mlabs-Dialog", ALL) == []
        keep(page, "labextension-share-form")
    dialog.get_by_role("button", name="Publish").click()
    expect(dialog.get_by_text("Published: version 1 is public.")).to_be_visible()
    [sent] = stage.sent("POST", f"/ada/{name}/versions")
    assert (sent["tags"], sent["license"]) == (["digits", "vision"], "CC-BY-4.0")
    assert all(TOKEN.encode() not in body for _, _, body in stage.service.requests)
    cells = json.loads(stage.service.notebooks[f"ada/{name}"][0])["cells"]
    assert "".join(cells[1]["source"]) == 'import os\nlogin(os.environ["GITHUB_TOKEN"])'
    assert "".join(cells[0]["source"]) == "open('data/x.csv')"
    [output] = cells[1]["outputs"]
    assert output["metadata"]["image/png"]["alt"] == "A single dot"
    assert TOKEN not in stage.server.log


def forget_one(route: Route) -> None:
    body = json.loads(route.request.post_data or "{}")
    route.continue_(post_data=json.dumps({**body, "acknowledged": []}))


def test_what_is_meant_goes_out_and_only_that(stage: Stage, page: Page) -> None:
    planted(stage, "meant")
    open_notebook(stage, page, "meant.ipynb")
    dialog = share(page)
    expect(dialog.get_by_role("button", name="Continue")).to_be_disabled()
    for place in ("Cell 2, code", "Cell 2, output 1"):
        dialog.get_by_role("button", name=f"I mean it: GitHub token, {place}").press("Enter")
    dialog.get_by_role("button", name="Continue").press("Enter")
    dialog.get_by_label("Title").fill("Meant")
    # As if the text had changed since: what was meant is good for the text that was looked at alone.
    page.route("**/mlabs/api/publish*", forget_one, times=1)
    dialog.get_by_role("button", name="Publish").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Nothing was published")
    assert stage.service.notebooks["ada/meant"] == []
    for place in ("Cell 2, code", "Cell 2, output 1"):
        expect(dialog.get_by_role("button", name=f"I mean it: GitHub token, {place}")).to_be_visible()
    dialog.get_by_role("button", name="Continue").click()
    expect(dialog.get_by_label("Title")).to_have_value("Meant")
    dialog.get_by_role("button", name="Publish").click()
    expect(dialog.get_by_text("Published: version 1 is public.")).to_be_visible()


def test_go_to_cell_and_back(stage: Stage, page: Page) -> None:
    planted(stage, "go")
    open_notebook(stage, page, "go.ipynb")
    dialog = share(page)
    dialog.get_by_role("button", name=re.compile("^I mean it: GitHub token, Cell 2, code")).click()
    dialog.get_by_role("button", name="Go to cell 2").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".jp-Notebook .jp-Cell").nth(1)).to_have_class(re.compile("jp-mod-active"))
    dialog = share(page)
    expect(dialog.get_by_text("One finding stops this from being published.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
