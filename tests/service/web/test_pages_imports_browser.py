"""An archive is uploaded and imported in a real browser that runs no script; the pages fit every width."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from playwright.sync_api import expect
from support.screenshots import keep

pytestmark = pytest.mark.browser


def archive(make_notebook):
    nb = make_notebook(
        "# Digits\n\nA network learns to read.", "import torch", "open('/kaggle/input/mnist/x')"
    )
    nb["cells"][1]["metadata"] = {"executionInfo": {"user": {"displayName": "Ada"}}}
    nb |= {"nbformat_minor": 4, "metadata": {"accelerator": "GPU"}}
    members = {
        "digits/digits.ipynb": json.dumps(nb),
        "digits/data/a-rather-long-name-of-a-file-with-measurements-of-many-years.csv": "1,2\n",
        "letters.ipynb": json.dumps(make_notebook("# Letters")),
        "notes.txt": "x" * 2000,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return {"name": "all.zip", "mimeType": "application/zip", "buffer": file.getvalue()}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_from_an_archive_to_a_lab_without_javascript(town, browser, make_notebook, scheme):
    context = browser.new_context(color_scheme=scheme, java_script_enabled=False)
    cookies = town.person("ada").cookies.jar
    context.add_cookies([{"name": each.name, "value": each.value, "url": town.site.url} for each in cookies])
    page = context.new_page()
    problems = []
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))

    def look(name):
        for width in (390, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 1000})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
            keep(page, f"{name}-{scheme}-{width}")

    page.goto(f"{town.site.url}new")
    page.get_by_role("link", name="Import a notebook").click()
    look("import")
    page.get_by_label("From a file").set_input_files(archive(make_notebook))
    page.get_by_role("button", name="Upload and show it").click()
    expect(page.get_by_role("heading", name="Which notebook?")).to_be_visible()
    look("import-choice")
    page.get_by_role("link", name="digits/digits.ipynb").click()
    expect(page.get_by_label("Title")).to_have_value("Digits")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("A network learns to read.")).to_be_visible()
    look("import-preview")
    page.get_by_label("Title").fill("My digits")
    page.get_by_label("Private").check()
    page.get_by_role("button", name="Make it my lab").click()
    expect(page.get_by_role("heading", level=1, name="My digits")).to_be_visible()
    files = town.site.as_("ada").get("api/v1/labs/ada/my-digits/assets").json()["items"]
    assert [file["path"].split("/")[0] for file in files] == ["data"]
    assert problems == []
    context.close()
