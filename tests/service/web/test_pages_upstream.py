"""The pages of a fork about its original, and of proposals, as people use them without JupyterLab."""

from __future__ import annotations

import pytest
from service.conftest import cells
from service.web.conftest import Html, Town

FORK = "@bob/mnist"
TITLE = '<b>"Twenty"</b>'


def publish(town: Town, owner: str, *sources: str) -> None:
    path = f"api/v1/labs/{owner}/mnist/versions"
    assert town.site.as_(owner).post(path, json={"notebook": cells(*sources)}).status_code == 201


def said(town: Town, owner: str) -> list[str]:
    made = town.site.as_(owner).get(f"api/v1/labs/{owner}/mnist/versions/latest/notebook").json()
    return ["".join(cell["source"]) for cell in made["cells"]]


def hidden(page: Html) -> dict[str, str]:
    """What the page's forms send by themselves."""
    wanted = ("into", "key", "version")
    return {one["name"]: one["value"] for one in page.all("input", type="hidden") if one["name"] in wanted}


@pytest.fixture
def forked(town) -> Town:
    """ada's lab with a change that bob's fork has not, and one of his own there."""
    publish(town, "ada", "# MNIST", "x = 1", "y = 2")
    publish(town, "bob", "# MNIST", "x = 1", "y = 2")
    town.site.as_("bob").post("api/v1/labs/bob/mnist/upstream/pull", json={})
    publish(town, "ada", "# MNIST", "x = 10", "y = 2", "z = 3")
    return town


def test_the_forks_page_says_what_is_new(forked):
    assert "The original, of ada, has 1 new version." in forked.page("bob", FORK).text
    assert "new version" not in forked.page("eve", FORK).text
    page = forked.page("bob", f"{FORK}/upstream")
    assert "1 new version" in page.text
    assert f"/services/mlabs/{FORK}/propose" in page.links()
    assert "/services/mlabs/@ada/mnist/compare/2...3" in page.links()
    other = forked.page("eve", f"{FORK}/upstream")
    assert "Who owns this fork can take that in." in other.text
    assert not other.all("form", action=f"/services/mlabs/{FORK}/upstream")


def test_a_clean_merge_takes_one_click(forked):
    page = forked.page("bob", f"{FORK}/upstream")
    assert "Take it in, as version" in page.text
    fields = hidden(page)
    answer = forked.send("bob", f"{FORK}/upstream", **fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/services/mlabs/{FORK}")
    assert said(forked, "bob") == ["# MNIST", "x = 10", "y = 2", "z = 3"]
    again = forked.send("bob", f"{FORK}/upstream", **fields)
    assert again.status_code == 303, "a double click is one merge"
    page = forked.page("bob", f"{FORK}/upstream")
    assert "Nothing new in the original" in page.text
    assert "new version" not in forked.page("bob", FORK).text.replace("gets a new version", "")


def test_conflicts_are_chosen_in_the_page(forked):
    publish(forked, "bob", "# MNIST", "x = 5", "y = 2")
    page = forked.page("bob", f"{FORK}/upstream")
    assert "1 cell to choose" in page.text
    names = {one["name"] for one in page.all("input", type="radio")}
    assert len(names) == 1
    [name] = names
    fields = hidden(page)
    refused = forked.send("bob", f"{FORK}/upstream", **fields)
    assert refused.status_code == 409
    assert "choose for each such cell" in refused.text
    edit = {name: "edit", name.replace("choice-", "source-"): "x = 5\r\nx += 10"}
    assert forked.send("bob", f"{FORK}/upstream", **fields, **edit).status_code == 303
    assert said(forked, "bob") == ["# MNIST", "x = 5\nx += 10", "y = 2", "z = 3"]


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("into", "1", 412),
        ("into", "9" * 5000, 303),
        ("version", "8", 404),
        ("choice-cell-1", "nonsense", 422),
    ],
    ids=["older", "huge", "absent", "odd"],
)
def test_odd_forms(forked, field, value, status):
    assert forked.send("bob", f"{FORK}/upstream", **{field: value}).status_code == status


