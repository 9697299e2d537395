"""A training watched by people without an account while it goes on: from the start, late, and embedded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Frame, Page
from support.foreign_site import LISTENER, foreign_site
from support.person import Person
from support.screenshots import keep

pytestmark = pytest.mark.browser

EPOCHS, HALF = 8, 4
PREPARE = """import pathlib, time
import matplotlib.pyplot as plt
import mlabs
from IPython.display import display
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss

images, labels = load_digits(return_X_y=True)
model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=1e-5, random_state=0)"""
TRAIN = f"""figure, axes = plt.subplots(figsize=(6, 2.5))
plt.close(figure)
plot = display(figure, display_id=True)
losses = []
for epoch in range({EPOCHS}):
    model.partial_fit(images, labels, classes=range(10))
    losses.append(log_loss(labels, model.predict_proba(images)))
    print(f"epoch {{epoch}} loss {{losses[-1]:.4f}}", flush=True)
    mlabs.log(loss=losses[-1], step=epoch)
    axes.clear()
    axes.plot(losses, marker="o")
    axes.set(xlabel="epoch", ylabel="loss", xlim=(-0.5, {EPOCHS - 0.5}))
    figure.tight_layout()
    plot.update(figure)
    while not (pathlib.Path(gates) / str(epoch)).exists():
        time.sleep(0.1)"""
FINAL = """() => {
  const frames = document.querySelectorAll("iframe");
  return frames.length === 1 && !frames[0].src.includes("/live/");
}"""
LOSSES = """() => [...document.body.innerText.matchAll(/epoch (\\d+) loss (\\S+)/g)].map(found => found[0])"""
PLOTS = "() => [...document.images].map(image => image.src)"


class Gates:
    """Lets the training go on, epoch by epoch."""

    def __init__(self, folder: Path):
        self.folder = folder

    def open(self, *epochs: int) -> None:
        for epoch in epochs:
            (self.folder / str(epoch)).touch()


@pytest.fixture
def ada(mlabs_up) -> Iterator[Person]:
    person = Person(mlabs_up.url, "ada-live", mlabs_up.password)
    yield person
    person.close()


def begin(person: Person, folder: Path) -> str:
    """Publish the lab and run it in the background; the run's id."""
    cells = [nbformat.v4.new_code_cell(source) for source in (f"gates = {str(folder)!r}", PREPARE, TRAIN)]
    notebook = nbformat.writes(nbformat.v4.new_notebook(cells=cells))
    person.ok("POST", "labs", json={"name": "digits", "title": "Digits", "notebook": notebook})
    answer = person.api("POST", f"labs/{person.name}/digits/runs", json={})
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def shown(page: Page | Frame, epoch: int) -> Frame:
    """The notebook's document in a page, once it shows that epoch."""
    page.wait_for_function("() => document.querySelector('iframe[data-document]')?.src.includes('/render/')")
    frame = page.wait_for_selector("iframe[data-document]").content_frame()
    assert frame
    frame.wait_for_function(f"() => document.body.innerText.includes('epoch {epoch} loss')", timeout=40_000)
    frame.wait_for_function("() => document.images.length && document.images[0].naturalWidth > 0")
    return frame


def test_strangers_watch_it_from_the_start_from_half_and_embedded(mlabs_up, ada, browser: Browser, tmp_path):
    run, gates = begin(ada, tmp_path), Gates(tmp_path)
    address = f"{mlabs_up.url}/services/mlabs"
    stranger = browser.new_context(viewport={"width": 1280, "height": 1000})
    first = stranger.new_page()
    first.goto(f"{address}/@{ada.name}/digits/runs/{run}")
    assert first.get_by_role("link", name=re.compile("sign in", re.I)).count()

    frame, plots = shown(first, 0), set()
    for epoch in range(HALF):
        frame.wait_for_function(f"() => document.body.innerText.includes('epoch {epoch} loss')")
        frame.wait_for_function("seen => !seen.includes(document.images[0].src)", arg=list(plots))
        plots.update(frame.evaluate(PLOTS))
        gates.open(epoch)
    assert len(plots) == HALF

    late = stranger.new_page()
    late.goto(first.url)
    begun = shown(late, HALF).evaluate(LOSSES)
    assert [int(line.split()[1]) for line in begun] == list(range(HALF + 1))
    with foreign_site() as blog:
        embed = f"{address}/embed/@{ada.name}/digits?run={run}&cells=3&show=output"
        frames = f'<iframe src="{embed}" title="Digits" style="width:100%;border:0"></iframe>'
        style = "font:18px/1.6 Georgia,serif;max-width:46rem;margin:3rem auto;padding:0 1rem"
        blog.page = f'<!doctype html>{LISTENER}<body style="{style}"><h1>How a model learns</h1>{frames}'
        reader = stranger.new_page()
        reader.goto(blog.url)
        shell = reader.wait_for_selector("iframe").content_frame()
        assert shown(shell, HALF).evaluate(LOSSES) == begun
        shell.evaluate("window.kept = 1")
        keep(reader, "embed-live")
        gates.open(*range(HALF, EPOCHS))
        for tab, page in ((first, first), (late, late), (reader, shell)):
            # Browsers lay out a new frame when its tab is in sight.
            tab.bring_to_front()
            page.wait_for_selector(".status--succeeded", timeout=40_000)
            page.wait_for_function(FINAL)
        finals = [shown(page, EPOCHS - 1).evaluate(LOSSES) for page in (first, late, shell)]
        assert shell.evaluate("window.kept") == 1
        reader.wait_for_function("() => heights.at(-1) > 300")
    assert finals[0] == finals[1] == finals[2]
    assert finals[0][: HALF + 1] == begun
    assert len(finals[0]) == EPOCHS
    losses = [float(line.split()[3]) for line in finals[0]]
    assert losses[-1] < losses[0]
    metrics = ada.ok("GET", f"runs/{run}/metrics")
    assert "loss" in str(metrics)
    stranger.close()
