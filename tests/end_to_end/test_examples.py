"""docs/examples: the notebook runs in MLabs, a page elsewhere and a script use the model."""

from __future__ import annotations

import json
import re
import shutil
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

import nbformat
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from support.foreign_site import foreign_site, pasted
from support.models import keras
from support.node import node, node_modules
from support.person import Person
from support.screenshots import keep
from support.static_site import static_site

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
NOTEBOOK = EXAMPLES / "train.ipynb"
BEST = "best?metric=val_accuracy"
MADE = ["figure.png", "model/model.json", "model/samples.json", "model/weights.bin"]
SAMPLES = 24


@dataclass
class Digits:
    """The lab `ada-examples/digits`, in which the notebook ran twice: `good`, then with few epochs `poor`."""

    ada: Person
    name: str
    good: dict[str, Any]
    poor: dict[str, Any]

    @property
    def lab(self) -> str:
        return f"{self.ada.name}/{self.name}"

    def file(self, run: dict[str, Any], path: str) -> Any:
        return self.ada.ok("GET", f"runs/{run['id']}/outputs/{path}")


@pytest.fixture(scope="module")
def ada(mlabs_up) -> Iterator[Person]:
    person = Person(mlabs_up.url, "ada-examples", mlabs_up.password)
    yield person
    person.close()


@pytest.fixture(scope="module")
def digits(ada: Person) -> Digits:
    publish(ada, "digits")
    return Digits(ada, "digits", trained(ada, "digits"), trained(ada, "digits", epochs=2))


@pytest.fixture(scope="module")
def wrong(ada: Person, digits: Digits) -> str:
    """A lab whose model, put there by hand, knows nothing: its weights are all zero."""
    publish(ada, "wrong")
    for path in MADE[1:3]:
        content = json.dumps(digits.file(digits.good, path)).encode()
        ada.ok("PUT", f"labs/{ada.name}/wrong/assets/{path}", content=content)
    numbers = 64 * 32 + 32 + 32 * 10 + 10
    ada.ok("PUT", f"labs/{ada.name}/wrong/assets/{MADE[3]}", content=struct.pack("<f", 0) * numbers)
    return f"{ada.name}/wrong"


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return node_modules(EXAMPLES / "node", tmp_path_factory.mktemp("node_modules"))


