"""Every notebook of the corpus in a real browser: it is shown whole, and nothing of ours fails."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support import needs
from support.settled import settle

from mlabs_ext.notebook import parse
from mlabs_ext.service.render import STATIC

pytestmark = [
    pytest.mark.browser,
    pytest.mark.corpus,
    pytest.mark.skipif(
        not (STATIC / "render").is_dir(), reason="the UI is not built: python ui/build.py web"
    ),
]
NOTEBOOKS = sorted(needs.corpus().glob("*.ipynb"))
# What browsers say where an output wants what no shared notebook gets; that is not ours to mend.
EXPECTED = re.compile(
    r"Content Security Policy|Ignored call to 'alert|strict mode: use allowUnionTypes|failed to load library"
)


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """Renders the corpus in one worker, and serves it as the service does, from a process of its own."""
    made = tmp_path_factory.mktemp("documents")
    program = Path(__file__).parent / "support" / "documents.py"
    command = [sys.executable, str(program), str(made), *map(str, NOTEBOOKS)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    yield server.stdout.readline().strip()
    server.terminate()
    server.wait(20)
    server.stdout.close()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_shown(documents, browser, path):
    number = NOTEBOOKS.index(path)
    wrong: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("console", lambda said: said.type == "error" and wrong.append(said.text))
    page.on("pageerror", lambda error: wrong.append(f"{error} {error.stack}"))
    page.goto(f"{documents}{number}")
    for top in range(0, min(page.evaluate("() => document.body.scrollHeight"), 20_000), 2500):
        page.evaluate("top => scrollTo(0, top)", top)
        page.wait_for_timeout(60)
    settle(page)
    ours = [text for text in wrong if not EXPECTED.search(text)]
    assert ours == []
    cells = [cell.id for cell in parse(path.read_bytes()).cells if cell.source.strip()]
    shown = page.evaluate("() => [...document.querySelectorAll('.cell')].map(cell => cell.id)")
    assert set(shown) >= {f"cell-{cell}" for cell in cells}
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 1280
    page.close()


def test_what_a_notebook_holds_is_played_and_what_it_does_not_is_named(documents, browser):
    rich = next(path for path in NOTEBOOKS if "Rich Output" in path.name)
    page = browser.new_page()
    page.goto(f"{documents}{NOTEBOOKS.index(rich)}")
    # Browsers tell how long a sound is only where they may load it.
    page.wait_for_function("() => document.querySelector('audio')?.duration > 1")
    assert page.locator("audio, video").count() == 2
    assert page.locator("a.elsewhere[href*='python-logo.gif']").inner_text() == "python-logo.gif"
    page.close()


def test_a_module_that_a_notebook_asks_for_is_said_to_be_missing(documents, browser):
    custom = next(path for path in NOTEBOOKS if "Custom Display" in path.name)
    page = browser.new_page()
    page.goto(f"{documents}{NOTEBOOKS.index(custom)}")
    page.get_by_text("jquery.flot.min.js would come from elsewhere").wait_for()
    page.close()


def test_what_the_pages_weigh(documents, browser):
    """The style, the script and the math font, compressed: what a reader loads besides the notebook."""
    names = json.loads((STATIC / "render" / "manifest.json").read_text())
    files = [STATIC / "render" / names[name] for name in ("render.css", "render.js", "math.css")]
    files += (STATIC / "render").glob("math-????????.woff2")
    assert len(files) == 4
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < 63_000
