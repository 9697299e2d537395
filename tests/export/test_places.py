"""Names of files, for every address and every odd name, and the links between them."""

from __future__ import annotations

import pytest

from mlabs_ext.export import places

FILES = {
    "": "index.html",
    "@ada": "@ada/index.html",
    "@ada/mnist": "@ada/mnist/index.html",
    "@ada/mnist/v/12": "@ada/mnist/v/12/index.html",
    "@ada/mnist/runs/01J": "@ada/mnist/runs/01J/index.html",
    "embed/@ada/mnist": "embed/@ada/mnist/index.html",
    "render/@ada/mnist/v/12": "render/@ada/mnist/v/12.html",
    "render/@ada/mnist/runs/01J": "render/@ada/mnist/runs/01J.html",
    "api/v1/labs/ada/mnist/versions/2/notebook": "api/v1/labs/ada/mnist/versions/2/notebook.ipynb",
    "api/v1/runs/01J/metrics": "api/v1/runs/01J/metrics.json",
    "assets/ada/mnist/latest/a%20b/model.json": "assets/ada/mnist/latest/a b/model.json",
    "static/build/pages.js": "static/build/pages.js",
    "@a%2Fb%20%C3%A9/mnist": "@a~2Fb é/mnist/index.html",
    "@..%2F..%2Fetc": "@..~2F..~2Fetc/index.html",
    "@ada/mnist/settings": None,
    "@ada/mnist/compare/1...2": None,
    "me": None,
    "api/v1/labs": None,
    "admin/../me": None,
}


@pytest.mark.parametrize(("address", "file"), FILES.items(), ids=lambda value: str(value) or "Explore")
def test_every_address_has_its_file_or_none(address, file):
    assert places.file_of(address) == file


ODD = [
    *("a/b", "a~2Fb", "a\\b", "..", ".", ".hidden", "a:b", "a?b", "a#b"),
    *("50%", "tab\t", "end.", "end ", 'q"', "<b>", "a|b*"),
]


def test_odd_names_are_safe_and_stay_different():
    made = [places.safe(name) for name in ODD]
    assert len(set(made)) == len(ODD)
    assert not [name for name in made if places.UNSAFE.search(name.replace("~", ""))]


def test_a_name_that_is_too_long_for_a_file_system_keeps_its_ending_and_stays_different():
    names = [f"{'é' * 150}{n}.json" for n in (1, 2)]
    made = [places.safe(name) for name in names]
    assert made[0] != made[1]
    assert all(name.endswith(".json") and len(name.encode()) < 255 for name in made)


INERT = {
    "model.json": "model.json",
    "weights.bin": "weights.bin",
    "plot.PNG": "plot.PNG",
    "report.html": "report.html.bin",
    "drawing.svg": "drawing.svg.bin",
    "x.js": "x.js.bin",
    "index.php": "index~2Ephp.bin",
    "evil.php.json": "evil~2Ephp.json",
    "page.html.txt": "page.html.txt",
    "noending": "noending.bin",
    ".htaccess": "~2Ehtaccess.bin",
    "_headers": "_headers.bin",
}


@pytest.mark.parametrize(("name", "made"), INERT.items(), ids=str)
def test_a_file_that_a_browser_or_a_server_could_run_gets_another_ending(name, made):
    assert places.inert(name) == made


def test_no_folder_of_assets_is_called_like_a_file():
    file = places.asset_file("ada", "mnist", "latest", "model.json")
    inside = places.asset_file("ada", "mnist", "latest", "model.json/weights.bin")
    assert not inside.startswith(f"{file}/")
    assert places.asset_file("..", "mnist", "latest", "../x.json").split("/") == [
        "assets", "~2E~2E", "mnist", "latest", "~2E~2E", "x.json",
    ]  # fmt: skip


LINKS = {
    ("index.html", "@ada/mnist/index.html"): "@ada/mnist/",
    ("@ada/mnist/index.html", "index.html"): "../../",
    ("@ada/mnist/index.html", "@ada/mnist/index.html"): "./",
    ("@ada/mnist/runs/index.html", "@ada/mnist/runs/page.2/index.html"): "page.2/",
    ("embed/@ada/mnist/index.html", "render/@ada/mnist/v/1.html"): "../../../render/@ada/mnist/v/1.html",
    ("index.html", "@a~2Fb é/index.html"): "@a~2Fb%20%C3%A9/",
}


@pytest.mark.parametrize(("pair", "link"), LINKS.items(), ids=str)
def test_links_are_relative(pair, link):
    assert places.link(*pair) == link
