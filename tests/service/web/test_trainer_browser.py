"""The trainer in a real browser: from a table to a tested network, as somebody new to it would."""

from __future__ import annotations

import json
import math
import struct
import zlib
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from service.web.test_accessibility_browser import RULES
from support import screenshots
from support.browsers import chromium
from support.waiting import until

import mlabs_ext.service
from mlabs_ext.service.library import FOLDER

STATIC = Path(mlabs_ext.service.__file__).parent / "static"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (STATIC / "build/trainer.js").exists(), reason="the UI is not built: python ui/build.py"
    ),
]
# Milliseconds for a training on a loaded machine.
LONG = 120_000
SCORE = "[data-step={}] [data-score]"


@pytest.fixture(scope="module")
def browser():
    """Chromium whole: its headless shell has no cameras."""
    with chromium(whole=True) as whole:
        yield whole


@pytest.fixture
def trainer(lasting_site, browser):
    """The page, and a look that nothing went wrong in it."""
    lasting_site.service.stock()
    # What keeps it for later would load all of it in each test; that has a test of its own.
    context = browser.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
    page = context.new_page()
    page.set_default_timeout(LONG)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: said.type == "error" and problems.append(said.text))
    page.goto(f"{lasting_site.url}trainer")
    yield page
    assert problems == []
    context.close()


def upload(page, name: str, content: str | bytes) -> None:
    data = content.encode() if isinstance(content, str) else content
    page.set_input_files("[data-file]", {"name": name, "mimeType": "text/csv", "buffer": data})


def train(page, **fields: str) -> None:
    for name, value in fields.items():
        page.fill(f"#{name}", value)
        page.press(f"#{name}", "Tab")
    page.click("#train")
    # The button is away while training goes on.
    page.wait_for_selector("#stop")
    page.wait_for_selector("#train")


def png(gray: int) -> bytes:
    """A gray picture of 40 by 40 pixels."""
    lines = zlib.compress((b"\0" + bytes([gray]) * 40) * 40)
    chunks = {b"IHDR": struct.pack(">2I5B", 40, 40, 8, 0, 0, 0, 0), b"IDAT": lines, b"IEND": b""}
    made = b"\x89PNG\r\n\x1a\n"
    for name, data in chunks.items():
        made += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return made


def score(page, step: str) -> float:
    return float(page.get_attribute(SCORE.format(step), "data-score"))


def curves(page) -> list[str]:
    """The numbers of the loss, from the table below its curve."""
    place = page.locator("[data-step=training] .chart").first
    place.locator("summary").click()
    place.locator("td").first.wait_for()
    return place.locator("td").all_inner_texts()


@pytest.mark.parametrize(
    ("name", "seeds"),
    [("iris", "123"), ("penguins", "1"), ("two-moons", "1")],
    ids=["iris", "penguins", "moons"],
)
def test_a_table_of_ones_own_becomes_a_tested_network(trainer, name, seeds):
    upload(trainer, f"{name}.csv", (FOLDER / name / f"{name}.csv").read_bytes())
    trainer.wait_for_selector("#train")
    found = []
    for seed in seeds:
        trainer.fill("#seed", seed)
        trainer.press("#seed", "Tab")
        train(trainer)
        trainer.wait_for_selector(SCORE.format("validation"))
        trainer.click("#test")
        trainer.wait_for_selector(SCORE.format("test"))
        found.append(score(trainer, "test"))
    # Which flowers are for the test is chance too: with some seeds three of the 30 cannot be told apart.
    assert sum(found) / len(found) >= 0.93
    assert "already" in trainer.inner_text("[data-step=test]")
    assert trainer.locator("#undo").count() == 0, "the best epoch counts by itself"
    if name == "two-moons":
        trainer.wait_for_selector(".plane")
        trainer.evaluate("document.querySelector('#step-explain').scrollIntoView()")
        screenshots.keep(trainer, "trainer")


def test_the_camera_takes_examples_and_is_released(trainer):
    trainer.context.grant_permissions(["camera"])
    place = trainer.locator("[data-camera]")
    place.evaluate(
        "place => { for (let at = place; at; at = at.parentElement) if ('open' in at) at.open = true }"
    )
    trainer.fill("#camera-class", "green")
    add = place.get_by_role("button", name="Add example")
    add.click()
    place.get_by_text("Switch the camera on first.").wait_for()
    trainer.click("#camera")
    trainer.wait_for_selector("text=Switch the camera off")
    trainer.wait_for_function("() => document.querySelector('[data-camera] video').videoWidth > 0")
    add.click()
    place.locator("canvas").first.wait_for()
    track = trainer.evaluate_handle("document.querySelector('[data-camera] video').srcObject.getTracks()[0]")
    trainer.click("#camera")
    trainer.wait_for_selector("text=Switch the camera on")
    assert track.evaluate("track => track.readyState") == "ended"


