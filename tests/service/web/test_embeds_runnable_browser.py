"""Embedded code that readers run: in their own browser, with what is at one address, and nowhere else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, Page, expect
from support.node import node_modules
from support.static_site import OpenFiles, static_site

import mlabs_ext.service

BUILD = Path(mlabs_ext.service.__file__).parent / "static" / "build"
MANIFEST = BUILD / "render" / "manifest.json"
SUPPORT = Path(__file__).parents[2] / "support"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
# Pyodide is 12 MB, and is compiled here for the first time.
SLOW = 90_000


@pytest.fixture(scope="module")
def built():
    if not MANIFEST.exists() or "here.js" not in json.loads(MANIFEST.read_text()):
        pytest.skip("the UI is not built: run python ui/build.py")


pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("built")]


@pytest.fixture(scope="module")
def pyodide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of Pyodide's core and of TensorFlow.js, as an administrator would serve them."""
    packages = node_modules(SUPPORT / "pyodide", tmp_path_factory.getbasetemp() / "npm")
    folder = tmp_path_factory.mktemp("pyodide")
    shutil.copytree(packages / "pyodide", folder / "pyodide")
    shutil.copy(packages / "@tensorflow" / "tfjs" / "dist" / "tf.min.js", folder / "pyodide")
    with static_site(folder, OpenFiles) as address:
        yield f"{address}pyodide/"


@pytest.fixture
def site(start_site: Any, pyodide: str) -> Any:
    return start_site(pyodide_url=pyodide)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(SLOW)
    expect.set_options(timeout=SLOW)
    yield page
    expect.set_options(timeout=5_000)
    context.close()


