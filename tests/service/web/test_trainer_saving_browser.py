"""A project of the trainer in a real browser: saved as a lab, compared, opened again, and forked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from service.web.test_accessibility_browser import RULES
from service.web.test_trainer_browser import LONG, STATIC, train, upload
from support import screenshots
from support.models import converting
from support.signed_in import sign_in
from support.waiting import until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (STATIC / "build/trainer.js").exists(), reason="the UI is not built: python ui/build.py"
    ),
]
KEEP = "[data-step=keep]"


@pytest.fixture
def visit(lasting_site, browser):
    """Opens the trainer as somebody, or as nobody; at the end nothing went wrong in any page."""
    lasting_site.service.stock()
    contexts, problems = [], []

    def page(name: str | None = None, path: str = "trainer", width: int = 1280):
        context = browser.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        if name:
            sign_in(context, lasting_site.session(name))
        page = context.new_page()
        page.set_default_timeout(LONG)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: said.type == "error" and problems.append(said.text))
        page.goto(f"{lasting_site.url}{path}")
        return page

    yield page
    assert problems == []
    for context in contexts:
        context.close()


def saved(page) -> str:
    """The lab that a press on the button made or changed."""
    page.click("#save")
    page.wait_for_selector(f"{KEEP} .notice--success")
    lab = page.locator(f"{KEEP} .notice--success a").first.inner_text()
    assert page.url.endswith(f"trainer?lab={lab}"), "what loads the page again opens it"
    return lab


def nobody_is_shut_out(page, name: str) -> None:
    page.locator("#step-keep").scroll_into_view_if_needed()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page, options={"runOnly": RULES["runOnly"], "resultTypes": ["violations"]})
    assert [(each["id"], each["nodes"][0]["html"][:300]) for each in found.response["violations"]] == []
    screenshots.keep(page, name)


def test_a_network_becomes_a_lab_with_runs_and_a_model_and_is_forked(lasting_site, visit):
    ada = visit("ada")
    ada.check("[data-sample=iris]")
    ada.wait_for_selector("#train")
    train(ada, epochs="3")
    train(ada, epochs="40", seed="2", rate="0.02")
    ada.click("#test")
    ada.wait_for_selector("[data-step=test] [data-score]")
    ada.fill("#lab-title", "Which iris?")
    lab = saved(ada)
    assert lab == "ada/which-iris"
    nobody_is_shut_out(ada, "trainer-saved-1280")

    api = lasting_site.as_("ada")
    runs = api.get(f"api/v1/labs/{lab}/runs").json()["items"]
    assert [run["status"] for run in runs] == ["succeeded"] * 2
    last = next(run for run in runs if "test_accuracy" in run["metrics"])
    assert (last["environment"], last["version"], last["parameters"]["seed"]) == (
        "tensorflow.js in the browser",
        1,
        2,
    )
    assert last["duration"] > 0 and last["metrics"]["val_accuracy"] > 0.8
    board = api.get(f"api/v1/labs/{lab}/board?metric=val_accuracy").json()
    assert len(board["items"]) == 2
    series = api.get(f"api/v1/runs/{last['id']}/metrics").json()["series"]
    assert {"loss", "val_loss", "accuracy", "val_accuracy"} <= {one["name"] for one in series}
    (model,) = api.get(f"api/v1/labs/{lab}/models").json()["items"]
    assert (model["run"], model["follows"]) == (last["id"], "model/model.json")

    read = visit("ada", f"@{lab}")
    begun = read.frame_locator("iframe[data-document]").first
    begun.locator("strong", has_text=f"{last['metrics']['test_accuracy'] * 100:.1f} %").first.wait_for()
    assert begun.locator("table").count() == 2
    assert begun.locator("table", has_text="Precision").locator("tbody tr").count() == 3
    for width in (390, 1280):
        read.set_viewport_size({"width": width, "height": 1300})
        assert read.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        screenshots.keep(read, f"trainer-lab-{width}")

    # Its page knows what the columns and the classes are called.
    address = f"@{model['owner']}/models/{model['name']}"
    with converting(lasting_site):
        until(lambda: api.get(f"api/v1/models/{model['owner']}/{model['name']}").json()["status"] == "ready")
    read.goto(f"{lasting_site.url}{address}")
    trial = read.frame_locator("iframe[data-try]")
    for name, value in (("petal_length", "1.4"), ("petal_width", "0.2")):
        trial.get_by_label(name).fill(value)
    trial.get_by_role("button", name="Run the model").click()
    trial.locator("caption", has_text="Most likely setosa").wait_for()
    for width in (390, 1280):
        read.set_viewport_size({"width": width, "height": 1300})
        screenshots.keep(read, f"trainer-model-{width}")

    # The next training is a run of the lab by itself, and saving adds a version.
    train(ada, epochs="5")
    ada.wait_for_selector(f"{KEEP} >> text=This training is a run of")
    assert saved(ada) == lab
    assert api.get(f"api/v1/labs/{lab}").json()["version"] == 2
    assert len(api.get(f"api/v1/labs/{lab}/runs").json()["items"]) == 3

    bob = visit("bob", f"@{lab}")
    shown = bob.locator("a", has_text="Open in trainer")
    until(lambda: shown.count() or not bob.reload())
    shown.click()
    bob.wait_for_selector("#train")
    assert [bob.input_value(f"#{name}") for name in ("seed", "rate", "epochs")] == ["2", "0.02", "5"]
    assert bob.is_checked("[data-sample=iris]")
    train(bob)
    assert bob.inner_text("#save") == f"Save a fork of {lab}"
    fork = saved(bob)
    assert lasting_site.as_("bob").get(f"api/v1/labs/{fork}").json()["forked_from"]["lab"] == lab
    bob.goto(f"{lasting_site.url}trainer?lab={fork}")
    bob.wait_for_selector(f"{KEEP} >> text=This is the project of")
    assert bob.input_value("#seed") == "2"


def test_who_is_not_signed_in_takes_the_notebook_along_and_finds_all_again(visit, lasting_site):
    page = visit(width=390)
    rows = "\n".join(f"{n % 7},{n % 5 - 0.5},{'yes' if n % 7 > 3 else 'no'}" for n in range(80))
    upload(page, "own.csv", f"a,b,answer\n{rows}\n")
    page.wait_for_selector("#train")
    train(page, epochs="4", patience="3")
    nobody_is_shut_out(page, "trainer-notebook-390")
    with page.expect_download() as download:
        page.click("#download-notebook")
    notebook = json.loads(Path(download.value.path()).read_text())
    assert download.value.suggested_filename == "own.ipynb"
    assert notebook["metadata"]["mlabs"]["trainer"]["target"] == "answer"
    assert "a,b,answer\n0,-0.5,no" in next(c["source"] for c in notebook["cells"] if c["id"] == "own-data")

    sign_in(page.context, lasting_site.session("ada"))
    page.click(f"{KEEP} >> text=Sign in")
    page.wait_for_url("**/trainer")
    page.wait_for_selector("#train")
    assert [page.input_value(f"#{name}") for name in ("epochs", "patience")] == ["4", "3"]
    train(page)
    lab = saved(page)
    made = lasting_site.as_("ada").get(f"api/v1/labs/{lab}").json()
    assert made["visibility"] == "private", "data of one's own are for nobody else, unless one says so"
    page.click("#test")
    page.wait_for_selector("[data-step=test] [data-score]")
    page.select_option("#lab-seen", "public")
    assert saved(page) == lab
    until(lambda: lasting_site.as_("ada").get(f"api/v1/labs/{lab}").json()["visibility"] == "public")
    runs = lasting_site.as_("ada").get(f"api/v1/labs/{lab}/runs").json()["items"]
    assert sum("test_accuracy" in run["metrics"] for run in runs) == 1, "what was tested later is told too"
    kept = page.context.new_page()
    kept.goto(f"{lasting_site.url}trainer?lab={lab}")
    kept.wait_for_selector("text=80 rows, 3 columns.")


def test_what_is_chosen_while_it_is_saved_does_not_become_the_same_lab(visit, lasting_site):
    page = visit("ada")
    page.check("[data-sample=iris]")
    page.wait_for_selector("#train")
    train(page, epochs="3")
    held = []
    page.route("**/api/v1/labs", lambda route: held.append(route))
    page.fill("#lab-title", "Saved slowly")
    page.click("#save")
    until(lambda: held or page.wait_for_timeout(50))
    page.check("[data-sample=penguins]")
    page.wait_for_selector("text=344 rows")
    held.pop().continue_()
    page.wait_for_selector(f"{KEEP} .notice--success")
    assert page.url.endswith("/trainer")
    train(page, epochs="3")
    assert page.inner_text("#save") == "Save as a lab"
    runs = lasting_site.as_("ada").get("api/v1/labs/ada/saved-slowly/runs").json()["items"]
    assert len(runs) == 1, "other data's trainings are none of its runs"


def test_datasets_are_chosen_by_their_names(visit, lasting_site):
    page = visit("ada")
    files = [("file", (f"{name}.csv", b"x,y\n" + b"1,2\n3,5\n" * 20)) for name in ("first", "second")]
    made = lasting_site.as_("ada").post("api/v1/datasets", files=files, data={"name": "mine"})
    assert made.status_code == 201, made.text
    page.fill("#dataset", "min")
    page.wait_for_selector("#dataset-names option[value='ada/mine']", state="attached")
    page.fill("#dataset", "ada/mine")
    page.click("#use-dataset")
    page.wait_for_selector("text=40 rows, 2 columns.")
    page.select_option("#dataset-file", "second.csv")
    page.wait_for_selector("text=40 rows, 2 columns.")
    page.fill("#dataset", "nonsense")
    page.press("#dataset", "Enter")
    page.wait_for_selector("[data-step=data] [role=alert] >> text=no name of a dataset")
