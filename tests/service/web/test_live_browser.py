"""A run in a real browser while it goes on: what a reader without an account sees, from start to end."""

from __future__ import annotations

import base64
import struct
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.foreign_site import LISTENER, foreign_site
from support.screenshots import keep
from support.signed_in import sign_in
from ulid import ULID

import mlabs_ext.service

BUILD = Path(mlabs_ext.service.__file__).parent / "static" / "build"


@pytest.fixture(scope="module")
def built():
    if not (BUILD / "pages.js").exists():
        pytest.skip("the UI is not built: run python ui/build.py")


pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("built")]


def png(width: int, height: int) -> str:
    """A picture of that size."""
    rows = b"".join(b"\0" + b"\x20\x90\x60" * width for _ in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).decode()


# One frame is there, and it shows the final document.
FINAL = """() => {
  const frames = document.querySelectorAll("iframe");
  return frames.length === 1 && !frames[0].src.includes("/live/");
}"""
# What each output says, line by line.
LINES = """expected => [...document.querySelectorAll(".output pre")]
  .map(pre => pre.textContent.replace(/\\n$/, "")).join("\\n") === expected"""


class Training:
    """A run of ada's public lab, told step by step as its server would."""

    def __init__(self, site, name: str = "training"):
        self.site, self.ada = site, site.as_("ada")
        site.publish(name=name, title="Training")
        self.id, self.lab, self.seq, self.executions = str(ULID()), name, 0, 0
        started = datetime.now(UTC).isoformat()
        body = {"id": self.id, "lab": f"ada/{name}", "started": started, "environment": "python"}
        assert self.ada.post("api/v1/runs", json=body).status_code == 201

    @property
    def url(self) -> str:
        return f"{self.site.url}@ada/{self.lab}/runs/{self.id}"

    def tell(self, kind: str, data: dict[str, Any], cell: str | None = None) -> None:
        self.seq += 1
        moment = datetime.now(UTC).isoformat()
        event = {"seq": self.seq, "type": kind, "time": moment, "cell": cell, "data": data}
        answer = self.ada.post(f"api/v1/runs/{self.id}/events", json={"events": [event]})
        assert answer.status_code == 200, answer.text

    def execute(self, code: str = "train()") -> None:
        self.executions += 1
        self.tell(
            "execute",
            {"execution": self.execution, "code": code, "execution_count": self.executions},
            self.cell,
        )

    @property
    def execution(self) -> str:
        return f"e{self.executions}"

    @property
    def cell(self) -> str:
        return f"cell-{self.executions}"

    def output(self, output: dict[str, Any], display: str | None = None) -> None:
        data = {"execution": self.execution, "output": output} | ({"display_id": display} if display else {})
        self.tell("output", data, self.cell)

    def prints(self, text: str, name: str = "stdout") -> None:
        self.output({"output_type": "stream", "name": name, "text": text})

    def shows(self, display: str | None = None, **data: str) -> None:
        media = {key.replace("__", "/"): value for key, value in data.items()}
        self.output({"output_type": "display_data", "data": media, "metadata": {}}, display)

    def done(self, status: str = "ok") -> None:
        self.tell("done", {"execution": self.execution, "status": status, "duration": 0.5}, self.cell)

    def end(self, status: str = "succeeded") -> None:
        self.tell("end", {"status": status})


@pytest.fixture
def training(site):
    return Training(site)


@pytest.fixture
def page(browser):
    page = browser.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda said: said.type == "error" and page.problems.append(said.text))
    yield page
    page.close()


def notebook(page, wait: str | None = None):
    """The frame with the notebook, once it shows the text `wait`."""
    frame = page.wait_for_selector("iframe[data-document]").content_frame()
    if wait:
        frame.wait_for_function("text => document.body.innerText.includes(text)", arg=wait)
    return frame


def test_a_reader_without_an_account_sees_values_and_a_growing_plot(training, page, browser):
    page.goto(training.url)
    notebook(page, "Nothing has been executed yet")
    training.execute("for epoch in range(3):\n    fit()")
    training.prints("epoch 1 loss 0.9\n")
    notebook(page, "epoch 1 loss 0.9")
    training.shows("plot", image__png=png(40, 20))
    frame = notebook(page)
    frame.wait_for_function("() => document.images[0]?.naturalWidth === 40")
    late = browser.new_page()
    late.goto(training.url)
    notebook(late, "epoch 1 loss 0.9")
    for width in (60, 80):
        training.tell("update", {"display_id": "plot", "data": {"image/png": png(width, 20)}, "metadata": {}})
        for each in (page, late):
            notebook(each).wait_for_function(f"() => document.images[0].naturalWidth === {width}")
            assert notebook(each).evaluate("document.images.length") == 1
    training.prints("epoch 2 loss 0.5\n")
    texts = [notebook(each, "epoch 2 loss 0.5").evaluate("document.body.innerText") for each in (page, late)]
    assert texts[0] == texts[1]
    page.wait_for_function("() => document.querySelector('[data-watching]').textContent === '2 watching'")
    late.close()
    training.done()
    training.end()
    page.wait_for_selector(".status--succeeded")
    page.wait_for_function(FINAL)
    final = notebook(page, "epoch 2 loss 0.5")
    assert final.evaluate("document.images[0].naturalWidth") == 80
    assert "●" not in page.title()
    assert page.problems == []