@pytest.fixture(scope="module")
def script(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return beside(modules, EXAMPLES / "node", tmp_path_factory.mktemp("node") / "node") / "predict.mjs"


@pytest.fixture(scope="module")
def site(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = beside(modules, EXAMPLES / "browser", tmp_path_factory.mktemp("browser") / "browser")
    with static_site(folder) as url:
        yield url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    yield page
    context.close()


def beside(modules: Path, source: Path, folder: Path) -> Path:
    """A copy of an example in which `npm ci` was run."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("node_modules"))
    (folder / "node_modules").symlink_to(modules)
    return folder


def publish(person: Person, lab: str) -> None:
    """The notebook as a public lab, in the way that the README shows."""
    headers = {"Content-Type": "application/x-ipynb+json"}
    person.ok("POST", "labs", params={"name": lab}, content=NOTEBOOK.read_bytes(), headers=headers)


def trained(person: Person, lab: str, **parameters: Any) -> dict[str, Any]:
    """A run in the background, once it has ended."""
    asked = person.ok("POST", f"labs/{person.name}/{lab}/runs", json={"parameters": parameters})
    deadline = time.monotonic() + 180
    while not (run := person.ok("GET", f"runs/{asked['id']}"))["ended"]:
        assert time.monotonic() < deadline, run
        time.sleep(0.3)
    assert run["status"] == "succeeded", run
    return run


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_the_notebook_is_clean():
    notebook = nbformat.read(NOTEBOOK, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [(cell.outputs, cell.execution_count) for cell in code] == [([], None)] * len(code)
    assert notebook.metadata["mlabs"] == {"environment": "python"}
    assert notebook.metadata["license"] == "BSD-3-Clause"
    assert [cell.id for cell in code if "parameters" in cell.metadata.get("tags", [])] == ["digits-2"]


def test_both_examples_pin_the_same_packages_and_load_from_no_other_host():
    locks = [json.loads((EXAMPLES / name / "package-lock.json").read_text()) for name in ("browser", "node")]
    for lock in locks:
        package = lock["packages"].pop("")
        assert package["dependencies"] == {"@tensorflow/tfjs": "4.22.0"}
        assert not any("resolved" in entry for entry in lock["packages"].values())
    assert locks[0]["packages"] == locks[1]["packages"]
    files = [file for file in EXAMPLES.glob("*/*") if file.is_file() and file.name != "package-lock.json"]
    texts = [file.read_text() for file in files]
    hosts = {host for text in texts for host in re.findall(r"https?://([\w.-]+\w)", text)}
    assert hosts <= {"labs.example.org"}


def test_a_run_makes_what_the_examples_load(digits: Digits):
    made = digits.ada.ok("GET", f"runs/{digits.good['id']}/outputs")["items"]
    assert [asset["path"] for asset in made] == MADE
    assert digits.good["metrics"]["val_accuracy"] > 0.95 > digits.poor["metrics"]["val_accuracy"]
    assert len(digits.file(digits.good, "model/samples.json")) == SAMPLES


@pytest.mark.parametrize("of", ["latest", BEST, "run"])
def test_the_script_agrees_with_scikit_learn(mlabs_up, digits: Digits, script: Path, of: str):
    run = digits.poor if of == "latest" else digits.good
    done = node(script, mlabs_up.url, digits.lab, run["id"] if of == "run" else of)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"/{digits.lab}/{run['id']}/model/model.json" in done.stdout
    said = re.search(r"(\d+) of (\d+) agree; the largest difference is (\S+)\.\n", done.stdout)
    assert said, done.stdout
    assert (int(said[1]), int(said[2])) == (SAMPLES, SAMPLES)
    assert float(said[3]) <= 1e-5


def test_the_script_says_where_a_model_does_not_agree(mlabs_up, wrong: str, script: Path):
    done = node(script, mlabs_up.url, wrong)
    assert (done.returncode, done.stderr) == (1, "")
    agree = re.search(rf"(\d+) of {SAMPLES} agree", done.stdout)
    assert agree
    assert int(agree[1]) < SAMPLES / 2


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ((), "Usage: node predict.mjs"),
        (("nowhere", "a/b"), "nowhere is not an address"),
        (("{away}", "a/b"), "does not answer"),
        (("{up}", "ada-examples/absent"), "no lab"),
        (("{up}", "ada-examples/digits", "best?metric=absent"), "'absent'"),
        (("{up}/services/mlabs/api/v1", "ada-examples/digits"), "nothing at this address"),
    ],
    ids=["nothing", "no-address", "away", "no-lab", "no-metric", "not-there"],
)
def test_the_script_says_why_there_is_nothing(mlabs_up, digits, script, where, said):
    names = {"away": f"http://127.0.0.1:{closed_port()}", "up": mlabs_up.url.rstrip("/")}
    done = node(script, *(part.format(**names) for part in where))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def address(site: str, server: str, lab: str, of: str = "latest") -> str:
    return f"{site}?{urlencode({'server': server, 'lab': lab, 'of': of})}"


def likeliest(sample: dict[str, Any]) -> str:
    return str(sample["probabilities"].index(max(sample["probabilities"])))


def read(page: Page) -> list[str]:
    """What the page reads in each sample."""
    return [text.split(" ")[0] for text in page.locator("#samples button").all_inner_texts()]


@pytest.mark.browser
def test_a_page_elsewhere_reads_what_scikit_learn_reads(mlabs_up, digits: Digits, site: str, page: Page):
    problems: list[str] = []
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(site)
    page.get_by_label("MLabs at").fill(mlabs_up.url)
    page.get_by_label("Lab", exact=True).fill(digits.lab)
    page.get_by_label("Which run").fill(BEST)
    page.get_by_role("button", name="Load").click()
    expect(page.locator("#verdict")).to_contain_text(f"All {SAMPLES} digits are read as")
    assert read(page) == [likeliest(one) for one in digits.file(digits.good, "model/samples.json")]
    expect(page.get_by_role("link", name=f"run {digits.good['id']}")).to_be_visible()
    figure = page.get_by_role("img", name="Loss and accuracy by epoch")
    expect(figure).to_have_js_property("naturalWidth", 960)
    keep(page, "example-browser")
    assert problems == []


@pytest.mark.browser
def test_what_the_run_trained_is_a_model_that_a_page_elsewhere_loads(mlabs_up, digits: Digits, page: Page):
    """A model of MLabs, of the file that a run in the background wrote, by the code on the model's page."""
    made = digits.ada.model(run=digits.good["id"], path="model/model.json", name="digits")
    assert (made["status"], made["run"], made["lab"]) == ("ready", digits.good["id"], digits.lab)
    page.goto(urljoin(mlabs_up.url, made["page_url"]))
    samples = digits.file(digits.good, "model/samples.json")
    with foreign_site() as blog:
        blog.page = pasted(page, [sample["pixels"] for sample in samples])
        page.goto(blog.url)
        expect(page).to_have_title(re.compile(r"^\["), timeout=30_000)
        read = np.array(json.loads(page.title()))
    assert read == pytest.approx(np.array([sample["probabilities"] for sample in samples]), abs=1e-5)


@pytest.mark.browser
def test_the_code_that_a_model_has_for_node_js_runs_as_it_stands(mlabs_up, ada, modules, page, tmp_path):
    """With a layer that TensorFlow.js lacks, whose script is fetched as the code says."""
    ((name, data),) = keras("gru.keras3.h5").items()
    made = ada.ok("POST", "models?wait=20", files=[("file", (name, data))], data={"name": "steps"})
    page.goto(urljoin(mlabs_up.url, made["page_url"]))
    code = page.get_by_label("On Node.js", exact=True).input_value()
    (tmp_path / "predict.mjs").write_text(code)
    (tmp_path / "node_modules").symlink_to(modules)
    fetched = re.search(r"^// curl -O (\S+/layers\.js)$", code, re.MULTILINE)
    assert fetched
    (tmp_path / "layers.js").write_bytes(page.request.get(fetched[1]).body())
    done = node(tmp_path / "predict.mjs")
    assert done.returncode == 0, done.stderr
    assert "Tensor" in done.stdout


@pytest.mark.browser
def test_a_digit_is_drawn_by_keyboard_or_mouse(mlabs_up, digits: Digits, site: str, page: Page):
    page.goto(address(site, mlabs_up.url, digits.lab, digits.good["id"]))
    reads = page.locator("#read")
    expect(reads).to_contain_text("Reads")
    page.get_by_role("button", name="Clear").click()
    expect(reads).to_have_text("Nothing is drawn yet.")
    drawing = page.get_by_role("application")
    drawing.focus()
    # A one: a stroke from top to bottom, about the middle.
    for _ in range(7):
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
    expect(reads).to_contain_text(re.compile(r"Reads 1 \(\d+%\)"))
    page.get_by_role("button", name="Clear").click()
    box = drawing.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.1)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.9)
    page.mouse.up()
    expect(reads).to_contain_text("Reads 1 (")


