"""What the extension adds to JupyterLab: bytes that a browser loads, and seconds until work can begin.

One server, one notebook whose kernel runs already, one Chromium: JupyterLab is opened with and without the
extension, in turns, as a browser's first visit and again with what it has kept. `shown` is until the
notebook's first cell is there, `ready` until its kernel is known to be idle, too. `cpu` is the processor time
of the page's main thread until then: what other programs on the machine disturb least.
"""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from _rows import Absent, Effort, Goal, Row
from playwright.sync_api import BrowserContext, Page, sync_playwright
from support import needs
from support.browsers import FLAGS
from support.jupyterlab import EXTENSION, START, LabServer, Stage

NOTEBOOK = "mnist/mnist.ipynb"
VISITS = ("first visit", "again")
# Both resolve to the milliseconds since the navigation began.
SHOWN = "() => document.querySelector('.jp-Notebook .jp-CodeCell') && performance.now()"
IDLE = ".jp-Notebook-ExecutionIndicator[data-status=idle]"
READY = f"() => document.querySelector('{IDLE}') && performance.now()"


MEASURED = ("shown", "ready", "cpu")


class Start(NamedTuple):
    """Seconds, and the names of the extension's files that were loaded meanwhile."""

    shown: float
    ready: float
    cpu: float
    loaded: set[str]


class BenchServer(LabServer):
    """Knows the extension of this checkout only, and only while it is wanted."""

    def __init__(self, home: Path, service_url: str):
        super().__init__(home, service_url)
        self.link = home / "share" / "labextensions" / "mlabs-labextension"
        self.options += (f"--LabApp.labextensions_path={self.link.parent}",)

    def offer(self, extension: bool) -> None:
        self.link.unlink(missing_ok=True)
        if extension:
            self.link.symlink_to(EXTENSION)


@contextmanager
def serving() -> Iterator[BenchServer]:
    """The server, with a notebook that has a kernel."""
    with tempfile.TemporaryDirectory() as home:
        stage = Stage(Path(home))
        stage.thread.start()
        stage.call(stage.service.up())
        stage.service.add_lab("ada/mnist")
        stage.server = server = BenchServer(Path(home), stage.service.url)
        try:
            stage.call(server.start())
            stage.write(NOTEBOOK, ["1 + 1"] * 20, "ada/mnist")
            stage.call(server.open_notebook(NOTEBOOK))
            yield server
        finally:
            stage.stop()


def opened(context: BrowserContext, url: str, extension: bool) -> Start:
    """Open JupyterLab in a new tab, and measure."""
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    session = context.new_cdp_session(page)
    # Seconds of the processor instead of those of a clock.
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(url, wait_until="commit")
    times = [when(page, SHOWN), when(page, READY)]
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    ours = [urlsplit(url).path for url in asked if "/mlabs-labextension/static/" in url]
    assert extension == bool(ours), asked
    page.close()
    return Start(*times, metrics["TaskDuration"], {path.rpartition("/")[2] for path in ours})


def when(page: Page, condition: str) -> float:
    """Seconds after the navigation began."""
    return page.wait_for_function(condition, timeout=START).json_value() / 1000


def rows(effort: Effort) -> Iterator[Row]:
    """What is loaded at the start, and each kind of start."""
    if reason := needs.absent("browser"):
        raise Absent(reason)
    starts = measured(effort.rounds(12, 2))
    yield size(set().union(*(one.loaded for one in starts[VISITS[0], True])))
    for visit in VISITS:
        for what in MEASURED:
            ours, plain = ([getattr(one, what) for one in starts[visit, on]] for on in (True, False))
            yield Row(
                work=f"JupyterLab's start, {visit}, {what}",
                ours=ours,
                peer=plain,
                unit="s",
                peer_is="JupyterLab without the extension",
                # What people wait for; that a cell is shown, and the processor, are parts of it.
                goal=Goal(1.05) if what == "ready" else None,
                why="A browser's first visit has to load and compile the extension.",
                own=True,
            )


def size(loaded: set[str]) -> Row:
    """What a browser loads of the extension to start."""
    files = (EXTENSION / "static").glob("*.js")
    packed = {file.name: len(gzip.compress(file.read_bytes(), mtime=0)) for file in files}
    return Row(
        work="weight of the extension at JupyterLab's start",
        ours=[sum(packed[name] for name in loaded) / 1e3],
        unit="kB compressed",
        goal=Goal(200, "ours"),
        note=f"of {sum(packed.values()) / 1e3:.1f} kB in all",
        own=True,
    )


def measured(rounds: int) -> dict[tuple[str, bool], list[Start]]:
    """All starts by visit, and whether the extension was there."""
    starts: dict[tuple[str, bool], list[Start]] = {}
    with serving() as server, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=needs.chromium(), args=list(FLAGS))
        url = server.page("lab", NOTEBOOK)
        for turn in range(-1, rounds):
            for extension in (True, False) if turn % 2 else (False, True):
                server.offer(extension)
                context = chromium.new_context()
                for visit in VISITS:
                    taken = opened(context, url, extension)
                    # The first round is for caches.
                    if turn >= 0:
                        starts.setdefault((visit, extension), []).append(taken)
                context.close()
        chromium.close()
    return starts