def test_the_owner_watches_a_private_run_and_may_repeat_it(site, browser):
    """Requests of a page's own script are its owner's too, or a private run would never come to its end."""
    training = Training(site, "secret")
    training.ada.patch("api/v1/labs/ada/secret", json={"visibility": "private"})
    context = browser.new_context()
    sign_in(context, site.session("ada"))
    page = context.new_page()
    page.goto(training.url)
    training.execute()
    training.prints("epoch 1 loss 0.9\n")
    logs(training, range(3))
    notebook(page, "epoch 1 loss 0.9")
    training.done()
    training.end()
    page.wait_for_selector(".status--succeeded")
    page.wait_for_function(FINAL)
    assert "0.3333" in page.inner_text("[data-part=results]")
    context.close()


def logs(training: Training, epochs: range) -> None:
    """Log the loss and accuracy of a training."""
    for epoch in epochs:
        values = {"loss": 1 / (epoch + 1), "val_accuracy": 1 - 0.5 / (epoch + 1)}
        training.tell("metric", {"values": values, "step": epoch})


def test_charts_grow_while_the_run_goes_on_and_stay(training, page, browser):
    page.goto(training.url)
    training.execute("for epoch in range(40):\n    mlabs.log(**train())")
    logs(training, range(3))
    page.wait_for_selector(".chart")
    shown = "() => [...document.querySelectorAll('.chart')].map(c => c.querySelector('summary').textContent)"
    page.wait_for_function(f"() => ({shown})()[0] === '3 values, 0.3333 to 1'")
    logs(training, range(3, 40))
    training.prints("".join(f"epoch {n}: loss {1 / (n + 1):.3f}\n" for n in range(40)))
    page.wait_for_function(f"() => ({shown})()[0] === '40 values, 0.025 to 1'")
    notebook(page, "epoch 39")
    assert page.inner_text(".chart figcaption").split() == ["loss", "0.025"]
    page.click(".chart summary")
    assert page.inner_text(".chart tbody tr:last-child").split() == ["39", "0.025"]
    page.click(".chart summary")
    keep(page, "run-live")
    training.done()
    training.end()
    page.wait_for_function(FINAL)
    assert page.locator(".chart").count() == 2
    later = browser.new_page()
    later.goto(training.url)
    later.wait_for_function(f"() => ({shown})()[0] === '40 values, 0.025 to 1'")
    later.close()


def test_a_page_hears_again_after_the_service_was_away(training, page):
    """A browser never asks again by itself where a stream is answered with an error."""
    asked = []

    def away(route):
        asked.append(route.request.url)
        if len(asked) == 1:
            run = '{"status": "running", "busy": true, "cells": 1, "ended": null}'
            said = f"retry: 10\n\nevent: run\ndata: {run}\n\n"
            route.fulfill(status=200, content_type="text/event-stream", body=said)
        elif len(asked) == 2:
            route.fulfill(status=503, content_type="text/html", body="MLabs is being restarted.")
        else:
            route.continue_()

    page.route(f"**/runs/{training.id}/events*", away)
    page.goto(training.url)
    training.execute()
    training.prints("epoch 1 loss 0.9\n")
    notebook(page, "epoch 1 loss 0.9")
    training.done()
    training.end()
    page.wait_for_selector(".status--succeeded")
    page.wait_for_function(FINAL)
    assert len(asked) >= 3


CASES = {
    "a carriage return begins the line anew": (
        [("prints", "10 %\r"), ("prints", "50 %\r"), ("prints", "100 %\n"), ("prints", "end")],
        "100 %\nend",
    ),
    "a backspace takes a character back": ([("prints", "abc\b\bX")], "aX"),
    "pieces of a line are one line": ([("prints", "a"), ("prints", "b"), ("prints", "\nc")], "ab\nc"),
    "clearing empties the cell": ([("prints", "old"), ("clear", False), ("prints", "new")], "new"),
    "clearing waits for what comes next": ([("prints", "old"), ("clear", True)], "old"),
    "what comes next takes the place": ([("prints", "old"), ("clear", True), ("prints", "new")], "new"),
    "colors are no text": ([("prints", "\x1b[31mred\x1b[0m plain")], "red plain"),
    "two streams are apart": ([("prints", "out\n"), ("errs", "err\n"), ("prints", "more")], "out\nerr\nmore"),
}


