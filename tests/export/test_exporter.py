"""What an export holds: all that anybody may read, nothing else, and every link in it leads to a file."""

from __future__ import annotations

import json
import re
from html import unescape
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from export.conftest import MODEL, add_files
from service.web.conftest import OPEN_RUN, RUN, ok
from support.known_tokens import KnownTokens, person

from mlabs_ext.errors import NotFound

SITE = "https://labs.example.org"


def dead_links(copy) -> list[str]:
    """Every address in every page that leads to no file, as a plain file server answers."""
    files, dead = copy.files(), []
    for file in files:
        if not file.endswith(".html"):
            continue
        text = files[file].decode()
        for found in re.findall(r'\s(?:href|src|action|data-charts)="([^"]*)"', text):
            url = urlsplit(urljoin(f"http://copy/{file.replace('%', '%25')}", unescape(found)))
            path = unquote(url.path).removeprefix("/")
            wanted = f"{path}index.html" if path.endswith("/") or not path else path
            if url.netloc == "copy" and url.scheme == "http" and wanted not in files:
                dead.append(f"{file}: {found}")
    return dead


def test_all_that_is_public_is_there_and_holds_together(old_copy):
    copy, done = old_copy
    assert dead_links(copy) == []
    files = copy.files()
    assert done["labs"] == 3 and done["files"] == len(files) - 2
    run = f"@ada/mnist/runs/{RUN}/index.html"
    for file in ("index.html", "@ada/index.html", "@bob/mnist/index.html", "@ada/mnist/v/1/index.html", run):
        assert "Content-Security-Policy" in files[file].decode()
    assert "succeeded" in copy.page(run).text.lower()
    assert json.loads(files["search.json"])["labs"][-1]["path"] == "@ada/mnist/"
    assert not [file for file in files if "/services/mlabs" in files[file].decode(errors="replace")]


def test_files_are_there_by_the_addresses_that_front_ends_load(old_copy):
    copy, _ = old_copy
    files = copy.files()
    for which in (RUN, "latest"):
        assert files[f"assets/ada/mnist/{which}/model/model.json"] == MODEL["model.json"]
        assert files[f"assets/ada/mnist/{which}/model/report.html.bin"] == MODEL["report.html"]
    assert files["assets/ada/mnist/latest/notes.txt"] == b"by hand"
    links = copy.page(f"@ada/mnist/runs/{RUN}/index.html").all("a", download="report.html")
    assert [link["href"] for link in links] == [f"../../../../assets/ada/mnist/{RUN}/model/report.html.bin"]
    assert json.loads(files["api/v1/labs/ada/mnist/versions/1/notebook.ipynb"])["nbformat"] == 4


def test_nothing_that_is_not_public(old_copy):
    copy, _ = old_copy
    text = b"\n".join(copy.files().values()).decode(errors="replace") + "\n".join(copy.files())
    for word in (
        *("ecret plan", "ada/secret", "Half hidden", "ada/hidden"),
        "Only begun",
        "ada/draft",
        OPEN_RUN,
    ):
        assert word not in text


def test_what_is_not_public_any_more_is_gone_next_time(town, export):
    export()
    ok(town.site.as_("ada").patch("api/v1/labs/ada/mnist", json={"visibility": "private"}))
    copy, done = export()
    assert not [file for file in copy.files() if "ada/mnist" in file or "@ada" in file]
    assert "@ada" not in copy.text("@bob/mnist/index.html")
    assert done["removed"] > 5
    assert dead_links(copy) == []


def test_twice_the_same_is_the_same(town, export):
    add_files(town)
    copy, _ = export()
    before = copy.files()
    stats = {file: (copy.root / file).stat() for file in before if file != "mlabs-export.json"}
    copy, done = export()
    assert done["written"] == done["removed"] == 0
    after = copy.files()
    assert [file for file in after if after[file] != before.get(file)] in ([], ["mlabs-export.json"])
    assert {file: (copy.root / file).stat() for file in stats} == stats
    other, _ = export(folder="other")
    assert {file: other.files()[file] for file in stats} == {file: after[file] for file in stats}


def test_with_its_original_known_the_copy_leads_there(old_export):
    copy, done = old_export(site=SITE)
    base = f"{SITE}/services/mlabs/"
    assert done["site"] == base
    page = copy.page("@ada/mnist/index.html")
    assert f"{base}@ada/mnist" in page.links()
    assert page.all("link", rel="canonical") == [{"rel": "canonical", "href": f"{base}@ada/mnist"}]
    assert f"{base}@ada/mnist/runs/{OPEN_RUN}" in page.links()
    assert not [link for link in page.links() if re.search("/(fork|open|login|new)", link)]
    assert dead_links(copy) == []


