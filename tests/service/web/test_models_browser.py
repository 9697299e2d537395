"""Models in a real browser: seen at every width, tried without a server, and loaded by a page elsewhere."""

from __future__ import annotations

import base64
import json
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from service.web.conftest import Town
from support.browsers import chromium
from support.foreign_site import foreign_site, pasted
from support.models import birds, converting, dense, doubling, keras, model_json, reading, upload
from support.recorded_models import OF_CORPUS, corpus_predictions, predictions
from support.screenshots import keep
from support.signed_in import sign_in

import mlabs_ext.service

RENDER = Path(mlabs_ext.service.__file__).parent / "static" / "build" / "render"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not RENDER.is_dir(), reason="the UI is not built: python ui/build.py"),
]


@pytest.fixture(scope="module")
def browser():
    """Chromium whole: its headless shell has no cameras."""
    with chromium(whole=True) as whole:
        yield whole


def darkness() -> dict[str, bytes]:
    """A model that says how much of a picture is light, and how much dark."""
    flat = {"class_name": "Flatten", "config": {"name": "flat", "batch_input_shape": [None, 8, 8, 1]}}
    weights = [
        {"name": "two/kernel", "shape": [64, 2], "dtype": "float32"},
        {"name": "two/bias", "shape": [2], "dtype": "float32"},
    ]
    numbers = [number for _ in range(64) for number in (1 / 64, -1 / 64)] + [0.0, 1.0]
    layers = [flat, dense("two", 2)]
    return {"model.json": model_json(weights, layers), "weights.bin": struct.pack("<130f", *numbers)}


@pytest.fixture
def town(start_site):
    with converting(start_site()) as site:
        ada = site.as_("ada")
        for name, files, more in (("sum", doubling(), {}), ("light", darkness(), {"visibility": "private"})):
            said = {"title": f"The {name}", "description": "Of two numbers.", **more}
            answer = upload(ada, files, "models?wait=60", name=name, **said)
            assert answer.status_code == 201, answer.text
        yield Town(site)


@pytest.fixture
def page(town, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    sign_in(context, town.person("ada"))
    page = context.new_page()
    page.problems = []
    page.on("console", lambda said: said.type == "error" and page.problems.append(said.text))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    yield page
    assert page.problems == []
    context.close()


def test_numbers_go_in_and_what_the_model_says_comes_out(town, page):
    page.goto(f"{town.site.url}@ada/models/sum")
    frame = page.frame_locator("iframe[data-try]")
    frame.get_by_label("Input").fill("3, 4")
    frame.get_by_role("button", name="Run the model").click()
    expect(frame.get_by_role("cell", name="15", exact=True)).to_be_visible(timeout=30_000)
    frame.get_by_label("Input").fill("1 2 3")
    frame.get_by_role("button", name="Run the model").click()
    expect(frame.get_by_text("The model takes 2 numbers, and these are 3.")).to_be_visible()
    frame.get_by_label("Input").fill('[0.5; "one"]')
    frame.get_by_role("button", name="Run the model").click()
    expect(frame.get_by_text("is not a number")).to_be_visible()
    for width in (390, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 1000})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        keep(page, f"model-{width}")


def test_a_picture_is_drawn_for_a_private_model(town, page):
    page.goto(f"{town.site.url}@ada/models/light")
    frame = page.frame_locator("iframe[data-try]")
    pad = frame.locator("canvas")
    frame.get_by_label("Light on dark").check()
    frame.get_by_role("button", name="Run the model").click()
    # Nothing is drawn: all of it is dark.
    values = frame.get_by_role("row").filter(has_text="1").first
    expect(values).to_be_visible(timeout=30_000)
    before = frame.locator("tbody td span").all_inner_texts()
    assert [float(text) for text in before] == [0, 1]
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 140)
    page.mouse.down()
    page.mouse.move(box["x"] + 240, box["y"] + 140, steps=8)
    page.mouse.up()
    frame.get_by_role("button", name="Run the model").click()
    expect(frame.locator("tbody td span").first).not_to_have_text("0")
    assert float(frame.locator("tbody td span").first.inner_text()) > 0.02
    frame.get_by_role("button", name="Clear").click()
    frame.get_by_role("button", name="Run the model").click()
    expect(frame.locator("tbody td span").first).to_have_text("0")
    keep(page, "model-drawn")


PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC"
)
LIVE = "!!document.querySelector('video').srcObject?.active"
MINE = "stays in this browser"


def test_the_camera_takes_a_picture_that_the_model_sees_at_once(town, page):
    page.context.grant_permissions(["camera"])
    page.goto(f"{town.site.url}@ada/models/light")
    frame, video = page.frame_locator("iframe[data-try]"), page.get_by_label("What the camera sees")
    expect(page.get_by_text(MINE)).to_be_visible()
    assert not page.evaluate(LIVE)
    page.get_by_role("button", name="Camera").click()
    expect(video).to_be_visible()
    sent = []
    page.on("request", lambda request: sent.append((request.method, request.url)))
    page.get_by_role("button", name="Take a picture").click()
    values = frame.locator("tbody td span")
    expect(values).to_have_count(2, timeout=30_000)
    # What Chromium's camera shows is neither white nor black.
    light, dark = (float(text) for text in values.all_inner_texts())
    assert 0.05 < light < 0.95
    assert light + dark == pytest.approx(1, abs=1e-3)
    assert all(method == "GET" for method, _ in sent)
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 1000})
        page.locator("#try").scroll_into_view_if_needed()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        keep(page, f"model-camera-{width}")
    track = page.evaluate_handle("document.querySelector('video').srcObject.getVideoTracks()[0]")
    page.get_by_role("button", name="Stop").click()
    expect(video).to_be_hidden()
    assert track.evaluate("track => track.readyState") == "ended"
    expect(page.get_by_role("button", name="Camera")).to_be_focused()
    page.goto(f"{town.site.url}@ada/models/sum")
    expect(page.frame_locator("iframe[data-try]").get_by_label("Input")).to_be_visible()
    expect(page.get_by_role("button", name="Camera")).to_have_count(0)


def test_who_has_a_secret_link_tries_a_private_model_without_an_account(town, page, browser):
    ada = town.site.as_("ada")
    for storage in ("float16", "uint8"):
        made = ada.post("api/v1/models/ada/light/versions/1/variants", json={"storage": storage})
        assert made.status_code == 200, made.text
    page.goto(f"{town.site.url}@ada/models/light/settings")
    page.get_by_label("For whom").fill("The class")
    page.get_by_role("button", name="Make a link").click()
    link = page.locator("#made").input_value()
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 1000})
        page.locator("#shares").scroll_into_view_if_needed()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        keep(page, f"model-links-{width}")
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    other = context.new_page()
    asked = []
    other.on("request", lambda request: asked.append(request.headers.get("referer", "")))
    other.goto(link)
    frame = other.frame_locator("iframe[data-try]")
    frame.get_by_role("button", name="Run the model").click()
    expect(frame.locator("tbody td span")).to_have_count(2, timeout=30_000)
    assert not [referer for referer in asked if "/s/" in referer]
    assert "/s/" not in other.url
    expect(other.get_by_text("random inputs").first).to_be_visible()
    for width in (390, 1280):
        other.set_viewport_size({"width": width, "height": 1000})
        other.locator("#variants").scroll_into_view_if_needed()
        assert other.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        keep(other, f"model-variants-{width}")
    context.close()