@pytest.mark.parametrize(("steps", "expected"), CASES.values(), ids=CASES)
def test_outputs_look_live_as_they_do_in_jupyterlab(training, page, steps, expected):
    page.goto(training.url)
    training.execute()
    for kind, what in steps:
        if kind == "clear":
            training.tell("clear", {"execution": training.execution, "wait": what}, training.cell)
        else:
            training.prints(what, "stderr" if kind == "errs" else "stdout")
    frame = notebook(page)
    frame.wait_for_function(LINES, arg=expected)


def test_an_error_and_the_cell_that_is_executed_again(training, page):
    page.goto(training.url)
    training.execute("1 / 0")
    trace = ["\x1b[31mZeroDivisionError\x1b[0m", "division by zero"]
    training.output({"output_type": "error", "ename": "ZeroDivisionError", "evalue": "", "traceback": trace})
    frame = notebook(page, "division by zero")
    assert frame.evaluate("document.querySelectorAll('.cell.executing').length") == 1
    training.done("error")
    frame.wait_for_function("() => document.querySelectorAll('.cell.executing').length === 0")
    training.executions -= 1
    training.execute("1 / 1")
    notebook(page, "1 / 1")
    assert frame.evaluate("document.querySelectorAll('.cell').length") == 1
    assert "division by zero" not in frame.evaluate("document.body.innerText")


HOSTILE = """<script>try { parent.document.title = "stolen" } catch { document.title = "tried" }
top.hit = 1; fetch("/services/mlabs/api/v1/me");</script>
<img src=x onerror="parent.postMessage({context: 'mlabs.run', steps: []}, '*')">
<a href="javascript:parent.hit = 1" id=link>link</a>
<form action="/hub/logout" method=post><button>go</button></form>"""


def test_what_a_stranger_outputs_stays_in_its_frame(training, site, page):
    page.goto(training.url)
    title = page.title()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    training.execute("</script><script>parent.hit = 1</script>")
    training.shows(text__html=HOSTILE)
    training.shows(
        **{"image__svg+xml": "<svg xmlns='http://www.w3.org/2000/svg' onload='parent.hit=1'></svg>"}
    )
    training.prints("<b>bold</b></pre><script>parent.hit = 1</script>")
    frame = notebook(page, "<b>bold</b>")
    frame.click("#link")
    assert frame.evaluate("window.origin") == "null"
    assert frame.evaluate("try { document.cookie } catch (error) { error.name }") == "SecurityError"
    assert page.evaluate("window.hit") is None
    assert page.title() == title
    assert not [url for url in asked if url.endswith("/me") or "logout" in url]


def test_the_frame_takes_steps_from_its_page_alone(training, page, browser):
    """Somebody who frames the document has no run to show in it but what they say themselves."""
    page.goto(training.url)
    training.execute()
    training.prints("mine")
    frame = notebook(page, "mine")
    step = "{seq: 9, type: 'execute', cell: 'x', data: {execution: 'x', code: 'forged', execution_count: 1}}"
    frame.evaluate(f"window.postMessage({{context: 'mlabs.run', steps: [{step}]}}, '*')")
    training.prints(" more")
    notebook(page, "mine more")
    assert "forged" not in frame.evaluate("document.body.innerText")


def test_an_embed_in_a_foreign_page_becomes_the_final_result_without_a_reload(training, site, page):
    with foreign_site() as blog:
        address = f"{site.url}embed/@ada/training?run={training.id}"
        blog.page = f'<!doctype html>{LISTENER}<iframe src="{address}" style="width:100%;border:0"></iframe>'
        page.goto(blog.url)
        shell = page.wait_for_selector("iframe").content_frame()
        training.execute()
        training.prints("loss 0.4\n")
        live = shell.wait_for_selector("iframe").content_frame()
        live.wait_for_function("() => document.body.innerText.includes('loss 0.4')")
        shell.evaluate("window.kept = 1")
        training.done()
        training.end()
        shell.wait_for_selector(".status--succeeded")
        shell.wait_for_function(FINAL)
        final = shell.wait_for_selector("iframe").content_frame()
        final.wait_for_function("() => document.body.innerText.includes('loss 0.4')")
        assert shell.evaluate("window.kept") == 1
        page.wait_for_function("() => heights.at(-1) > 0")


def test_without_javascript_the_page_says_how_things_stand(training, site, browser):
    training.execute()
    training.prints("so far")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(training.url)
    assert "Running" in page.inner_text("main")
    assert "Reload the page to see what is new" in page.inner_text("main")
    assert "live" not in page.get_attribute("iframe", "src")
    context.close()
