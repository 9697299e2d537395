"""What stands around a notebook on its lab's page."""

from __future__ import annotations

import json
import re

import pytest

from mlabs_ext.service.rendering.model import About, Heading
from mlabs_ext.service.web.pages.reading import outline

BASE = "/services/mlabs/"


def test_an_outline_leads_into_the_document_three_levels_deep():
    about = About(
        [Heading(2, "A", "A"), Heading(3, "b c", "b-c?"), Heading(5, "far", "far"), Heading(4, "d", "d")]
    )
    places = outline(about, "/render/x?r=1")
    assert [tuple(place) for place in places] == [
        ("A", "/render/x?r=1#A", 0),
        ("b c", "/render/x?r=1#b-c%3F", 1),
        ("d", "/render/x?r=1#d", 2),
    ]


@pytest.mark.parametrize("headings", [[], [Heading(1, "Only", "Only")]], ids=["none", "one"])
def test_one_heading_needs_no_outline(headings):
    assert outline(About(headings), "x") == []


def test_a_rendered_notebook_has_its_outline_on_the_page(site, town, make_notebook):
    site.publish("ada", name="long", notebook=make_notebook("# One", "1", "# Two <b>bold</b>", "# </script>"))
    assert not town.page(None, "@ada/long").all("nav", **{"aria-label": "Contents"})
    assert town.get(None, "render/@ada/long/v/1").status_code == 200
    page = town.page(None, "@ada/long")
    assert page.all("nav", **{"aria-label": "Contents"})
    here = f"{BASE}render/@ada/long/v/1?theme=auto&r={site.service.renderer.version}"
    assert [link for link in page.links() if "#" in link and "render" in link] == [
        f"{here}#One",
        f"{here}#Two-bold",
    ]
    assert "Two bold" in page.text


def linked_data(text: str) -> dict | None:
    found = re.search(r'<script type="application/ld\+json"[^>]*>(.*?)</script>', text, re.DOTALL)
    return json.loads(found[1]) if found else None


def test_search_engines_are_told_of_public_labs_only(site, town):
    site.publish(
        "ada", name="told", title="</script><b>", description="d", license="CC-BY-4.0", tags=["vision"]
    )
    said = linked_data(town.get(None, "@ada/told").text)
    assert said["@type"] == "SoftwareSourceCode"
    assert (said["name"], said["url"]) == ("</script><b>", f"{site.url}@ada/told")
    assert said["license"] == "https://spdx.org/licenses/CC-BY-4.0.html"
    assert said["author"] == {"@type": "Person", "name": "ada", "url": f"{site.url}@ada"}
    for who, path in (("ada", "@ada/secret"), (None, "@ada/hidden")):
        answer = town.get(who, path)
        assert linked_data(answer.text) is None
        assert '<meta name="robots" content="noindex">' in answer.text
    fork = linked_data(town.get(None, "@bob/mnist").text)
    assert fork["isBasedOn"] == f"{site.url}@ada/mnist"


def test_a_fork_names_no_parent_that_is_hidden(site, town):
    site.as_("ada").patch("api/v1/labs/ada/mnist", json={"visibility": "private"})
    assert "isBasedOn" not in linked_data(town.get(None, "@bob/mnist").text)


def test_a_license_and_references_are_on_the_page(site, town):
    site.as_("ada").patch("api/v1/labs/ada/mnist", json={"license": "MIT"})
    page = town.page(None, "@ada/mnist")
    assert page.all("a", href="https://spdx.org/licenses/MIT.html")
    assert f"url = {{{site.url}@ada/mnist/v/1}}" in town.get(None, "@ada/mnist").text
    site.as_("ada").patch("api/v1/labs/ada/mnist", json={"license": "MIT OR Apache-2.0"})
    assert "License: MIT OR Apache-2.0" in town.page(None, "@ada/mnist").text


def test_data_and_models_are_named(site, town, make_notebook):
    notebook = make_notebook("# Hello", "1")
    notebook["metadata"]["mlabs"] = {"data": ["ada/penguins@2", "<b>"]}
    site.publish("ada", name="data", notebook=notebook)
    town.get(None, "render/@ada/data/v/1")
    page = town.page(None, "@ada/data")
    assert "Data and models ada/penguins@2 <b>" in page.text


def test_the_environment_is_told_with_its_versions(site, town):
    site.publish("ada", name="torch", environment="pytorch")
    versions = site.service.catalogue.get("pytorch").frameworks
    text = town.page(None, "@ada/torch").text
    assert versions
    assert all(f"{name} {number}" in text for name, number in versions.items())


def test_a_project_of_the_trainer_is_opened_there_and_so_is_its_fork(site, town, make_notebook):
    plain = make_notebook("# Which iris?", "1")
    site.publish("ada", name="iris", notebook=plain | {"metadata": {"mlabs": {"trainer": {"format": 1}}}})
    site.publish("ada", name="other", notebook=plain)
    assert site.as_("bob").post("api/v1/labs/ada/iris/fork", json={}).status_code == 201
    for lab, there in (("ada/iris", True), ("bob/iris", True), ("ada/other", False)):
        assert town.get(None, f"render/@{lab}/v/1").status_code == 200
        links = town.page(None, f"@{lab}").links()
        assert (f"{BASE}trainer?lab={lab}" in links) == there
