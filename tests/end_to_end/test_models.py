"""A model that TensorFlow trains in a batch run is one that a page of another site uses; it takes minutes."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from urllib.parse import urljoin

import nbformat
import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from support.foreign_site import foreign_site, pasted
from support.person import Person

TRAINS = """import json, keras, numpy as np
keras.utils.set_random_seed(1)
steps = np.random.RandomState(0).uniform(-1, 1, (64, 5, 3)).astype("float32")
network = keras.Sequential([keras.Input((5, 3)), keras.layers.GRU(8), keras.layers.Dense(1)])
network.compile("adam", "mse")
network.fit(steps, steps.mean((1, 2)), epochs=3, verbose=0)
network.save("outputs/net.keras")
said = {"inputs": steps[:4].tolist(), "outputs": network.predict(steps[:4], verbose=0).tolist()}
open("outputs/said.json", "w").write(json.dumps(said))"""
ENVIRONMENTS = Path(os.environ.get("MLABS_TEST_ENVIRONMENTS", "absent"))


@pytest.fixture
def ada(mlabs_up):
    person = Person(mlabs_up.url, "ada-models", mlabs_up.password)
    yield person
    person.close()


def run_of(person: Person, lab: str, source: str, environment: str) -> dict:
    """A lab of one cell, run in the background."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    fields = {"name": lab, "environment": environment, "notebook": nbformat.writes(notebook)}
    person.ok("POST", "labs", json=fields)
    run = person.ok("POST", f"labs/{person.name}/{lab}/runs", json={})
    deadline = time.monotonic() + 600
    while not run["ended"]:
        assert time.monotonic() < deadline, run
        time.sleep(1)
        run = person.ok("GET", f"runs/{run['id']}")
    return run


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(not list(ENVIRONMENTS.glob("tensorflow-*")), reason="TensorFlow would be installed first")
def test_what_tensorflow_trained_is_used_by_a_page_elsewhere(mlabs_up, ada: Person, browser: Browser):
    run = run_of(ada, "steps", TRAINS, "tensorflow")
    assert (run["status"], run["environment"]) == ("succeeded", "tensorflow")
    made = ada.model(run=run["id"], path="net.keras", name="steps")
    assert (made["status"], made["format"], made["needs"]) == ("ready", "keras", ["ResetAfterGRU"])
    said = ada.ok("GET", f"runs/{run['id']}/outputs/said.json")
    page = browser.new_page()
    page.goto(urljoin(mlabs_up.url, made["page_url"]))
    with foreign_site() as blog:
        blog.page = pasted(page, said["inputs"])
        page.goto(blog.url)
        expect(page).to_have_title(re.compile(r"^\["), timeout=30_000)
        assert np.array(json.loads(page.title())) == pytest.approx(np.array(said["outputs"]), abs=1e-5)
    page.close()
