"""A network that goes dead while cells run: the notebook has it all afterwards."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect
from support.axe import THEMES, use_theme, violations
from support.cut_network import Network
from support.jupyterlab import START, Stage, connected, menu, open_notebook
from support.screenshots import keep

pytestmark = pytest.mark.browser

SETTINGS = "settings/mlabs-labextension/connection.jupyterlab-settings"
HTML = "from IPython.display import HTML; HTML('<b>shown</b>')"
COUNT = "import time\nfor n in range({}):\n    print(n, flush=True)\n    time.sleep({})"


@pytest.fixture
def network(stage: Stage) -> Iterator[Network]:
    """What is between the browser and the server."""
    network = Network(stage.server.port)
    stage.call(network.up())
    yield network
    stage.call(network.down())


def notice(page: Page) -> Locator:
    return page.locator(".jp-NotebookPanel .mlabs-Connection .mlabs-Bar")


def output(page: Page, cell: int) -> Locator:
    return page.locator(".jp-CodeCell").nth(cell).locator(".jp-OutputArea-output")


def prompt(page: Page, cell: int) -> Locator:
    return page.locator(".jp-CodeCell .jp-InputPrompt").nth(cell)


def set_timing(stage: Stage, ping: float, silence: float) -> None:
    file = stage.home / SETTINGS
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"ping": ping, "silence": silence}))


def done(stage: Stage, path: str) -> None:
    """Wait until the kernel has nothing more to do; the page cannot know."""
    deadline = time.monotonic() + START / 1000
    while not stage.call(connected(stage.server, path)):
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("front_end", ["lab", "notebook"])
def test_nothing_is_lost(stage: Stage, page: Page, network: Network, front_end: str) -> None:
    path = f"cut-{front_end}.ipynb"
    set_timing(stage, 0.5, 2)
    stage.write(path, [COUNT.format(100, 0.05), HTML, "7"], "ada/cut")
    open_notebook(stage, page, path, front_end, network.port)
    # Here and not later: without a network there is no other theme.
    use_theme(page, THEMES[front_end == "lab"])
    page.locator(".jp-CodeCell .cm-content").first.click()
    menu(page, "Run", "Run All Cells")
    expect(output(page, 0)).to_contain_text("5\n")
    stage.call(network.cut())
    expect(notice(page)).to_contain_text("What runs goes on; its outputs are kept and will appear.")
    keep(page, f"labextension-connection-lost-{front_end}")
    assert violations(page, ".mlabs-Connection") == []
    page.locator(".jp-CodeCell .cm-content").nth(2).click()
    page.keyboard.press("Shift+Enter")
    done(stage, path)
    stage.call(network.mend())
    expect(notice(page)).to_contain_text("outputs caught up.")
    keep(page, f"labextension-connection-back-{front_end}")
    assert violations(page, ".mlabs-Connection") == []
    expect(output(page, 0)).to_have_text("".join(f"{n}\n" for n in range(100)))
    expect(output(page, 1).locator("b")).to_have_text("shown")
    expect(prompt(page, 1)).to_have_text("[2]:")
    expect(prompt(page, 2)).to_have_text("[4]:")
    assert output(page, 0).count() == output(page, 1).count() == 1
    notice(page).get_by_role("button", name="Dismiss").click()
    expect(notice(page)).to_have_count(0)


def test_after_a_restart_it_works_as_before(stage: Stage, page: Page, network: Network) -> None:
    set_timing(stage, 0.5, 2)
    stage.write("restart.ipynb", ["print('one')", "print('two')"], "ada/cut")
    open_notebook(stage, page, "restart.ipynb", "lab", network.port)
    for last in ("[2]:", "[4]:"):
        menu(page, "Run", "Run All Cells")
        expect(prompt(page, 1)).to_have_text(last)
    menu(page, "Kernel", "Restart Kernel and Run All Cells…")
    page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    expect(prompt(page, 0)).to_have_text("[1]:", timeout=START)
    expect(prompt(page, 1)).to_have_text("[2]:")
    expect(output(page, 1)).to_have_text("two\n")
    expect(notice(page)).to_have_count(0)


@pytest.mark.slow
def test_two_minutes_with_a_closed_lid(stage: Stage, page: Page, network: Network) -> None:
    """With the timing that people have."""
    set_timing(stage, 5, 15)
    stage.write("lid.ipynb", [COUNT.format(1300, 0.1), "'done'"], "ada/cut")
    open_notebook(stage, page, "lid.ipynb", "lab", network.port)
    menu(page, "Run", "Run All Cells")
    expect(output(page, 0)).to_contain_text("5\n")
    stage.call(network.cut())
    page.wait_for_timeout(120_000)
    stage.call(network.mend())
    expect(prompt(page, 1)).to_have_text("[2]:", timeout=START)
    expect(output(page, 0)).to_have_text("".join(f"{n}\n" for n in range(1300)))
