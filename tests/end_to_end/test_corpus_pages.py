"""Every corpus notebook is published and read on its lab's page, or gets its 4xx."""

from __future__ import annotations

import re

import pytest
from support import needs
from support.person import Person
from support.settled import settle

from mlabs_ext.names import name_from

pytestmark = [pytest.mark.browser, pytest.mark.corpus]
NOTEBOOKS = sorted(needs.corpus().glob("*.ipynb"))
INVALID = sorted(needs.corpus().glob("invalid/*.ipynb"))
# What outputs cause that want other sites, or to alert: the sandbox's doing, and as it should be.
OUTPUTS = re.compile(
    r"Content Security Policy|Ignored call to 'alert|strict mode: use allowUnionTypes|failed to load library"
)


@pytest.fixture(scope="module")
def ada(mlabs_up):
    person = Person(mlabs_up.url, "ada-pages", mlabs_up.password)
    yield person
    person.close()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_corpus_notebook_is_read_on_its_page(path, ada, mlabs_up, browser):
    lab = ada.ok("POST", "labs", json={"notebook": path.read_text(), "name": name_from(path.stem)})
    assert lab["version"] == 1
    wrong: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("console", lambda said: said.type == "error" and wrong.append(said.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.set_default_timeout(120_000)
    page.goto(f"{mlabs_up.url}/services/mlabs/@{ada.name}/{lab['name']}")
    frame = page.wait_for_selector("iframe[data-fitted]").content_frame()
    assert frame.locator(".cell").count() > 0
    settle(page)
    assert [text for text in wrong if not OUTPUTS.search(text)] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_an_invalid_notebook_is_refused_with_the_reason(path, ada):
    answer = ada.api(
        "POST", "labs", content=path.read_bytes(), headers={"Content-Type": "application/x-ipynb+json"}
    )
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["code"] == "notebook_invalid"
    assert error["message"]
