"""What a lab's pages tell, and what they offer to whom."""

from __future__ import annotations

import pytest

BASE = "/services/mlabs/"
RUN, OPEN_RUN, DRAFT_RUN = (f"01JCQ3W3T9V0Q8X5H7ZK2M000{n}" for n in (1, 2, 3))


@pytest.mark.parametrize(
    ("who", "offered", "withheld"),
    [
        pytest.param(None, ["fork/@ada/mnist"], ["open/@ada/mnist", "@ada/mnist/settings"], id="signed-out"),
        pytest.param("ada", ["open/@ada/mnist", "fork/@ada/mnist", "@ada/mnist/settings"], [], id="owner"),
        pytest.param("bob", ["fork/@ada/mnist"], ["open/@ada/mnist", "@ada/mnist/settings"], id="other"),
        pytest.param("admin", ["fork/@ada/mnist", "@ada/mnist/settings"], ["open/@ada/mnist"], id="admin"),
    ],
)
def test_a_lab_offers_each_what_they_may_do(town, who, offered, withheld):
    links = town.page(who, "@ada/mnist").links()
    assert all(BASE + path in links for path in offered)
    assert not any(BASE + path in links for path in withheld)


def test_a_lab_shows_how_it_ran(town):
    page = town.page(None, f"@ada/mnist/runs/{RUN}")
    for words in ("Succeeded", "1 min 36 s", "Python", "ada", "Cells executed 1"):
        assert words in page.text
    lab = town.page(None, "@ada/mnist")
    assert f"{BASE}@ada/mnist/runs/{RUN}" in lab.links()
    assert "Last run Open" in lab.text
    assert "Run time" in lab.text


def test_the_notebook_comes_in_a_sandboxed_frame(town, site):
    renderer = site.service.renderer.version
    [frame] = town.page(None, "@ada/mnist").all("iframe")
    assert frame["src"] == f"{BASE}render/@ada/mnist/v/1?theme=auto&r={renderer}"
    assert (frame["sandbox"], frame["allow"]) == ("allow-scripts", "clipboard-write")
    [frame] = town.page(None, f"@ada/mnist/runs/{RUN}").all("iframe")
    assert frame["src"] == f"{BASE}render/@ada/mnist/runs/{RUN}?theme=auto"


def test_lineage_is_told_on_both_sides(town):
    assert f"{BASE}@ada/mnist/v/1" in town.page(None, "@bob/mnist").links()
    assert f"{BASE}@bob/mnist" in town.page(None, "@ada/mnist/forks").links()


def test_a_parent_that_became_private_is_not_named(town, site):
    site.as_("ada").patch("api/v1/labs/ada/mnist", json={"visibility": "private"})
    page = town.page(None, "@bob/mnist")
    assert "forked from a lab that is no longer visible" in page.text
    assert not [href for href in page.links() if "@ada" in href]


def test_a_deep_line_of_forks_is_shown(site, town):
    parent = "ada/mnist"
    for n in range(40):
        answer = site.as_("bob").post(f"api/v1/labs/{parent}/fork", json={"name": f"deep-{n}"})
        assert answer.status_code == 201
        parent = f"bob/deep-{n}"
    assert f"{BASE}@bob/deep-39" in town.page(None, "@ada/mnist/forks").links()


def test_an_older_version_says_so_and_stays(site, town, make_notebook):
    notebook = make_notebook("# Changed", "2 + 2")
    answer = site.as_("ada").post(
        "api/v1/labs/ada/mnist/versions", json={"notebook": notebook, "message": "Twice"}
    )
    assert answer.status_code == 201
    old = town.page(None, "@ada/mnist/v/1")
    assert "Version 1 of 2." in old.text
    assert "There is a newer version." in old.text
    assert "/v/1?" in old.all("iframe")[0]["src"]
    new = town.page(None, "@ada/mnist")
    assert "/v/2?" in new.all("iframe")[0]["src"]
    assert "Twice" in new.text


def test_sharing_hands_out_absolute_addresses(town, site):
    page = town.get(None, "@ada/mnist").text
    assert f'value="{site.url}@ada/mnist"' in page
    assert f"&lt;iframe src=&#34;{site.url}embed/@ada/mnist&#34;" in page
    assert f"[![Open in MLabs]({site.url}badge.svg)]({site.url}@ada/mnist)" in page


def test_every_link_of_a_lab_leads_somewhere(town):
    for path in ("@ada/mnist", f"@ada/mnist/runs/{RUN}", "@ada/mnist/forks", "@bob/mnist"):
        for href in {link.partition("#")[0] for link in town.page("ada", path).links()}:
            if href.startswith(BASE):
                assert town.get("ada", href.removeprefix(BASE)).status_code == 200, (path, href)


def test_a_failed_run_shows_its_error_and_cell(town):
    page = town.page("ada", f"@ada/draft/runs/{DRAFT_RUN}")
    assert "Failed" in page.text
    assert "Raised in cell 1 below ValueError: <b>bad</b>" in page.text


def test_a_run_belongs_to_its_lab_only(town):
    town.page("ada", f"@ada/draft/runs/{RUN}", 404)


@pytest.mark.parametrize(("run", "followed"), [(RUN, False), (OPEN_RUN, True)], ids=["ended", "open"])
def test_only_an_open_run_is_followed(town, run, followed):
    assert ("data-run=" in town.get(None, f"@ada/mnist/runs/{run}").text) == followed
