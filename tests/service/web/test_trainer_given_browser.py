"""Models that were trained elsewhere, in the trainer: tested as they are, fine-tuned, taken along again."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from service.web.test_accessibility_browser import RULES
from service.web.test_trainer_browser import LONG, SCORE, STATIC, score, train
from support import recorded_models, screenshots
from support.models import converting, upload
from support.signed_in import sign_in
from support.waiting import until

from mlabs_ext.service.library import FOLDER
from mlabs_ext.service.model_check import NODE, SCRIPT

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (STATIC / "build/trainer.js").exists(), reason="the UI is not built: python ui/build.py"
    ),
]
# A sentence of a step.
SAID = "([step, said]) => document.querySelector(`[data-step=${step}]`)?.innerText.includes(said)"


@pytest.fixture
def site(start_site, tmp_path):
    """A service in which ada has a private model as Keras 3 saved it: four numbers to three classes."""
    with converting(start_site()) as site:
        site.service.stock()
        file = recorded_models.model_file("dense_sequential.keras3.h5", tmp_path)
        answer = upload(
            site.as_("ada"), {"flowers.h5": file.read_bytes()}, name="flowers", visibility="private"
        )
        assert answer.status_code == 201, answer.text
        yield site


@pytest.fixture
def page(site, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    person = site.session("ada")
    sign_in(context, person)
    page = context.new_page()
    page.set_default_timeout(LONG)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: said.type == "error" and problems.append(said.text))
    yield page
    assert problems == []
    context.close()


def taken_along(page, folder: Path) -> dict:
    downloads = []
    page.on("download", lambda file: downloads.append(file))
    page.click("#download")
    until(lambda: page.wait_for_timeout(50) or len(downloads) == 2)
    folder.mkdir()
    for file in downloads:
        file.save_as(folder / file.suggested_filename)
    return json.loads((folder / "model.json").read_text())


def fill_in(page, row: dict[str, str]) -> None:
    """An example of one's own."""
    for field in page.locator("[data-step=test] input[id^=own-]").all():
        field.fill(row[page.inner_text(f"label[for={field.get_attribute('id')}]")])


def said_of(page) -> dict[str, float]:
    """What the page says of it."""
    bars = page.locator("[data-step=test] .bars li").all()
    texts = [[part.inner_text() for part in bar.locator("span").all()] for bar in bars]
    return {name: float(share.split()[0].rstrip("%")) / 100 for name, share in texts}


def difference(folder: Path, inputs: list, outputs: list) -> float:
    """By how much the model says something else in TensorFlow.js on Node.js."""
    question = {"folder": str(folder), "recorded": {"inputs": inputs, "outputs": outputs}}
    asked = json.dumps(question)
    done = subprocess.run([NODE, SCRIPT], input=asked, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    assert "error" not in answer, answer
    return answer["difference"]


def test_a_file_of_keras_is_tested_fine_tuned_and_taken_along(site, page, tmp_path):
    page.goto(f"{site.url}@ada/models/flowers")
    page.click("text=Open in trainer")
    page.wait_for_function(SAID, arg=["network", "takes 4 and gives 3"])
    page.check("[data-sample=penguins]")
    page.wait_for_function(SAID, arg=["network", "Change which columns are used in step 2"])
    # Numbers, islands and sexes are too many: four columns of numbers are proposed.
    page.click("text=Use these 4 columns")
    page.wait_for_function(SAID, arg=["network", "It fits these data"])

    page.check("[data-sample=iris]")
    page.wait_for_function(SAID, arg=["data", "150 rows"])
    page.wait_for_function(SAID, arg=["network", "It fits these data"])
    page.select_option("#given-what", "test")
    page.click("#train")
    page.wait_for_selector(SCORE.format("validation"))
    before = score(page, "validation")
    assert "as it was given" in page.inner_text("[data-step=validation]")
    assert page.locator("#on").count() == 0

    page.select_option("#given-what", "tune")
    page.check("#given-fresh")
    page.evaluate("document.querySelector('#step-network').scrollIntoView()")
    screenshots.keep(page, "trainer-given")
    page.set_viewport_size({"width": 390, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page, options={"runOnly": RULES["runOnly"], "resultTypes": ["violations"]})
    assert [(each["id"], each["nodes"][0]["html"][:300]) for each in found.response["violations"]] == []
    screenshots.keep(page, "trainer-given-390")
    train(page, rate="0.03", epochs="30")
    page.wait_for_selector(SCORE.format("validation"))
    assert score(page, "validation") >= 0.9 > before

    page.fill("#model-title", "Flowers once more")
    page.click("#save-model")
    page.wait_for_selector("[data-step=keep] .notice--success a")
    saved = site.as_("ada").get("api/v1/models/ada/flowers-once-more").json()
    assert (saved["visibility"], saved["status"], saved["version"]) == ("private", "ready", 1)
    with (FOLDER / "iris/iris.csv").open() as file:
        row = next(csv.DictReader(file))
    fill_in(page, row)
    model = taken_along(page, tmp_path / "taken")
    about = model["userDefinedMetadata"]["mlabs"]
    numbers = [(float(row[it["name"]]) - it["shift"]) * it["factor"] for it in about["columns"]]

    def alike() -> bool:
        said = said_of(page)
        shares = [said[name] for name in about["classes"]]
        return difference(tmp_path / "taken", [[numbers]], [[shares]]) < 0.001

    until(alike)
    assert not any(weight["name"].startswith("dense_1/") for weight in model["weightsManifest"][0]["weights"])

    # The files that were taken along open as they are, with the same scaling and the same order of classes.
    tuned = score(page, "validation")
    page.click("text=Build a network instead")
    page.click("text=Or take a model that is trained already")
    page.wait_for_selector("#given-name option >> nth=1", state="attached")
    named = page.locator("#given-name option").all_inner_texts()
    assert set(named) == {"ada/flowers", "ada/flowers-once-more"}
    page.set_input_files("#given-files", tmp_path / "taken/model.json")
    page.wait_for_function(SAID, arg=["network", "model.weights.bin is missing"])
    page.set_input_files(
        "#given-files", [tmp_path / "taken/model.json", tmp_path / "taken/model.weights.bin"]
    )
    page.wait_for_function(SAID, arg=["network", "It fits these data"])
    assert page.locator("#given-output-0").count() == 0
    page.select_option("#given-what", "test")
    page.click("#train")
    page.wait_for_selector(SCORE.format("validation"))
    assert score(page, "validation") == tuned
