"""The documentation: every page is in the contents, every link of it leads somewhere, and it is found."""

import re
from pathlib import Path

import pytest

from mlabs_ext.errors import NotFound
from mlabs_ext.service.guides import Guides

BASE = "/hub/services/mlabs/docs/"
ROOT = Path(__file__).parents[2]
# A part of the page that writes them together, and no page.
PARTS = {"api-introduction.md"}
LINK = re.compile(r'(?:href|src)="([^"]*)"')


@pytest.fixture(scope="module")
def guides() -> Guides:
    return Guides(BASE, ROOT / "docs" / "contents.toml")


def test_every_page_is_in_the_contents(guides):
    written = {file.name for file in (ROOT / "docs").glob("*.md")} - PARTS
    assert {file for file in guides.files.values() if "/" not in file} == written
    entries = [entry for group in guides.contents() for entry in group.entries]
    assert [entry.title for entry in entries] == [guides.get(entry.name).title for entry in entries]


def test_every_link_leads_somewhere(guides):
    anchors = {name: {s.anchor for s in guides.get(name).sections} for name in guides.files}
    for name in guides.files:
        for link in LINK.findall(guides.get(name).html):
            assert leads(guides, anchors, name, link), f"{name}: {link}"


def leads(guides: Guides, anchors: dict[str, set[str]], here: str, link: str) -> bool:
    if re.match(r"https?:|mailto:", link):
        return True
    path, _, anchor = link.partition("#")
    page = path.removeprefix(BASE) if path else here
    if page.startswith("screenshots/"):
        return (guides.folder / page).is_file()
    return not page or (page in anchors and (not anchor or anchor in anchors[page]))


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("secret link", f"{BASE}user-guide#share-it-with-some"),
        ("Kubernetes", f"{BASE}administrator-guide#kubernetes"),
        ("c.WarmPool.sizes", f"{BASE}configuration#cwarmpoolsizes"),
        ("teacher guide", f"{BASE}teacher-guide"),
    ],
)
def test_what_is_meant_is_found_first(guides, query, first):
    found = guides.search(query)
    assert found[0].href == first
    assert len(found) <= 30


@pytest.mark.parametrize("query", ["", "  ", "qqxyz", "…"])
def test_nothing_is_found(guides, query):
    assert guides.search(query) == []


@pytest.mark.parametrize("name", ["", "nothing", "../README", "generate"])
def test_what_is_no_page_is_not_there(guides, name):
    with pytest.raises(NotFound):
        guides.get(name)