def test_a_file_that_is_no_picture_is_said_to_be_none(town, page):
    page.goto(f"{town.site.url}@ada/models/light")
    frame, values = (
        page.frame_locator("iframe[data-try]"),
        page.frame_locator("iframe[data-try]").locator("td"),
    )
    frame.get_by_role("button", name="Run the model").click()
    expect(values.first).to_be_visible(timeout=30_000)
    file = frame.get_by_label("Picture", exact=True)
    file.set_input_files({"name": "notes.png", "mimeType": "image/png", "buffer": b"these are notes"})
    expect(frame.get_by_role("alert")).to_contain_text("notes.png is no picture that this browser can read")
    expect(values).to_have_count(0)
    expect(file).to_have_attribute("aria-invalid", "true")
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 1000})
        keep(page, f"model-no-picture-{width}")
    file.set_input_files({"name": "dot.png", "mimeType": "image/png", "buffer": PICTURE})
    expect(frame.get_by_role("alert")).to_have_count(0)


def test_a_model_of_the_trainer_is_tried_in_the_words_of_its_data(town, page):
    ada = town.site.as_("ada")
    assert upload(ada, birds(), "models?wait=60", name="birds", title="Birds").json()["status"] == "ready"
    page.goto(f"{town.site.url}@ada/models/birds")
    frame = page.frame_locator("iframe[data-try]")
    wing, run = frame.get_by_label("Wing length"), frame.get_by_role("button", name="Run the model")
    expect(wing).to_have_value("31")
    expect(frame.get_by_text("20 to 44.25 in training; empty is taken as 31.")).to_be_visible()
    wing.fill("30")
    frame.get_by_label("Island").select_option("North")
    run.click()
    # The first class has 2 from its island, and nothing from a wing of usual length.
    cells = frame.locator("tbody td")
    expect(cells).to_have_text(["Gull", "88.1 %", "Heron", "11.9 %"], timeout=30_000)
    assert frame.locator("progress").first.evaluate("bar => bar.value / bar.max") == pytest.approx(
        0.8808, abs=1e-3
    )
    wing.fill("38,0")
    frame.get_by_label("Island").select_option("South")
    run.click()
    expect(cells.first).to_have_text("Heron")
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 1300})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        page.locator("#try").scroll_into_view_if_needed()
        keep(page, f"model-birds-{width}")
    wing.fill("long")
    run.click()
    expect(frame.get_by_text("Wing length: long is not a number.")).to_be_visible()
    expect(cells).to_have_count(0)


def test_a_model_of_texts_is_tried_with_a_text(town, page):
    files, _ = reading(["good", "bad"], 4)
    made = upload(town.site.as_("ada"), files, "models?wait=60", name="reviews", title="Reviews")
    assert made.json()["status"] == "ready", made.text
    page.goto(f"{town.site.url}@ada/models/reviews")
    frame = page.frame_locator("iframe[data-try]")
    run = frame.get_by_role("button", name="Run the model")
    frame.get_by_label("review").fill("Good, or bad?")
    run.click()
    # The mean of 0, 2, 1 and 3 is 1.5, of half a star each, from 3 on.
    expect(frame.get_by_text("stars: 3.75")).to_be_visible(timeout=30_000)
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 1000})
        page.locator("#try").scroll_into_view_if_needed()
        keep(page, f"model-text-{width}")
    frame.get_by_label("review").fill("…")
    run.click()
    expect(frame.get_by_text("review: no word is in it. Write some.")).to_be_visible()


FAILS = "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotFoundError'); }"
OVER_HTTP = "Object.defineProperty(Navigator.prototype, 'mediaDevices', { value: undefined })"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        pytest.param("", "The camera is not allowed here.", id="refused"),
        pytest.param(FAILS, "No camera was found.", id="absent"),
        pytest.param(OVER_HTTP, "an address that begins with https", id="over plain http"),
    ],
)
def test_a_camera_that_cannot_be_had_is_said_to_be_so(town, page, script, said):
    page.context.clear_permissions()
    page.add_init_script(script)
    page.goto(f"{town.site.url}@ada/models/light")
    page.get_by_role("button", name="Camera").click()
    expect(page.get_by_text(said)).to_be_visible()
    expect(page.get_by_text("choose a picture from a file")).to_be_visible()
    expect(page.get_by_role("button", name="Camera")).to_be_enabled()


