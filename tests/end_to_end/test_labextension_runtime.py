"""Runtimes and limits in real front ends: what a person is asked, told, and spared."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from support.jupyterlab import START, Stage, menu, open_notebook
from support.screenshots import keep

from mlabs_ext.errors import Unusable

pytestmark = pytest.mark.browser

front_ends = pytest.mark.parametrize("front_end", ["lab", "notebook"])
REASON = "The 10 hours of this month are used up."


def chip(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^Runtime:"))


def bar(page: Page) -> Locator:
    return page.locator(".jp-NotebookPanel .mlabs-Bar")


def banner(page: Page) -> Locator:
    return page.locator(".mlabs-Banner .mlabs-Bar")


def run_first_cell(page: Page) -> None:
    """JupyterLab drops what is run before it has taken notice of the kernel."""
    prompt = page.locator(".jp-InputPrompt").first
    for _ in range(10):
        page.locator(".jp-CodeCell .cm-content").first.click()
        page.keyboard.press("Shift+Enter")
        try:
            expect(prompt).not_to_have_text("[ ]:", timeout=3000)
        except AssertionError:
            continue
        return


def own(stage: Stage, path: str) -> dict:
    return stage.read(path)["metadata"]["mlabs"]


def test_the_switch_beside_the_data_chooses_beforehand(stage: Stage, page: Page) -> None:
    stage.service.add_lab("ada/switch")
    stage.write("switch.ipynb", ["1"], "ada/switch", "pytorch")
    open_notebook(stage, page, "switch.ipynb")
    page.get_by_role("tab", name="Data: what this notebook uses").click()
    switch = page.get_by_role("region", name="Accelerator")
    expect(switch).to_contain_text("GPU: off")
    switch.get_by_role("button", name="Turn on…").click()
    dialog = page.get_by_role("dialog", name="Change runtime")
    expect(dialog.get_by_role("radio", name="GPU")).to_be_checked()
    expect(dialog.get_by_role("radio", name="PyTorch")).to_be_checked()
    keep(page, "labextension-data-accelerator")


def test_a_question_without_an_answer_is_asked_again(stage: Stage, page: Page) -> None:
    stage.service.add_lab("ada/asked-again")
    stage.write("asked-again.ipynb", ["1"], "ada/asked-again")
    page.route("**/mlabs/api/runtime?*", lambda route: route.abort(), times=1)
    open_notebook(stage, page, "asked-again.ipynb")
    expect(chip(page)).to_have_text("Python")


@front_ends
def test_the_magic_offers_the_restart(stage: Stage, page: Page, front_end: str) -> None:
    name = f"magic-{front_end}"
    stage.service.add_lab(f"ada/{name}")
    stage.write(f"{name}.ipynb", ["%runtime pytorch gpu"], f"ada/{name}")
    open_notebook(stage, page, f"{name}.ipynb", front_end)
    expect(chip(page)).to_have_text("Python")
    expect(bar(page)).to_have_count(0)
    run_first_cell(page)
    expect(bar(page)).to_contain_text("This notebook now asks for PyTorch · GPU; it runs in Python.")
    expect(page.locator(".jp-OutputArea-output").first).to_contain_text(
        "This notebook asks for PyTorch · GPU"
    )
    expect(chip(page)).to_have_attribute("data-kind", "differs")
    assert own(stage, f"{name}.ipynb") == {
        "environment": "pytorch", "accelerator": "gpu", "lab": f"ada/{name}",
    }  # fmt: skip
    assert stage.sent("PATCH", f"/ada/{name}")[-1] == {"environment": "pytorch", "accelerator": "gpu"}
    box = bar(page).bounding_box()
    assert box and box["height"] > 25, "it can be read"
    keep(page, f"labextension-runtime-{front_end}")
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.type("# unsaved")
    bar(page).get_by_role("button", name="Open there").click()
    page.wait_for_url(re.compile(f"/services/mlabs/open/@ada/{name}$"))
    assert "# unsaved" in json.dumps(stage.read(f"{name}.ipynb")), "what was open is saved first"


def test_the_servers_own_lab_is_restarted(stage: Stage, page: Page) -> None:
    stage.service.add_lab("ada/mnist", environment="pytorch")
    stage.write("mnist/mnist.ipynb", ["1"], "ada/mnist", environment="pytorch", accelerator="gpu")
    open_notebook(stage, page, "mnist/mnist.ipynb")
    expect(bar(page)).to_contain_text("Restart there: files are kept, variables are lost.")
    bar(page).get_by_role("button", name="Restart").click()
    page.wait_for_url(re.compile(r"/services/mlabs/open/@ada/mnist\?restart=1$"))
    assert stage.service.labs["ada/mnist"].accelerator == "gpu", "the lab asks for what its notebook does"


def test_later_and_stay(stage: Stage, page: Page) -> None:
    stage.service.add_lab("ada/stay")
    stage.write("stay.ipynb", ["1"], "ada/stay", environment="pytorch")
    open_notebook(stage, page, "stay.ipynb")
    bar(page).get_by_role("button", name="Later").click()
    expect(bar(page)).to_have_count(0)
    expect(chip(page)).to_have_attribute("data-kind", "differs")
    page.reload()
    bar(page).get_by_role("button", name="Stay in Python").click(timeout=START)
    expect(bar(page)).to_have_count(0)
    expect(chip(page)).to_have_attribute("data-kind", "runtime")
    assert own(stage, "stay.ipynb")["environment"] == "python"


def test_an_output_of_yesterday_asks_for_nothing(stage: Stage, page: Page) -> None:
    stage.service.add_lab("ada/old")
    stage.write("old.ipynb", ["%runtime pytorch gpu"], "ada/old")
    content = stage.read("old.ipynb")
    data = {
        "application/vnd.mlabs.runtime+json": {"environment": "pytorch", "accelerator": "gpu"},
        "text/plain": "asked for",
    }
    content["cells"][0]["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    (stage.server.root / "old.ipynb").write_text(json.dumps(content))
    open_notebook(stage, page, "old.ipynb")
    expect(page.locator(".jp-OutputArea-output").first).to_contain_text("asked for")
    expect(chip(page)).to_have_attribute("data-kind", "runtime")
    assert own(stage, "old.ipynb")["environment"] == "python"
    assert stage.sent("PATCH", "/ada/old") == []


def test_a_refusal_leaves_the_notebook_as_it_was(stage: Stage, page: Page) -> None:
    stage.service.add_lab("ada/refused")
    stage.write("refused.ipynb", ["%runtime pytorch gpu"], "ada/refused")
    open_notebook(stage, page, "refused.ipynb")
    expect(chip(page)).to_have_text("Python")
    refusal = Unusable("All of the GPUs are broken.", "accelerator_unknown")
    stage.service.fault = lambda path, body: refusal if path == "labs/ada/refused" and body else None
    run_first_cell(page)
    expect(bar(page)).to_contain_text("The runtime was not changed. All of the GPUs are broken.")
    expect(bar(page)).to_have_attribute("role", "alert")
    assert own(stage, "refused.ipynb")["environment"] == "python"
    bar(page).get_by_role("button", name="Dismiss").click()
    expect(bar(page)).to_have_count(0)


def test_a_notebook_that_is_no_lab_yet(stage: Stage, page: Page) -> None:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    stage.server.write_notebook("scratch.ipynb", ["%runtime pytorch"], {"kernelspec": kernel})
    open_notebook(stage, page, "scratch.ipynb")
    expect(chip(page)).to_have_text("Python")
    run_first_cell(page)
    expect(bar(page)).to_contain_text("now asks for PyTorch. It is no lab yet: share it, and its lab runs")
    assert own(stage, "scratch.ipynb") == {"environment": "pytorch", "accelerator": "none"}


def test_in_vain(stage: Stage, page: Page) -> None:
    """What an import from elsewhere asks for and nobody has: said, but nobody is pestered."""
    stage.service.add_lab("ada/colab")
    stage.write("colab.ipynb", ["1"], "ada/colab")
    content = stage.read("colab.ipynb")
    content["metadata"]["accelerator"] = "GPU"
    (stage.server.root / "colab.ipynb").write_text(json.dumps(content))
    open_notebook(stage, page, "colab.ipynb")
    expect(chip(page)).to_have_attribute("title", re.compile("Python has no accelerator 'gpu' here"))
    expect(bar(page)).to_have_count(0)


@front_ends
def test_change_runtime(stage: Stage, page: Page, front_end: str) -> None:
    name = f"change-{front_end}"
    stage.service.add_lab(f"ada/{name}")
    stage.service.queues = [{"accelerator": "gpu", "free": 0, "people": 2, "seconds": 720.0}]
    stage.write(f"{name}.ipynb", ["1"], f"ada/{name}")
    open_notebook(stage, page, f"{name}.ipynb", front_end)
    menu(page, "Runtime", "Change Runtime Type…")
    dialog = page.get_by_role("dialog", name="Change runtime type")
    expect(dialog.get_by_role("radio", name=re.compile("^Python"))).to_be_checked()
    expect(dialog.get_by_role("radio", name=re.compile("^Caffe"))).to_be_disabled()
    expect(dialog).to_contain_text("Not here: It needs cmake.")
    expect(dialog.get_by_role("radio", name="GPU")).to_have_count(0)
    dialog.get_by_role("radio", name=re.compile("^PyTorch torch 2.13.0")).check()
    dialog.get_by_role("radio", name="GPU About 12 minutes; 2 people before you.").check()
    expect(dialog).to_contain_text("Files are kept, variables are lost.")
    keep(page, f"labextension-change-runtime-{front_end}")
    dialog.get_by_role("button", name="Change and restart").click()
    page.wait_for_url(re.compile(f"/services/mlabs/open/@ada/{name}"))
    assert own(stage, f"{name}.ipynb")["accelerator"] == "gpu"
    assert stage.sent("PATCH", f"/ada/{name}")[-1] == {"environment": "pytorch", "accelerator": "gpu"}


@pytest.fixture
def ending(stage: Stage) -> Iterator[Stage]:
    """A server that asks the service every moment; after the test it has no end any more."""
    yield stage
    stage.service.open_servers = []
    known(stage, None)


def end_in(stage: Stage, seconds: float) -> None:
    ends = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    server = {
        "id": "x",
        "lab": "ada/mnist",
        "server": "mnist",
        "plan": "free",
        "ends": ends,
        "reason": REASON,
    }
    stage.service.open_servers = [server]
    known(stage, REASON)


def known(stage: Stage, reason: str | None) -> None:
    """Wait until the server has heard it."""
    deadline = time.monotonic() + 30
    while stage.call(stage.server.api("GET", "mlabs/api/limits"))["reason"] != reason:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@front_ends
def test_a_tab_that_is_opened_late_is_warned_too(ending: Stage, page: Page, front_end: str) -> None:
    ending.service.add_lab("ada/late")
    ending.write("late.ipynb", ["1"], "ada/late")
    end_in(ending, 500)
    open_notebook(ending, page, "late.ipynb", front_end)
    expect(banner(page)).to_contain_text(re.compile(rf"^This server stops in 8 minutes\. {REASON}"))
    keep(page, f"labextension-limit-{front_end}")
    banner(page).get_by_role("button", name="OK").click()
    expect(banner(page)).to_have_count(0)


def look_again(page: Page) -> None:
    """As when a person comes back to the tab: it asks at once, and not only when its timer rings."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_near_the_end_everything_is_saved(ending: Stage, page: Page) -> None:
    ending.service.add_lab("ada/near")
    ending.write("near.ipynb", ["1"], "ada/near")
    open_notebook(ending, page, "near.ipynb")
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.type("# not saved yet ")
    end_in(ending, 119)
    look_again(page)
    expect(banner(page)).to_contain_text("Open notebooks have been saved.")
    deadline = time.monotonic() + 20
    while "# not saved yet" not in json.dumps(ending.read("near.ipynb")):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_after_the_stop_the_page_says_why(tmp_path_factory: pytest.TempPathFactory, page: Page) -> None:
    stage = Stage(tmp_path_factory.mktemp("stopped")).start()
    try:
        stage.service.add_lab("ada/stopped")
        stage.write("stopped.ipynb", ["1"], "ada/stopped")
        open_notebook(stage, page, "stopped.ipynb")
        end_in(stage, 10)
        look_again(page)
        expect(banner(page)).to_contain_text("This server stops in")
        stage.call(stage.server.stop())
        expect(banner(page)).to_contain_text(f"This server was stopped. {REASON}", timeout=60_000)
        link = banner(page).get_by_role("link", name="Go to the lab's page")
        assert link.get_attribute("href").endswith("/services/mlabs/@ada/mnist")
        keep(page, "labextension-stopped")
    finally:
        stage.stop()
