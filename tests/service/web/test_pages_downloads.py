"""What can be taken along of a version: by whom, as what, and how walled in."""

from __future__ import annotations

import pytest
import yaml

BASE = "/services/mlabs/"
FILES = {
    "v/1/script": ("text/plain; charset=utf-8", "{lab}.py", "# %% [markdown]\n# # Hello\n\n# %%\n1 + 1\n"),
    "v/1/html": ("text/html; charset=utf-8", "{lab}.html", "<title>Hello</title>"),
    "cite.bib": ("application/x-bibtex; charset=utf-8", "cite.bib", "@misc{ada-{lab}-v1,"),
    "v/1/CITATION.cff": ("application/yaml; charset=utf-8", "CITATION.cff", "cff-version: "),
}


@pytest.mark.parametrize(("path", "told"), FILES.items(), ids=FILES)
def test_files(site, path, told):
    media, filename, part = (text.replace("{lab}", "mnist") for text in told)
    site.publish("ada", name="mnist")
    answer = site.as_(None).get(f"@ada/mnist/{path}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == media
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{filename}"'
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert part in answer.text


@pytest.mark.parametrize("path", FILES)
def test_of_a_private_lab_there_is_nothing(site, path):
    site.publish("ada", name="secret", visibility="private")
    for who in ("bob", None):
        hidden, absent = (site.as_(who).get(f"@ada/{name}/{path}") for name in ("secret", "absent"))
        assert hidden.status_code == absent.status_code == 404
        assert hidden.json()["error"]["code"] == absent.json()["error"]["code"]
    mine = site.as_("ada").get(f"@ada/secret/{path}")
    assert mine.status_code == 200
    assert mine.headers["Cache-Control"] == "private, no-store"
    assert "Access-Control-Allow-Origin" not in mine.headers


@pytest.mark.parametrize("path", ["v/2/script", "v/2/html", "v/2/cite.bib", "v/0/script", "v/1/pdf"])
def test_what_is_not_there(site, path):
    site.publish("ada", name="mnist")
    assert site.as_(None).get(f"@ada/mnist/{path}").status_code == 404


def test_a_draft_has_nothing_to_cite(town):
    assert town.get("ada", "@ada/draft/cite.bib").status_code == 404


def test_a_reference_leads_to_the_version_not_to_what_comes_later(site, make_notebook):
    site.publish("ada", name="mnist", license="MIT")
    second = {"notebook": make_notebook("# Hello", "2")}
    assert site.as_("ada").post("api/v1/labs/ada/mnist/versions", json=second).status_code == 201
    for path, number in (("CITATION.cff", 2), ("v/1/CITATION.cff", 1)):
        said = yaml.safe_load(site.as_(None).get(f"@ada/mnist/{path}").text)
        assert (said["url"], said["version"]) == (f"{site.url}@ada/mnist/v/{number}", str(number))
        assert said["license"] == "MIT"


def test_what_cannot_be_rendered_is_said_with_another_way(site):
    site.service.renderer.timeout = 0.0
    site.publish("ada", name="mnist")
    answer = site.as_(None).get("@ada/mnist/v/1/html")
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "too_complex"
    assert ".ipynb" in answer.json()["error"]["message"]