def test_a_gru_of_keras_is_tried_and_used_by_a_page_of_another_site(town, page):
    """As Keras makes it by default TensorFlow.js lacks it; what is needed besides is in the code to paste."""
    name = "gru.keras3.h5"
    (inputs,), (outputs,) = (predictions(name)[key] for key in ("inputs", "outputs"))
    assert upload(town.site.as_("ada"), keras(name), "models?wait=60", name="steps").status_code == 201
    page.goto(f"{town.site.url}@ada/models/steps")
    frame = page.frame_locator("iframe[data-try]")
    frame.get_by_label("Input").fill(json.dumps(inputs[0]))
    frame.get_by_role("button", name="Run the model").click()
    expect(frame.locator("tbody td span").first).to_be_visible(timeout=30_000)
    said = [float(text) for text in frame.locator("tbody td span").all_inner_texts()]
    assert said == pytest.approx(outputs[0], abs=1e-4)
    with foreign_site() as blog:
        blog.page = pasted(page, inputs)
        page.goto(blog.url)
        expect(page).to_have_title(re.compile(r"^\["), timeout=30_000)
        assert np.array(json.loads(page.title())) == pytest.approx(np.array(outputs), abs=1e-5)


def test_the_manifest_names_what_the_trial_loads():
    names = json.loads((RENDER / "manifest.json").read_bytes())
    assert (RENDER / names["trial.js"]).stat().st_size < 60_000
    assert (RENDER / names["trial.css"]).is_file()


LOADED = """async ([url, graph, inputs]) => {
  const model = await tf[graph ? "loadGraphModel" : "loadLayersModel"](url);
  return model.predict(tf.tensor(inputs)).arraySync();
}"""


@pytest.mark.corpus
def test_models_of_the_corpus_predict_in_a_page_elsewhere_what_keras_does(town, browser, corpus):
    """Each of them, as it was uploaded over the API."""
    recorded = json.loads(OF_CORPUS.read_text(encoding="utf-8"))
    with foreign_site() as blog:
        blog.page = f'<!doctype html><title>Elsewhere</title><script src="{town.site.url}tf.js"></script>'
        page = browser.new_page()
        page.goto(blog.url)
        for number, name in enumerate(recorded):
            path = corpus / "models" / name
            files = {file.name: file.read_bytes() for file in (path.iterdir() if path.is_dir() else [path])}
            model = upload(town.site.as_("ada"), files, "models?wait=60", name=f"corpus-{number}")
            assert model.status_code == 201, model.text
            (inputs,), (outputs,) = (corpus_predictions(name)[key] for key in ("inputs", "outputs"))
            url = f"{town.site.url}models/ada/corpus-{number}/latest/model.json"
            made = page.evaluate(LOADED, [url, "graph" in name, inputs])
            assert np.allclose(made, outputs, rtol=1e-5, atol=1e-5), name
        page.close()


@pytest.mark.corpus
def test_models_of_the_corpus_answer_what_their_forms_hold_beforehand(town, page, corpus):
    """Whatever their shapes are; those that are refused have no form."""
    tried = []
    for number, path in enumerate(sorted((corpus / "models").iterdir())):
        files = {file.name: file.read_bytes() for file in (path.iterdir() if path.is_dir() else [path])}
        made = upload(town.site.as_("ada"), files, "models?wait=60", name=f"tried-{number}")
        if made.status_code != 201 or made.json()["status"] != "ready":
            continue
        page.goto(f"{town.site.url}@ada/models/tried-{number}")
        frame = page.frame_locator("iframe[data-try]")
        frame.get_by_role("button", name="Run the model").click()
        wrong = frame.locator(".trial__status--wrong:not(:empty)")
        expect(frame.locator("tbody td").or_(wrong).first).to_be_visible(timeout=60_000)
        assert wrong.all_inner_texts() == [], path.name
        tried.append(path.name)
        keep(page, f"model-corpus-{path.name}")
    assert {"keras2_simple_lstm.h5", "tfjs_graph_matmul"} <= set(tried)