def code(*sources: str, language: str = "python") -> dict[str, Any]:
    """A notebook of code that was run elsewhere, and printed KEPT there."""
    kept = {"output_type": "stream", "name": "stdout", "text": "KEPT\n"}
    cells = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": source, "outputs": [kept]}
        | {"execution_count": n}
        for n, source in enumerate(sources, 1)
    ]
    info = {"language_info": {"name": language}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": info, "cells": cells}


def opened(page: Page, site: Any, notebook: dict[str, Any]) -> Frame:
    """The document of an embed of that notebook, with its bar."""
    lab = site.publish("ada", notebook=notebook)
    page.goto(f"{site.url}embed/@ada/{lab['name']}?run-here=1")
    document = page.wait_for_selector("iframe[data-fitted]").content_frame()
    assert document
    document.wait_for_selector(".here")
    return document


def outputs(document: Frame, cell: int) -> Any:
    return document.locator(f"#cell-c{cell} .outputs")


def test_python_runs_changed_and_stopped_in_the_readers_browser(site, page):
    OpenFiles.asked.clear()
    sources = "import sys\nx = 20\nprint('hello', file=sys.stderr)\nx + 1", "print('twice', x * 2)"
    document = opened(page, site, code(*sources))
    assert document.locator(".outputs", has_text="KEPT").count() == 2
    assert OpenFiles.asked == []
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    document.get_by_role("button", name="Run", exact=True).click()
    expect(outputs(document, 2)).to_have_text("twice 40")
    assert outputs(document, 1).inner_text().split() == ["hello", "21"]
    assert "/pyodide/pyodide.mjs" in OpenFiles.asked
    assert not [url for url in asked if url.startswith(site.url)]

    second = document.get_by_label("Code of cell 2")
    second.fill("print(f'{x} stays')\n1 / 0")
    second.press("Shift+Enter")
    expect(outputs(document, 2)).to_contain_text("ZeroDivisionError: division by zero")
    expect(outputs(document, 2)).to_contain_text('File "<cell 2>", line 2')
    expect(outputs(document, 2)).to_contain_text("20 stays")
    assert "_pyodide" not in outputs(document, 2).inner_text()

    # One that Pyodide does not know, and one that it knows but whose wheel is not at the address.
    for imported, name in (("torch.nn", "torch"), ("numpy", "numpy")):
        second.fill(f"import {imported}")
        document.get_by_role("button", name="Run cell 2").click()
        expect(document.locator(".here")).to_contain_text(f"This needs {name}")
    assert page.get_by_role("link", name="Fork").is_visible()

    second.fill("import time\nprint('endless')\nwhile True: pass")
    second.press("Shift+Enter")
    expect(outputs(document, 2)).to_contain_text("endless")
    document.get_by_role("button", name="Stop").click()
    expect(document.locator(".here")).to_contain_text("Stopped.")
    second.fill("'x' in globals()")
    second.press("Shift+Enter")
    expect(outputs(document, 2)).to_have_text("False")


PICTURES = f"""
import base64

class Picture:
    def _repr_png_(self):
        return base64.b64decode("{PNG}")

    def _repr_html_(self):
        return "<b>bold</b>"

display(Picture())
class Only:
    def _repr_png_(self):
        return base64.b64decode("{PNG}")
Only()
"""
# What a notebook's code may not reach, from within Python.
REACHING = """
import js
from pyodide.code import run_js

async def reached(address):
    try:
        await js.fetch(address)
    except BaseException as error:
        return "blocked"
    return "reached"

print(await reached("{here}api/v1/labs"), await reached("{there}elsewhere"))
print(js.self.origin, "document" in dir(js))
"""


def test_what_it_shows_and_what_it_reaches(site, page, pyodide):
    reaching = REACHING.replace("{here}", site.url).replace("{there}", pyodide.removesuffix("pyodide/"))
    document = opened(page, site, code("%matplotlib inline\n" + PICTURES, reaching))
    document.get_by_role("button", name="Run", exact=True).click()
    expect(outputs(document, 2)).to_have_text("blocked blocked null False")
    assert outputs(document, 1).locator("b").inner_text() == "bold"
    assert outputs(document, 1).locator("img").evaluate("image => image.naturalWidth") == 1
    assert document.evaluate("self.origin") == "null"


SCRIPTS = (
    """const numbers = [1, 2, 3];
function twice(x) { return 2 * x; }
console.log('hi', {a: 1});
numbers""",
    """const tensor = tf.tensor1d(numbers.map(twice));
(await tensor.square().data()).join(' ')""",
    "console.log(Array.from(await tensor.data()).join('+'));",
    "null.x",
)


def test_what_a_reader_wrote_outlives_a_change_of_colors(site, page):
    document = opened(page, site, code("1 + 1", "2 + 2", language="javascript"))

    def shown_in(theme: str) -> None:
        # What `embed.js` in the page around says, which is this page where there is none.
        page.evaluate("theme => postMessage({context: 'mlabs.theme', theme}, '*')", theme)

    shown_in("dark")
    page.wait_for_selector("html[data-theme=dark]")
    document = page.wait_for_selector("iframe[data-fitted]").content_frame()
    document.wait_for_selector("html[data-theme=dark] .here")
    document.get_by_role("button", name="Run", exact=True).click()
    expect(outputs(document, 2)).to_have_text("4")
    document.get_by_label("Code of cell 1").fill("40 + 2")
    shown_in("light")
    document.wait_for_selector("html[data-theme=light]")
    assert document.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    document.get_by_role("button", name="Run cell 1").click()
    expect(outputs(document, 1)).to_have_text("42")
    expect(outputs(document, 2)).to_have_text("4")


def test_javascript_and_tensorflow_run_as_they_are(site, page):
    document = opened(page, site, code(*SCRIPTS, language="javascript"))
    document.get_by_role("button", name="Run", exact=True).click()
    expect(outputs(document, 4)).to_contain_text("TypeError")
    assert outputs(document, 1).inner_text().split() == ["hi", '{"a":1}', "[1,2,3]"]
    assert outputs(document, 2).inner_text().strip() == '"4 16 36"'
    assert outputs(document, 3).inner_text().strip() == "2+4+6"
