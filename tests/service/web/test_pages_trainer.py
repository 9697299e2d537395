"""The trainer as it is handed out; what it does in a browser is in test_trainer_browser.py."""

from __future__ import annotations

import csv
import gzip
import json

import httpx
import pytest
from service.web.conftest import Town
from traitlets.config import Config

from mlabs_ext.service.web.headers import OFFLINE_CSP, WORKER_CSP
from mlabs_ext.service.web.pages.trainer import OFFERED
from mlabs_ext.service.web.static_files import WORKERS

POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "object-src 'none'; worker-src 'self'; frame-ancestors 'none'"
)


def policy(town, path: str) -> tuple[str, str]:
    """A page's policy, and the nonce of its scripts."""
    page = town.page(None, path)
    answer = town.get(None, path)
    assert page.all("script")
    said = answer.headers["Content-Security-Policy"]
    return said, said.partition("'nonce-")[2].partition("'")[0]


def test_it_may_start_workers_of_our_own_and_nothing_else_more(empty_town):
    said, nonce = policy(empty_town, "trainer")
    assert said == POLICY.format(nonce=nonce)
    other, nonce = policy(empty_town, "docs/api")
    assert other == POLICY.format(nonce=nonce).replace("worker-src 'self'; ", "")


def test_workers_have_a_policy_of_their_own(empty_town):
    root = empty_town.site.service.static.root
    if not (root / WORKERS).is_dir():
        pytest.skip("the UI is not built: run python ui/build.py")
    for file in (root / WORKERS).iterdir():
        for place in (f"static/{WORKERS}", "trainer/workers/"):
            answer = empty_town.get(None, f"{place}{file.name}")
            assert answer.headers["Content-Security-Policy"] == WORKER_CSP
            assert ("immutable" in answer.headers.get("Cache-Control", "")) == ("-" in file.name)
    assert "Content-Security-Policy" not in empty_town.get(None, "static/mlabs.css").headers


def offered(town) -> list:
    return town.page(None, "trainer").all("input", name="sample")


def offline(town) -> tuple[dict, httpx.Response]:
    """What the offline script keeps, and the answer with it."""
    answer = town.get(None, "trainer/offline.js")
    if answer.status_code == 404:
        pytest.skip("the UI is not built: run python ui/build.py")
    first = answer.text.partition("\n")[0]
    return json.loads(first.removeprefix("const kept = ").removesuffix(";")), answer


def test_offline_it_keeps_its_own_files_and_each_change_is_another_script(empty_town, monkeypatch):
    base = empty_town.site.service.base_url
    empty_town.site.service.stock()
    kept, answer = offline(empty_town)
    assert answer.headers["Service-Worker-Allowed"] == kept["page"] == f"{base}trainer"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Content-Security-Policy"] == OFFLINE_CSP
    page = empty_town.page(None, "trainer")
    named = {
        value for _, each in page.elements for value in each.values() if f"{base}static/" in (value or "")
    }
    assert len(named) > 4 and named < set(kept["files"])
    assert {f"{base}data/library/{name}/1/{name}.csv" for name in OFFERED} < set(kept["files"])
    for address in kept["files"]:
        assert empty_town.get(None, address.removeprefix(base)).status_code == 200, address
    # Whoever is signed in gets the same.
    assert empty_town.get("ada", "trainer/offline.js").content == answer.content
    assert offline(empty_town)[0] == kept
    known = empty_town.site.service.static._addresses
    monkeypatch.setitem(known, "trainer.css", known["trainer.css"] + "0")
    assert offline(empty_town)[0]["version"] != kept["version"]


def test_the_page_is_light_until_training_begins(empty_town):
    empty_town.site.service.stock()
    kept, _ = offline(empty_town)
    base = empty_town.site.service.base_url

    # Training loads the rest of the workers' files.
    early = [path for path in kept["files"] if "/workers/" not in path or "/reader.js" in path]
    assert len(early) > 4
    texts = [empty_town.get(None, path.removeprefix(base)).content for path in ("trainer", *early)]
    assert sum(len(gzip.compress(text)) for text in texts) < 200_000


def test_each_dataset_that_comes_along_is_there_with_its_source_and_license(empty_town):
    empty_town.site.service.stock()
    assert len(offered(empty_town)) == len(OFFERED)
    page = empty_town.page(None, "trainer")
    for words in OFFERED.values():
        assert words.source in page.text
    assert "CC-BY-4.0" in page.text and "CC0-1.0" in page.text
    for radio in offered(empty_town):
        path = f"data/{radio['value']}/{radio['data-version']}/{radio['data-path']}"
        rows = list(csv.reader(empty_town.get(None, path).text.splitlines()))
        assert len(rows) > 100 and {len(row) for row in rows} == {len(rows[0])}


def test_one_that_was_deleted_is_offered_no_more(empty_town):
    empty_town.site.service.stock()
    assert len(offered(empty_town)) == len(OFFERED)
    gone = empty_town.site.as_("admin").delete("api/v1/datasets/library/wine")
    assert gone.status_code == 204, gone.text
    assert [radio["data-sample"] for radio in offered(empty_town)] == [
        name for name in OFFERED if name != "wine"
    ]


def test_without_the_library_nothing_of_it_is_offered(start_site):
    town = Town(start_site(Config(Library={"enabled": False})))
    town.site.service.stock()
    assert offered(town) == [] and "Comes along" not in town.page(None, "trainer").text


def test_a_model_is_named_in_the_address(empty_town):
    page = empty_town.page(None, "trainer?model=ada%2Fflowers")
    assert page.all("p", **{"data-model": "ada/flowers"})
    assert [link for link in page.links() if link.endswith("/@ada/models/flowers")]
    for odd in ("flowers", "a/b/c", "ada/<b>", "ada/../x", "%22/x y"):
        assert not empty_town.page(None, f"trainer?model={odd}").all("p", **{"class": "notice"})


def test_without_scripts_it_says_what_it_needs(empty_town):
    assert "needs JavaScript" in empty_town.page(None, "trainer").text
    assert [link for link in empty_town.page(None, "").links() if link.endswith("/trainer")]