def test_nothing_is_offered_that_needs_a_server(old_copy):
    copy, _ = old_copy
    for file, data in copy.files().items():
        if file.endswith("index.html"):
            page = copy.page(file)
            assert not page.all("form", method="post"), file
            assert not page.all("input", name="run"), file
            asking = "/(fork|open|login|new|me)(/|$)"
            assert not [link for link in page.links() if re.search(asking, link)], file
            assert b"data-server" not in data
            assert b"data-run=" not in data
    assert "This is a copy to read" in copy.page("@ada/mnist/index.html").text


def test_notebooks_stay_in_a_sandbox(old_copy):
    copy, _ = old_copy
    for file in ("@ada/mnist/index.html", "embed/@ada/mnist/index.html", f"@ada/mnist/runs/{RUN}/index.html"):
        (frame,) = copy.page(file).all("iframe")
        assert frame["sandbox"] == "allow-scripts"
        assert frame["src"].partition("?")[0].endswith(".html")
    document = copy.text("render/@ada/mnist/v/1.html")
    assert "connect-src 'none'" in document and "self.origin" in document


def test_one_lab(old_export):
    copy, done = old_export("ada/mnist")
    assert done["labs"] == 1
    assert not [file for file in copy.files() if "@bob" in file or file in ("@ada/index.html", "search.json")]
    assert copy.page("index.html").links() == ["@ada/mnist/"]
    assert "bob/mnist" in copy.page("@ada/mnist/forks/index.html").text
    assert dead_links(copy) == []


def test_a_persons_labs(old_export):
    copy, done = old_export("@bob")
    assert done["labs"] == 2
    assert copy.page("index.html").links() == ["@bob/"]
    assert "ada/mnist" in copy.page("@bob/mnist/index.html").text
    assert not [file for file in copy.files() if "@ada" in file]
    assert dead_links(copy) == []


def test_an_unlisted_lab_is_exported_by_its_name_alone(old_export):
    copy, _ = old_export("ada/hidden")
    robots = copy.page("@ada/hidden/index.html").all("meta", name="robots")
    assert robots == [{"name": "robots", "content": "noindex"}]


def test_a_lab_that_is_private_now_leaves_nobody_in_the_dark_about_its_copy(town, export):
    export("ada/mnist")
    ok(town.site.as_("ada").patch("api/v1/labs/ada/mnist", json={"visibility": "private"}))
    with pytest.raises(NotFound, match="still has an earlier export"):
        export("ada/mnist")


@pytest.mark.parametrize("what", ["ada/secret", "ada/draft", "ada/none", "@nobody"])
def test_what_nobody_may_see_does_not_exist(old_export, what):
    with pytest.raises(NotFound) as failed:
        old_export(what)
    assert failed.value.code in ("lab_not_found", "owner_not_found")


def test_owners_may_have_any_name(site, export, monkeypatch):
    names = ["../../etc", "a/b", "Ä é", "x%2Fy", "q?a#b", "o\"'<b>&", "."]
    for number, name in enumerate(names):
        monkeypatch.setitem(KnownTokens.tokens, f"odd-{number}-token", person(name))
        site.publish(f"odd-{number}", name="mine", title="Odd")
    copy, _ = export()
    assert dead_links(copy) == []
    pages = [file for file in copy.files() if re.fullmatch("@[^/]+/mine/index.html", file)]
    assert len(pages) == len(names)
    assert all(copy.page(page).text.count("Odd") for page in pages)
    assert not [path for path in copy.root.parent.iterdir() if path.name == "etc"]


def test_lists_of_many_pages(site, export, monkeypatch):
    for module, size in (("explore", 3), ("profile", 3), ("runs", 1)):
        monkeypatch.setattr(f"mlabs_ext.service.web.pages.{module}.PAGE", size)
    for n in range(5):
        site.publish("ada", name=f"lab-{n}", title=f"Lab {n}")
    copy, _ = export()
    assert dead_links(copy) == []
    pages = ["index.html", "page.2/index.html", "page.3/index.html"]
    assert [len(copy.page(page).all("li", **{"class": "card hue-0"})) for page in pages] == [3, 3, 2]
    assert {"@ada/page.2/index.html", "@ada/mnist/runs/page.2/index.html"} <= copy.files().keys()
    index = {lab["path"]: lab["page"] for lab in json.loads(copy.text("search.json"))["labs"]}
    assert index["@ada/lab-4/"] == 1 and index["@ada/mnist/"] == 3


def test_a_lab_that_becomes_private_meanwhile_is_left_out(town, export, monkeypatch):
    from mlabs_ext.export.exporter import Exporter

    real = Exporter.page

    async def page(self, address, *args, **more):
        if address == "@ada/mnist/forks":
            ok(town.site.as_("ada").patch("api/v1/labs/ada/mnist", json={"visibility": "private"}))
        return await real(self, address, *args, **more)

    monkeypatch.setattr(Exporter, "page", page)
    copy, done = export()
    assert done["labs"] == 2
    assert not [file for file in copy.files() if "ada/mnist" in file]