def test_both_are_compared(forked):
    page = forked.page("bob", f"{FORK}/upstream/compare")
    assert "What differs" in page.text
    assert "Version 3 of ada/mnist" in page.text
    assert "/services/mlabs/@ada/mnist/v/3" in page.links()


def test_what_is_no_fork_has_no_such_pages(forked):
    for end in ("upstream", "upstream/compare", "propose"):
        assert forked.get("ada", f"@ada/mnist/{end}").status_code == 404
    assert forked.get("eve", f"{FORK}/propose").status_code == 404
    assert forked.get(None, f"{FORK}/propose").status_code in (302, 303, 403)


@pytest.fixture
def proposed(forked) -> Town:
    publish(forked, "bob", "# MNIST", "x = 1", "y = 20")
    answer = forked.send("bob", f"{FORK}/propose", title=TITLE, message="It is `20`.", key="k")
    assert answer.headers["Location"] == "/services/mlabs/@ada/mnist/proposals/1"
    return forked


def test_a_proposal_is_found_and_accepted(proposed):
    assert "1 proposal waits for your answer." in proposed.page("ada", "@ada/mnist").text
    assert TITLE in proposed.page("ada", "@ada/mnist/proposals").text
    page = proposed.page("ada", "@ada/mnist/proposals/1")
    assert TITLE in page.text
    assert not page.all("b")
    assert "What it changes in version 3" in page.text
    # Who opens it has read of it; who was not told has nothing to read.
    assert [bool(one["data-news"]) for one in page.all("span") if "data-news" in one] == [True]
    other = proposed.page("bob", "@ada/mnist/proposals/1")
    assert not [one for one in other.all("span") if "data-news" in one]
    path = "@ada/mnist/proposals/1"
    answer = proposed.send("ada", path, do="accept", answer="Thank you", **hidden(page))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/services/mlabs/{path}")
    assert said(proposed, "ada") == ["# MNIST", "x = 10", "y = 20", "z = 3"]
    page = proposed.page("bob", path)
    assert "accepted it" in page.text
    assert "Thank you" in page.text
    assert "/services/mlabs/@bob" in proposed.page(None, "@ada/mnist/versions").links()
    assert "No open proposals" in proposed.page("ada", "@ada/mnist/proposals").text
    assert TITLE in proposed.page("ada", "@ada/mnist/proposals?state=accepted").text
    notes = proposed.page("bob", "me/notifications")
    assert "/services/mlabs/@ada/mnist/proposals/1" in notes.links()


def test_remarks_and_a_refusal(proposed):
    path = "@ada/mnist/proposals/1"
    assert proposed.send("ada", path, do="say", text="Why <i>20</i>?").status_code == 303
    page = proposed.page("bob", path)
    assert "Why <i>20</i>?" in page.text
    assert not page.all("i")
    [remark] = [one["value"] for one in proposed.page("ada", path).all("input", name="remark")]
    assert proposed.send("ada", path, do="unsay", remark=remark).status_code == 303
    assert proposed.send("ada", path, do="nonsense").status_code == 400
    assert proposed.send("eve", path, do="decline").status_code == 404
    assert proposed.send("ada", path, do="decline", answer="It is 2.").status_code == 303
    assert "It is 2." in proposed.page("bob", path).text


def test_one_s_own_is_withdrawn(proposed):
    path = "@ada/mnist/proposals/1"
    assert "One proposal at a time" in proposed.page("bob", f"{FORK}/propose").text
    assert proposed.send("bob", path, do="withdraw").status_code == 303
    assert "Withdrawn by bob" in proposed.page("ada", path).text
    assert "Propose your changes" in proposed.page("bob", f"{FORK}/propose").text


def test_a_title_is_needed(forked):
    publish(forked, "bob", "# MNIST", "x = 1", "y = 20")
    answer = forked.send("bob", f"{FORK}/propose", title=" ", message="Kept <text>")
    assert answer.status_code == 422
    assert "Say in a few words what" in answer.text
    assert "Kept &lt;text&gt;" in answer.text
