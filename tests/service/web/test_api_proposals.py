"""A fork's author proposes, the original's owner accepts or declines, and nobody else learns of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from service.conftest import cells
from service.web.test_api_upstream import said_in

HERE = "api/v1/labs/ada/mnist"
PROPOSALS = f"{HERE}/proposals"
ONE = f"{PROPOSALS}/1"


@pytest.fixture
def forked(site) -> Any:
    """bob's fork of ada's lab, with a change of his."""
    site.publish("ada", name="mnist", notebook=cells("# MNIST", "x = 1", "y = 2"))
    assert site.as_("bob").post(f"{HERE}/fork", json={}).status_code == 201
    publish(site, "bob", "# MNIST", "x = 1", "y = 20")
    return site


def publish(site: Any, owner: str, *sources: str) -> None:
    path = f"api/v1/labs/{owner}/mnist/versions"
    assert site.as_(owner).post(path, json={"notebook": cells(*sources)}).status_code == 201


def propose(site: Any, who: str = "bob", headers: dict | None = None, **fields: Any) -> httpx.Response:
    body = {"source": "bob/mnist", "title": "Twenty", "message": "It is `20`.", **fields}
    return site.as_(who).post(PROPOSALS, json=body, headers=headers or {})


@pytest.fixture
def proposed(forked) -> Any:
    answer = propose(forked)
    assert answer.status_code == 201, answer.text
    return forked


def told(site: Any, who: str) -> list[tuple[str, str]]:
    items = site.as_(who).get("api/v1/me/notifications").json()["items"]
    return [(item["kind"], item["text"]) for item in items]


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_the_owner_hears_of_a_proposal(forked):
    forked.as_("ada").put(f"{HERE}/shares/carol", json={"access": "edit"})
    forked.as_("ada").put(f"{HERE}/shares/dan", json={"access": "view"})
    made = propose(forked)
    assert made.status_code == 201
    shape = made.json()
    assert (shape["number"], shape["state"], shape["user"]) == (1, "open", "bob")
    assert (shape["source"], shape["version"], shape["base"]) == ("bob/mnist", 2, 1)
    assert made.headers["Location"].endswith("/@ada/mnist/proposals/1")
    news = ("proposal.new", "bob proposes a change to “MNIST”: Twenty")
    assert news in told(forked, "ada")
    assert news in told(forked, "carol")
    assert "proposal.new" not in [kind for who in ("bob", "dan") for kind, _ in told(forked, who)]
    [item] = forked.as_("ada").get("api/v1/me/notifications").json()["items"]
    assert (item["proposal"], item["url"]) == (1, shape["url"])


def test_it_is_accepted_as_a_version_that_names_its_author(proposed):
    ada = proposed.as_("ada")
    publish(proposed, "ada", "# MNIST", "x = 10", "y = 2")
    changes = ada.get(f"{ONE}/changes").json()
    assert (changes["into"], changes["conflicts"]) == (2, [])
    assert [(cell["change"], cell["b"]) for cell in changes["cells"]] == [("changed", 3)]
    made = ada.post(f"{ONE}/accept", json={"answer": "Thank you."})
    assert made.status_code == 200, made.text
    assert (made.json()["state"], made.json()["merged"], made.json()["closed_by"]) == ("accepted", 3, "ada")
    version = ada.get(f"{HERE}/versions/3").json()
    assert version["author"] == "bob"
    assert version["message"] == "Twenty\n\nProposal 1 by bob, accepted by ada"
    assert said_in(ada.get(f"{HERE}/versions/3/notebook").json()) == ["# MNIST", "x = 10", "y = 20"]
    said = "ada accepted your proposal “Twenty”: it is in version 3 of “MNIST”."
    assert ("proposal.accepted", said) in told(proposed, "bob")
    assert code(ada.post(f"{ONE}/accept", json={})) == (409, "proposal_closed")
    # The fork takes in what is its own without a conflict.
    pulled = proposed.as_("bob").post("api/v1/labs/bob/mnist/upstream/pull", json={})
    assert (pulled.status_code, pulled.json()["merged"]) == (201, 3)


def test_conflicts_are_chosen_by_who_accepts(proposed):
    publish(proposed, "ada", "# MNIST", "x = 1", "y = 3")
    ada = proposed.as_("ada")
    assert code(ada.post(f"{ONE}/accept", json={})) == (409, "merge_conflicts")
    [conflict] = ada.get(f"{ONE}/changes").json()["conflicts"]
    assert (conflict["mine"], conflict["theirs"]) == ("y = 3", "y = 20")
    assert code(ada.post(f"{ONE}/accept", json={"into": 1})) == (412, "lab_changed")
    chosen = {"choices": {conflict["id"]: {"take": "edit", "source": "y = 23"}}, "into": 2}
    assert ada.post(f"{ONE}/accept", json=chosen).status_code == 200
    assert said_in(ada.get(f"{HERE}/versions/3/notebook").json())[-1] == "y = 23"


def test_it_is_declined_with_a_word(proposed):
    made = proposed.as_("ada").post(f"{ONE}/decline", json={"answer": "It is 2."})
    assert (made.json()["state"], made.json()["answer"]) == ("declined", "It is 2.")
    said = "ada declined your proposal “Twenty” for “MNIST”. It is 2."
    assert ("proposal.declined", said) in told(proposed, "bob")
    assert proposed.as_("ada").get(HERE).json()["version"] == 1
    assert propose(proposed, title="Again").json()["number"] == 2


def test_it_is_withdrawn_and_nobody_is_left_waiting(proposed):
    assert code(proposed.as_("ada").post(f"{ONE}/withdraw")) == (404, "proposal_not_found")
    made = proposed.as_("bob").post(f"{ONE}/withdraw")
    assert made.json()["state"] == "withdrawn"
    assert told(proposed, "ada") == []
    assert code(proposed.as_("ada").post(f"{ONE}/accept", json={})) == (409, "proposal_closed")


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"title": " "}, (422, "fields_invalid")),
        ({"title": "x" * 201}, (422, "fields_invalid")),
        ({"message": "x" * 5001}, (422, "fields_invalid")),
        ({"title": "nul \0"}, (422, "fields_invalid")),
        ({"version": 1}, (422, "nothing_to_propose")),
        ({"version": 9}, (404, "version_not_found")),
        ({"source": "ada/mnist"}, (422, "not_a_fork")),
        ({"source": "bob/none"}, (404, "lab_not_found")),
        ({"source": "nonsense"}, (400, "lab_reference_invalid")),
        ({"more": 1}, (422, "fields_invalid")),
    ],
    ids=str,
)
def test_what_cannot_be_proposed(forked, fields, answer):
    assert code(propose(forked, **fields)) == answer
    assert told(forked, "ada") == []


def test_a_fork_of_somebody_else_is_not_mine_to_propose(forked):
    assert code(propose(forked, "eve")) == (422, "not_a_fork")
    assert propose(forked, None).status_code == 403


def test_one_proposal_of_a_fork_is_open_at_a_time(proposed):
    again = propose(proposed)
    assert code(again) == (409, "proposal_open")
    assert again.json()["error"]["detail"] == {"number": 1}


def test_one_key_is_one_proposal_and_one_acceptance(forked):
    def made(_: int) -> tuple[int, int]:
        answer = propose(forked, headers={"Idempotency-Key": "k"})
        return answer.status_code, answer.json().get("number")

    def taken(_: int) -> tuple[int, int]:
        headers = {"Idempotency-Key": "a"}
        answer = forked.as_("ada").post(f"{ONE}/accept", json={}, headers=headers)
        return answer.status_code, answer.json().get("merged")

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(made, range(4))) == {(201, 1)}
        assert set(pool.map(taken, range(4))) == {(200, 2)}
    assert taken(0) == (200, 2)
    assert forked.as_("ada").get(HERE).json()["version"] == 2


def test_if_match(proposed):
    ada = proposed.as_("ada")
    etag = ada.get(ONE).headers["ETag"]
    for what in ("accept", "decline"):
        assert code(ada.post(f"{ONE}/{what}", json={}, headers={"If-Match": '"old"'})) == (
            412,
            "proposal_changed",
        )
    assert ada.post(f"{ONE}/decline", json={}, headers={"If-Match": etag}).status_code == 200


def test_remarks(proposed):
    made = proposed.as_("ada").post(f"{ONE}/remarks", json={"text": "Why twenty?"})
    assert made.status_code == 201
    assert proposed.as_("bob").post(f"{ONE}/remarks", json={"text": "It is better."}).status_code == 201
    found = proposed.as_("bob").get(ONE).json()["remarks"]
    assert [(one["user"], one["text"]) for one in found] == [("ada", "Why twenty?"), ("bob", "It is better.")]
    assert "proposal.remark" in [kind for kind, _ in told(proposed, "bob")]
    assert "proposal.remark" in [kind for kind, _ in told(proposed, "ada")]
    assert code(proposed.as_("bob").delete(f"{ONE}/remarks/{found[0]['id']}")) == (404, "remark_not_found")
    assert proposed.as_("ada").delete(f"{ONE}/remarks/{found[1]['id']}").status_code == 204
    assert proposed.as_("ada").delete(f"{ONE}/remarks/{found[0]['id']}").status_code == 204
    assert proposed.as_("ada").get(ONE).json()["remarks"] == []
    assert code(proposed.as_("ada").post(f"{ONE}/remarks", json={"text": " "})) == (422, "fields_invalid")


def test_lists(proposed):
    proposed.as_("bob").post(f"{ONE}/withdraw")
    propose(proposed, title="Second")
    ada = proposed.as_("ada")
    numbers = [item["number"] for item in ada.get(PROPOSALS).json()["items"]]
    assert numbers == [2, 1]
    assert [item["number"] for item in ada.get(f"{PROPOSALS}?state=open").json()["items"]] == [2]
    page = ada.get(f"{PROPOSALS}?limit=1").json()
    assert [item["number"] for item in page["items"]] == [2]
    assert [item["number"] for item in ada.get(f"{PROPOSALS}?cursor={page['next']}").json()["items"]] == [1]


SEES = {
    # The lab is public, the fork is private: who edits the lab, and the author.
    "private fork": {"ada": 200, "carol": 200, "bob": 200, "eve": 404, None: 404, "admin": 200},
    # Both are public: whoever reads both.
    "public": {"ada": 200, "carol": 200, "bob": 200, "eve": 200, None: 200, "admin": 200},
    # The fork is gone: what was offered stays with those to whom it was.
    "deleted fork": {"ada": 200, "carol": 200, "bob": 200, "eve": 404, None: 404, "admin": 200},
    # The lab is private: it is as if it did not exist.
    "private lab": {"ada": 200, "carol": 200, "bob": 404, "eve": 404, None: 404, "admin": 200},
}


@pytest.mark.parametrize("case", SEES)
def test_who_sees_a_proposal(proposed, case):
    ada, bob = proposed.as_("ada"), proposed.as_("bob")
    ada.put(f"{HERE}/shares/carol", json={"access": "edit"})
    if case == "private fork":
        bob.patch("api/v1/labs/bob/mnist", json={"visibility": "private"})
    elif case == "deleted fork":
        bob.delete("api/v1/labs/bob/mnist")
        bob.delete("api/v1/me/trash")
    elif case == "private lab":
        ada.patch(HERE, json={"visibility": "private"})
    for who, status in SEES[case].items():
        client = proposed.as_(who)
        for path in (ONE, f"{ONE}/changes", f"{ONE}/notebook"):
            assert client.get(path).status_code == status, (who, path)
        listed = client.get(PROPOSALS)
        seen = listed.status_code == 200 and "Twenty" in listed.text
        assert seen == (status == 200), who
        if who == "eve":
            said = client.post(f"{ONE}/remarks", json={"text": "Me too."})
            assert said.status_code == (201 if status == 200 else 404)
            for what in ("accept", "decline", "withdraw"):
                assert client.post(f"{ONE}/{what}", json={}).status_code == 404
    source = ada.get(ONE).json()["source"]
    assert source == (None if "fork" in case else "bob/mnist")
    if case == "deleted fork":
        assert ada.post(f"{ONE}/accept", json={}).json()["merged"] == 2
        assert said_in(ada.get(f"{HERE}/versions/2/notebook").json())[-1] == "y = 20"


def test_reports_and_what_administrators_take_down(proposed):
    number = proposed.as_("ada").get(ONE).json()["id"]
    sent = proposed.as_("eve").post("api/v1/reports", json={"proposal": number, "reason": "Advertising."})
    assert sent.status_code == 201, sent.text
    [report] = proposed.as_("admin").get("api/v1/reports").json()["items"]
    assert (report["kind"], report["owner"], report["said"]) == ("proposal", "bob", "Twenty\n\nIt is `20`.")
    assert report["url"].endswith("/@ada/mnist/proposals/1")
    page = proposed.session("admin")
    form = {"do": "take down", "kind": "proposal", "about": number, "reason": "Advertising"}
    form["_xsrf"] = page.headers["X-XSRFToken"]
    assert page.post("admin/decide", data=form).status_code == 303
    assert proposed.as_("admin").get("api/v1/reports").json()["items"] == []
    status = {who: proposed.as_(who).get(ONE).status_code for who in ("ada", "bob", "eve", "admin")}
    assert status == {"ada": 404, "bob": 200, "eve": 404, "admin": 200}
    form |= {"do": "restore", "reason": ""}
    assert page.post("admin/decide", data=form).status_code == 303
    assert proposed.as_("ada").get(ONE).status_code == 200


def test_too_many(proposed):
    proposed.service.social.proposals.most = 1
    proposed.as_("bob").post(f"{ONE}/withdraw")
    answer = propose(proposed)
    assert code(answer) == (429, "too_many")
    assert int(answer.headers["Retry-After"]) > 0