def test_pictures_in_folders_are_told_apart_and_the_network_is_taken_along(trainer, tmp_path):
    for color, name in ((0, "night"), (220, "day")):
        (tmp_path / "sky" / name).mkdir(parents=True)
        for number in range(12):
            (tmp_path / "sky" / name / f"{number}.png").write_bytes(png(color + number))
    trainer.set_input_files("[data-folder]", tmp_path / "sky")
    trainer.wait_for_selector("text=24 pictures of 2 classes")
    train(trainer, epochs="4")
    trainer.click("#test")
    trainer.wait_for_selector(SCORE.format("test"))
    assert score(trainer, "test") == 1
    downloads = []
    trainer.on("download", lambda file: downloads.append(file))
    trainer.click("#download")
    until(lambda: trainer.wait_for_timeout(50) or len(downloads) == 2)
    files = {file.suggested_filename: Path(file.path()) for file in downloads}
    model = json.loads(files["model.json"].read_text())
    assert model["userDefinedMetadata"]["mlabs"]["classes"] == ["day", "night"]
    numbers = sum(math.prod(weight["shape"]) for weight in model["weightsManifest"][0]["weights"])
    assert files["model.weights.bin"].stat().st_size == 4 * numbers


def test_the_address_names_a_dataset(trainer):
    trainer.goto(f"{trainer.url}?dataset=library%2Fpenguins")
    trainer.wait_for_selector("[data-step=data] >> text=344 rows, 8 columns.")
    assert trainer.input_value("#dataset") == "library/penguins"
    assert trainer.is_checked("[data-sample=penguins]")


def test_examples_are_drawn_with_the_keyboard(trainer):
    trainer.click("text=Or draw examples of your own")
    for name, keys in (("dot", " "), ("line", (" ", "ArrowRight", " ", "ArrowRight", " "))):
        for _ in range(4):
            trainer.fill("#drawn-class", name)
            trainer.focus("[data-pad] canvas")
            for key in keys:
                trainer.keyboard.press(key)
            trainer.click("[data-pad] >> text=Add example")
    trainer.click("[data-pad] >> text=Use the examples")
    trainer.wait_for_selector("text=8 pictures of 2 classes")
    assert trainer.locator("#add-convolution").count() == 1


def test_the_same_seed_gives_the_same_curves(trainer):
    trainer.check("[data-sample=iris]")
    trainer.wait_for_selector("#train")
    found = []
    for seed in ("3", "3", "4"):
        trainer.fill("#seed", seed)
        trainer.press("#seed", "Tab")
        train(trainer, epochs="8")
        found.append(curves(trainer))
    assert len(found[0]) == 16
    assert found[0] == found[1] != found[2]


def test_training_is_paused_resumed_and_stopped(trainer):
    trainer.check("[data-sample=digits]")
    trainer.wait_for_selector("#train")
    trainer.fill("#epochs", "500")
    trainer.press("#epochs", "Tab")
    trainer.click("#train")
    trainer.wait_for_selector("#pause")
    trainer.click("text=Pause")
    status = trainer.locator("[data-step=training] > [role=status]")
    trainer.wait_for_function("() => document.querySelector('#pause').textContent === 'Resume'")
    assert status.inner_text().startswith("Paused")
    trainer.click("text=Resume")
    trainer.wait_for_selector("[data-step=training] .plot__line")
    trainer.click("#stop")
    trainer.wait_for_selector("#train")
    assert status.inner_text().startswith("Stopped after epoch")
    trainer.wait_for_selector(SCORE.format("validation"))
    # Stopped in the middle of an epoch it is the network of the last whole one, as the curve says.
    curve = float(
        trainer.locator("[data-step=training] .chart__value").nth(1).inner_text().split("\u00a0")[0]
    )
    assert abs(score(trainer, "validation") * 100 - curve) < 0.06
    # A change leaves what was trained, and is taken back; a reload asks first, and offers to go on.
    layers = trainer.locator(".layer").count()
    trainer.click("#remove-0")
    trainer.click("#undo-change")
    trainer.wait_for_selector("#undo-change", state="detached")
    assert trainer.locator(".layer").count() == layers
    assert trainer.locator(SCORE.format("validation")).count() == 1
    asked = []
    trainer.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    trainer.reload()
    assert asked == ["beforeunload"]
    trainer.click("#go-on")
    trainer.wait_for_selector("#train")
    assert trainer.input_value("#epochs") == "500"


