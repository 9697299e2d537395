"""Embeds and access in the Share dialog on a real hub: the preview is the service's, others really see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from support.axe import violations
from support.person import Person
from support.screenshots import keep
from support.waiting import until

pytestmark = pytest.mark.browser

# Milliseconds: a first start installs the environment.
START, SOON = 300_000, 60_000
LAB = "iris"
People = tuple[Person, Person]
WRONG = {"": "Type a user name.", "@shirley": "This lab is yours", "a, b": "one person at a time"}
CELLS = ["# Iris", "flowers = 150", "print('petals', flowers)", "depth = 3"]


@pytest.fixture(scope="module")
def people(mlabs_up) -> Iterator[People]:
    """One who shares a lab, and one who reads."""
    both = [Person(mlabs_up.url, name, mlabs_up.password) for name in ("shirley", "rosa")]
    yield both[0], both[1]
    for person in both:
        person.close()


def notebook() -> dict[str, Any]:
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"cell-{n}", "metadata": {}, "source": source, "outputs": [],
         "execution_count": None}
        for n, source in enumerate(CELLS)
    ]  # fmt: skip
    cells[0] = {"cell_type": "markdown", "id": "cell-0", "metadata": {}, "source": CELLS[0]}
    cells[2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "petals 150\n"}]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}


@pytest.fixture(scope="module")
def page(people: People, browser: Browser) -> Iterator[Page]:
    """The notebook of a published lab, open in JupyterLab."""
    shirley, _ = people
    shirley.ok("POST", "labs", json={"name": LAB, "title": "Iris & petals", "notebook": notebook()})
    server = shirley.start(LAB)
    path = shirley.open(server, f"{shirley.name}/{LAB}")
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, permissions=["clipboard-read", "clipboard-write"]
    )
    page = context.new_page()
    page.set_default_timeout(SOON)
    page.goto(f"{shirley.url}/hub/login?next={server}lab/tree/{path}")
    page.get_by_label(re.compile("user ?name", re.I)).fill(shirley.name)
    page.get_by_label(re.compile("password", re.I)).first.fill(shirley.password)
    page.get_by_role("button", name=re.compile("sign in", re.I)).click()
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=START)
    yield page
    context.close()
    shirley.stop(LAB)


@pytest.fixture(autouse=True)
def closed(page: Page) -> Iterator[None]:
    """A test leaves no dialog open for the next."""
    yield
    page.set_viewport_size({"width": 1280, "height": 800})
    page.keyboard.press("Escape")
    expect(page.locator(".mlabs-Overlay")).to_have_count(0)


def share(page: Page, tab: str) -> Locator:
    """The dialog, opened at a tab."""
    page.get_by_role("button", name=re.compile("^share", re.I)).first.click()
    dialog = page.get_by_role("dialog", name="Share this notebook")
    dialog.get_by_role("tab", name=tab).click()
    return dialog.get_by_role("tabpanel", name=tab)


def use_theme(page: Page, theme: str) -> None:
    page.locator(".lm-MenuBar-item", has_text="Settings").first.click()
    page.locator(".lm-Menu-item", has_text="Theme").first.hover()
    page.locator(".lm-Menu-item", has_text=re.compile(f"^JupyterLab {theme}$")).first.click()
    light = str(theme == "Light").lower()
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", light)
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)


def document(page: Page) -> Locator:
    """The rendered notebook in the preview."""
    embed = page.frame_locator(".mlabs-Preview-frame iframe")
    return embed.frame_locator("iframe[data-document]").locator("body")


def test_an_embed_changes_as_it_is_put_together(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: "/embed/" in request.url and asked.append(request.url))
    page.get_by_role("button", name=re.compile("^share", re.I)).first.click()
    dialog = page.get_by_role("dialog", name="Share this notebook")
    dialog.get_by_label("Title").wait_for()
    assert asked == [], "no preview before that tab is open"
    # By the keyboard, as tabs are.
    dialog.get_by_role("tab", name="Publish").focus()
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("tab", name="Embed")).to_be_focused()
    panel = dialog.get_by_role("tabpanel", name="Embed")
    code = panel.get_by_role("textbox", name="Frame, for any page")
    expect(code).to_have_value(
        re.compile(r'^<iframe src="http[^"?]*/embed/@shirley/iris" title="Iris &amp; petals"')
    )
    expect(document(page)).to_contain_text("petals 150")
    keep(page, "labextension-share-embed")
    panel.get_by_label("Show", exact=True).select_option(label="Only output")
    expect(code).to_have_value(re.compile(r"/iris\?show=output\""))
    expect(document(page)).not_to_contain_text("depth = 3")
    panel.get_by_label("Cells", exact=True).select_option(label="By numbers and ranges")
    panel.get_by_label("Numbers and ranges").fill("9")
    expect(panel).to_contain_text("There is no cell 9: this notebook has 4.")
    panel.get_by_label("Numbers and ranges").fill("2,4")
    panel.get_by_label("Show", exact=True).select_option(label="Only code")
    expect(document(page)).to_contain_text("depth = 3")
    expect(document(page)).not_to_contain_text("petals")
    panel.get_by_label("Cells", exact=True).select_option(label="Those that I pick")
    for number in range(1, 5):
        panel.get_by_role("checkbox").nth(number - 1).set_checked(number == 3)
    panel.get_by_label("Colors").select_option(label="Dark")
    expect(document(page)).to_contain_text("print('petals', flowers)")
    expect(code).to_have_value(re.compile(r"\?cells=cell-2&amp;show=code&amp;theme=dark\""))
    panel.get_by_label("Height", exact=True).select_option(label="Automatic: a script fits it")
    code = panel.get_by_role("textbox", name="Paragraph with a script, which fits it")
    expect(code).to_have_value(re.compile(r'data-cells="cell-2" data-show="code" data-theme="dark">'))
    frame = panel.get_by_title("Preview of Iris & petals")
    expect(frame).to_have_attribute("height", re.compile(r"^\d{2}$|^[12]\d\d$"))
    panel.get_by_role("button", name="Copy paragraph with a script, which fits it").click()
    expect(dialog.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == code.input_value()
    panel.get_by_role("heading", name="Badge").scroll_into_view_if_needed()
    for way, begins in {"Markdown": "[![", "HTML": "<a href", "reStructuredText": ".. image"}.items():
        panel.get_by_role("button", name=f"Copy badge in {way}").click()
        assert page.evaluate("navigator.clipboard.readText()").startswith(begins)
    keep(page, "labextension-share-badges")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_people_groups_and_links_get_access_and_lose_it(page: Page, people: People) -> None:
    shirley, rosa = people
    shirley.ok("PATCH", f"labs/shirley/{LAB}", json={"visibility": "private"})

    def seen() -> int:
        return rosa.api("GET", f"labs/shirley/{LAB}").status_code

    assert seen() == 404
    page.route("**/mlabs/api/shares?*", lambda route: route.abort(), times=1)
    panel = share(page, "People")
    panel.get_by_role("button", name="Try again").click()
    expect(panel).to_contain_text("Nobody else yet.")
    add = panel.get_by_role("form", name="Share with")
    name = add.get_by_label("Name")
    for wrong, said in {
        "": "Type a user name.",
        "@shirley": "This lab is yours",
        "a, b": "one person at a time",
    }.items():
        name.fill(wrong)
        name.press("Enter")
        expect(add.get_by_role("alert")).to_contain_text(said)
        expect(name).to_be_focused()
    name.fill("rosa")
    name.press("Enter")
    line = panel.get_by_role("listitem").filter(has_text="rosa")
    expect(line.get_by_label("What rosa has access for")).to_have_value("view")
    expect(name).to_be_focused()
    assert seen() == 200
    name.fill("rosa")
    name.press("Enter")
    expect(add.get_by_role("alert")).to_contain_text("rosa has access already, to read")
    line.get_by_label("What rosa has access for").select_option(label="To edit")
    until(lambda: rosa.ok("GET", f"labs/shirley/{LAB}")["access"] == "edit", SOON / 1000)
    add.get_by_label("Share with").select_option(label="A group")
    name.fill("course 1")
    add.get_by_role("button", name="Share").click()
    expect(panel.get_by_role("listitem").filter(has_text="course 1")).to_contain_text("Group")
    make = panel.get_by_role("form", name="Make a link")
    make.get_by_label("Label").fill("for the reviewers")
    make.get_by_label("How long").select_option(label="A week")
    make.get_by_role("button", name="Make a link").click()
    made = panel.get_by_role("group", name="Your new link")
    expect(made).to_be_focused()
    made.get_by_role("button", name="Copy secret link").click()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{shirley.url}/services/mlabs/s/")
    reader = page.context.browser.new_context().new_page()
    reader.goto(link)
    expect(reader.get_by_role("heading", name="Iris & petals")).to_be_visible()
    keep(page, "labextension-share-people")
    panel.get_by_role("button", name="Revoke for the reviewers").click()
    panel.get_by_role("button", name=re.compile("^Revoke for the reviewers for everybody")).press("Enter")
    expect(panel.get_by_role("heading", name="Secret links")).to_be_focused()
    assert reader.goto(link).status == 404
    reader.context.close()
    panel.get_by_role("button", name="Stop sharing with rosa").press("Enter")
    expect(panel.get_by_role("heading", name="People and groups")).to_be_focused()
    assert seen() == 404
    page.keyboard.press("Escape")


def test_a_private_lab_has_no_embed_and_it_is_said_what_to_do(page: Page, people: People) -> None:
    shirley, _ = people
    shirley.ok("PATCH", f"labs/shirley/{LAB}", json={"visibility": "private"})
    panel = share(page, "Embed")
    expect(panel).to_contain_text("an embed of it shows nothing, to nobody")
    expect(panel).to_contain_text("A private lab has none.")
    keep(page, "labextension-share-embed-private")
    panel.get_by_role("button", name="Change who can see it").click()
    dialog = page.get_by_role("dialog", name="Share this notebook")
    private = dialog.get_by_role("radio", name="Private")
    expect(private).to_be_focused()
    private.press("ArrowUp")
    dialog.get_by_role("button", name="Save settings").click()
    expect(dialog.get_by_text("The settings are saved.")).to_be_visible()
    dialog.get_by_role("tab", name="Embed").click()
    expect(dialog.get_by_role("tabpanel", name="Embed")).to_contain_text("This lab is unlisted")
    expect(document(page)).to_contain_text("petals 150")
    for key, tab in {"ArrowLeft": "Publish", "End": "People", "Home": "Publish"}.items():
        page.keyboard.press(key)
        expect(dialog.get_by_role("tab", name=tab)).to_be_focused()
    expect(dialog.get_by_text("The settings are saved.")).to_be_visible()
    expect(dialog.get_by_role("tab", name="Publish")).to_be_focused()
    page.keyboard.press("Escape")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_it_is_accessible_and_fits_a_narrow_window(page: Page, people: People, theme: str) -> None:
    shirley, _ = people
    shirley.ok("PATCH", f"labs/shirley/{LAB}", json={"visibility": "unlisted"})
    shirley.ok("PUT", f"labs/shirley/{LAB}/shares/rosa", json={"access": "edit"})
    use_theme(page, theme)
    panel = share(page, "Publish")
    panel.get_by_label("Title").wait_for()
    dialog = page.get_by_role("dialog", name="Share this notebook")
    for tab in ("Publish", "Embed", "People"):
        dialog.get_by_role("tab", name=tab).click()
        panel = dialog.get_by_role("tabpanel", name=tab)
        if tab == "Embed":
            panel.get_by_label("Cells", exact=True).select_option(label="Those that I pick")
            expect(document(page)).to_contain_text("Iris")
        if tab == "People":
            panel.get_by_role("button", name="Stop sharing with rosa").wait_for()
        for width in (1280, 700):
            page.set_viewport_size({"width": width, "height": 800})
            fits = panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth")
            keep(page, f"labextension-share-{tab.lower()}-{theme.lower()}-{width}")
            assert fits, f"{tab} at {width}"
        assert violations(page, ".mlabs-Dialog") == []
        page.set_viewport_size({"width": 1280, "height": 800})
    page.keyboard.press("Escape")


def test_it_is_the_same_in_notebook_7(page: Page, people: People) -> None:
    shirley, _ = people
    shirley.ok("PATCH", f"labs/shirley/{LAB}", json={"visibility": "public"})
    page.goto(page.url.split("?")[0].replace("/lab/tree/", "/notebooks/"))
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=START)
    share(page, "Embed")
    expect(document(page)).to_contain_text("petals 150")
    dialog = page.get_by_role("dialog", name="Share this notebook")
    dialog.get_by_role("tab", name="People").click()
    panel = dialog.get_by_role("tabpanel", name="People")
    expect(panel.get_by_role("form", name="Make a link")).to_be_visible()
    keep(page, "labextension-share-people-notebook")