@pytest.mark.browser
def test_the_page_fits_a_telephone_and_the_dark(mlabs_up, digits: Digits, site: str, browser: Browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = context.new_page()
    page.goto(address(site, mlabs_up.url, digits.lab))
    expect(page.locator("#verdict")).to_contain_text("All")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    keep(page, "example-browser-390")
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("server", "lab", "of", "said"),
    [
        ("{away}", "ada-examples/digits", "latest", "does not answer"),
        ("{up}", "ada-examples/absent", "latest", "pages of other sites get nothing either"),
        ("{up}", "ada-examples/digits", "best?metric=absent", "'absent'"),
        ("{site}", "ada-examples/digits", "latest", "is not MLabs"),
        ("nowhere", "ada-examples/digits", "latest", "is not an address"),
    ],
    ids=["away", "no-lab", "no-metric", "not-mlabs", "no-address"],
)
def test_the_page_says_why_there_is_nothing(mlabs_up, digits, site, page, server, lab, of, said):
    names = {"away": f"http://127.0.0.1:{closed_port()}", "up": mlabs_up.url, "site": site}
    page.goto(address(site, server.format(**names), lab, of))
    expect(page.get_by_role("alert")).to_contain_text(said)
    expect(page.get_by_role("main")).to_be_hidden()
    expect(page.get_by_role("status")).to_have_text("")


@pytest.mark.browser
def test_a_model_that_does_not_agree_is_told(mlabs_up, wrong: str, site: str, page: Page):
    page.goto(address(site, mlabs_up.url, wrong))
    expect(page.locator("#verdict")).to_contain_text(re.compile(rf"^\d+ of {SAMPLES} digits"))
    expect(page.get_by_text("This run has no figure.png.")).to_be_visible()


@pytest.mark.browser
def test_a_lab_made_private_is_as_if_it_were_not_there(
    mlabs_up, wrong: str, site: str, page: Page, ada: Person
):
    ada.ok("PATCH", f"labs/{wrong}", json={"visibility": "private"})
    page.goto(address(site, mlabs_up.url, wrong))
    expect(page.get_by_role("alert")).to_contain_text("Of private labs")