BAD = {
    "workbook": (b"PK\x03\x04rest", "Excel"),
    "one column": (b"a\n1\n2\n", "one column only"),
    "one class": (b"x,class\n" + b"".join(b"%d,a\n" % n for n in range(0, 60, 3)), "one class only"),
    "empty": (b"", "empty"),
}


def test_bad_data_is_explained_with_the_mend(trainer, subtests):
    for name, (content, said) in BAD.items():
        with subtests.test(name):
            upload(trainer, "x.csv", content)
            trainer.wait_for_function(
                "said => document.querySelector('[data-trainer]').innerText.includes(said)", arg=said
            )
            assert trainer.locator("#train").count() == 0 or name == "one class"


def test_a_network_that_does_not_fit_says_why_and_what_to_do(trainer):
    trainer.check("[data-sample=digits]")
    trainer.wait_for_selector("#train")
    trainer.select_option("#layout", "columns")
    trainer.wait_for_function("() => !document.querySelector('#add-convolution')")
    trainer.select_option("#layout", "picture")
    trainer.fill("#size-0", "9")
    trainer.press("#size-0", "Tab")
    trainer.wait_for_selector("[data-step=network] [role=alert]")
    assert "smaller window" in trainer.inner_text("[data-step=network] [role=alert]")
    trainer.click("#train")
    assert "window" in trainer.inner_text("[data-step=training] [role=alert]")


def test_a_convolution_reads_digits_in_webassembly(trainer):
    trainer.check("[data-sample=digits]")
    trainer.wait_for_selector("#train")
    trainer.fill("#epochs", "6")
    trainer.press("#epochs", "Tab")
    trainer.click("#train")
    trainer.wait_for_selector("text=Training on WebAssembly.")
    trainer.wait_for_selector("#train")
    trainer.click("#test")
    trainer.wait_for_selector(SCORE.format("test"))
    assert score(trainer, "test") >= 0.9


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_shut_out_of_a_trained_network(lasting_site, browser, theme):
    lasting_site.service.stock()
    width = {"light": 1280, "dark": 390}[theme]
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page = context.new_page()
    page.set_default_timeout(LONG)
    page.goto(f"{lasting_site.url}trainer")
    page.check("[data-sample=two-moons]")
    page.wait_for_selector("#train")
    train(page, epochs="10")
    page.wait_for_selector(SCORE.format("validation"))
    page.click("#test")
    page.wait_for_selector(SCORE.format("test"))
    page.click("#matters")
    page.click("#weights")
    page.wait_for_selector("#shown-importance")
    page.wait_for_selector("#shown-weights")
    page.click("#activations")
    page.wait_for_selector("#shown-activations .chart")
    if theme == "light":
        page.click("#growing")
        curve = page.locator("[data-step=validation] .chart", has_text="over training rows")
        curve.locator("summary").click()
        curve.locator("tbody th").first.wait_for()
        assert curve.locator("tbody th").all_inner_texts() == ["24", "60", "120", "240"]
    page.click("[data-mark=test]")
    assert page.locator("#step-test").bounding_box()["y"] < 200, "the list of steps leads there"
    assert page.text_content("[data-mark=test]") == "6 Test, ready"
    page.fill("#own-0", "abc")
    page.wait_for_selector("#own-0[aria-invalid] ~ .hint >> text=is no number: the median")
    layers = page.locator("#shown-activations .chart")
    assert [each.split(",")[0] for each in layers.locator("figcaption").all_inner_texts()] == [
        "What goes in",
        "layer_1",
        "output",
    ]
    layers.last.locator("summary").click()
    layers.last.locator("td").first.wait_for()
    shares = [float(value) for value in layers.last.locator("td").all_inner_texts()]
    assert len(shares) == 2 and abs(sum(shares) - 1) < 0.01
    page.wait_for_selector(".plane")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page, options={"runOnly": RULES["runOnly"], "resultTypes": ["violations"]})
    assert [(each["id"], each["nodes"][0]["html"][:300]) for each in found.response["violations"]] == []
    screenshots.keep(page, f"trainer-{width}-{theme}")
    context.close()
