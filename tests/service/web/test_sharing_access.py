"""Who gets what of a private lab that is shared, by every address that there is: a table of them all."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from service.conftest import cells
from service.web.conftest import DRAFT_RUN, RUN, record
from service.web.test_thumbnails import illustrate
from ulid import ULID

from mlabs_ext.service.web import assets, pages, rendered, thumbnails
from mlabs_ext.service.web.api import CALLS
from mlabs_ext.service.web.openapi import operations

TITLE = "Secret plan"
# Who sees it while it is shared, and who never does; "link" has its cookie and no account.
PEOPLE = {
    "owner": "ada",
    "viewer": "bob",
    "editor": "carol",
    "member": "dan",
    "link": None,
    "guest": "frank",
    "stranger": "eve",
    "signed out": None,
}
SEE = ["owner", "viewer", "editor", "member", "link", "guest"]
NAMED = ["owner", "viewer", "editor", "member", "guest"]
EDIT = ["owner", "editor"]
# It takes its time: asked once for those who may.
SLOW = ["link"]
# The owner's own, which other tests show to work.
OWN: list[str] = []
# What is the same for everybody, whatever there is.
ALL = list(PEOPLE)


@dataclass
class Ask:
    """One request, and who is answered; `form` is sent as a page does, `body` as JSON."""

    may: list[str]
    verb: str = "get"
    body: Any = None
    form: dict[str, str] | None = None
    accept: str = "text/html"


API = {
    ("get", "/labs/{owner}/{lab}"): Ask(SEE),
    ("patch", "/labs/{owner}/{lab}"): Ask(EDIT, body={"description": "New"}),
    ("delete", "/labs/{owner}/{lab}"): Ask(OWN),
    ("post", "/labs/{owner}/{lab}/fork"): Ask(NAMED, body={}),
    ("get", "/labs/{owner}/{lab}/forks"): Ask(SEE),
    ("get", "/labs/{owner}/{lab}/runtime"): Ask(SEE),
    ("post", "/labs/{owner}/{lab}/restore"): Ask(OWN),
    ("get", "/labs/{owner}/{lab}/preflight"): Ask(NAMED),
    ("get", "/labs/{owner}/{lab}/versions"): Ask(SEE),
    ("post", "/labs/{owner}/{lab}/versions"): Ask(EDIT, body={"restore": 1}),
    ("get", "/labs/{owner}/{lab}/versions/{number}"): Ask(SEE),
    ("get", "/labs/{owner}/{lab}/versions/{number}/notebook"): Ask(SEE),
    ("get", "/labs/{owner}/{lab}/runs"): Ask(SEE),
    ("post", "/labs/{owner}/{lab}/runs"): Ask(OWN, body={}),
    ("get", "/labs/{owner}/{lab}/board"): Ask(SEE),
    ("get", "/labs/{owner}/{lab}/compare/{a}...{b}"): Ask(SLOW),
    # It is no fork.
    ("get", "/labs/{owner}/{lab}/upstream"): Ask(OWN),
    ("get", "/labs/{owner}/{lab}/upstream/compare"): Ask(OWN),
    ("post", "/labs/{owner}/{lab}/upstream/merge"): Ask(OWN, body={}),
    ("post", "/labs/{owner}/{lab}/upstream/pull"): Ask(OWN, body={}),
    ("get", "/labs/{owner}/{lab}/proposals"): Ask(SEE),
    ("post", "/labs/{owner}/{lab}/proposals"): Ask(OWN, body={"source": "ada/none", "title": "T"}),
    # Of a private fork: for who edits the lab. Of what is decided once there is none in this test.
    ("get", "/labs/{owner}/{lab}/proposals/{proposal}"): Ask(EDIT),
    ("get", "/labs/{owner}/{lab}/proposals/{proposal}/changes"): Ask(EDIT),
    ("get", "/labs/{owner}/{lab}/proposals/{proposal}/notebook"): Ask(EDIT),
    ("post", "/labs/{owner}/{lab}/proposals/{proposal}/accept"): Ask(OWN, body={}),
    ("post", "/labs/{owner}/{lab}/proposals/{proposal}/decline"): Ask(OWN, body={}),
    ("post", "/labs/{owner}/{lab}/proposals/{proposal}/withdraw"): Ask(OWN),
    ("post", "/labs/{owner}/{lab}/proposals/{proposal}/remarks"): Ask(EDIT, body={"text": "Well done."}),
    ("delete", "/labs/{owner}/{lab}/proposals/{proposal}/remarks/{remark}"): Ask(OWN),
    ("get", "/labs/{owner}/{lab}/assets"): Ask(SEE),
    ("get", "/labs/{owner}/{lab}/assets.zip"): Ask(SEE),
    ("put", "/labs/{owner}/{lab}/assets/{path}"): Ask(OWN, body={}),
    ("delete", "/labs/{owner}/{lab}/assets/{path}"): Ask(OWN),
    ("get", "/labs/{owner}/{lab}/schedule"): Ask(OWN),
    ("put", "/labs/{owner}/{lab}/schedule"): Ask(OWN, body={"cron": "@daily"}),
    ("delete", "/labs/{owner}/{lab}/schedule"): Ask(OWN),
    ("get", "/labs/{owner}/{lab}/shares"): Ask(OWN),
    ("get", "/labs/{owner}/{lab}/shares/{who}"): Ask(OWN),
    ("put", "/labs/{owner}/{lab}/shares/{who}"): Ask(OWN, body={"access": "edit"}),
    ("delete", "/labs/{owner}/{lab}/shares/{who}"): Ask(OWN),
    ("post", "/labs/{owner}/{lab}/shares/links"): Ask(OWN, body={}),
    ("delete", "/labs/{owner}/{lab}/shares/links/{link}"): Ask(OWN),
    ("put", "/labs/{owner}/{lab}/star"): Ask(NAMED, body={}),
    ("delete", "/labs/{owner}/{lab}/star"): Ask(NAMED),
    ("get", "/labs/{owner}/{lab}/models"): Ask(SEE),
    ("get", "/labs/{owner}/{lab}/data"): Ask(SEE),
    # Of a dataset that nobody has.
    ("put", "/labs/{owner}/{lab}/data/{of}/{dataset}"): Ask(OWN, body={}),
    ("delete", "/labs/{owner}/{lab}/data/{of}/{dataset}"): Ask(OWN),
    ("get", "/labs/{owner}/{lab}/comments"): Ask(SEE),
    ("post", "/labs/{owner}/{lab}/comments"): Ask(NAMED, body={"text": "Well done."}),
    ("get", "/labs/{owner}/{lab}/comments/cells"): Ask(SEE),
    # Into a collection of one's own: see below.
    ("put", "/collections/{owner}/{collection}/labs/{of}/{lab}"): Ask(OWN, body={}),
    ("delete", "/collections/{owner}/{collection}/labs/{of}/{lab}"): Ask(OWN),
    # For administrators alone.
    ("get", "/labs/{owner}/{lab}/takedown"): Ask(OWN),
    ("put", "/labs/{owner}/{lab}/takedown"): Ask(OWN, body={"reason": "Advertising"}),
    ("delete", "/labs/{owner}/{lab}/takedown"): Ask(OWN),
    ("get", "/runs/{run}"): Ask(SEE),
    ("delete", "/runs/{run}"): Ask(OWN),
    ("get", "/runs/{run}/metrics"): Ask(SEE),
    ("get", "/runs/{run}/packages"): Ask(SEE),
    # The stream itself: its first bytes are its answer.
    ("get", "/runs/{run}/events"): Ask(SEE, accept="text/event-stream"),
    ("post", "/runs/{run}/events"): Ask(OWN, body={"events": []}),
    ("get", "/runs/{run}/notebook"): Ask(SEE),
    ("get", "/runs/{run}/outputs"): Ask(SEE),
    ("get", "/runs/{run}/outputs.zip"): Ask(SEE),
    ("get", "/runs/{run}/outputs/{path}"): Ask(SEE),
    ("put", "/runs/{run}/outputs/{path}"): Ask(OWN, body={}),
    ("post", "/runs/{run}/stop"): Ask(OWN),
    ("get", "/runs/{run}/order"): Ask(OWN),
    # For the hub alone.
    ("get", "/runs/{run}/runtime"): Ask(OWN),
}
LAB, PLACE = "@ada/{lab}", pages.LAB
OTHERS = re.compile("/(collections|datasets|models)/|^docs/")
PAGES = {
    rf"open/{PLACE}": [(f"open/{LAB}", Ask(NAMED)), (f"open/{LAB}", Ask(NAMED[1:], "post", form={}))],
    rf"open/{PLACE}/wait": [(f"open/{LAB}/wait", Ask(NAMED))],
    rf"fork/{PLACE}": [
        (f"fork/{LAB}", Ask(NAMED)),
        (f"fork/{LAB}", Ask(NAMED, "post", form={"open": "later"})),
    ],
    rf"run/{PLACE}": [(f"run/{LAB}", Ask(OWN)), (f"run/{LAB}", Ask(OWN, "post", form={}))],
    # An embed shows what everybody may see, whoever looks.
    rf"embed/{PLACE}": [(f"embed/{LAB}", Ask(OWN)), (f"embed/{LAB}?run={{run}}", Ask(OWN))],
    PLACE: [(LAB, Ask(SEE))],
    rf"{PLACE}/v/([1-9][0-9]{{0,8}})": [(f"{LAB}/v/1", Ask(SEE))],
    rf"{PLACE}/runs": [(f"{LAB}/runs", Ask(SEE))],
    rf"{PLACE}/runs/([^/]+)": [(f"{LAB}/runs/{{run}}", Ask(SEE)), (f"{LAB}/runs/{{draft}}", Ask(OWN))],
    rf"{PLACE}/runs/([^/]+)/stop": [(f"{LAB}/runs/{{run}}/stop", Ask(OWN, "post", form={}))],
    rf"{PLACE}/schedule": [
        (f"{LAB}/schedule", Ask(OWN)),
        (f"{LAB}/schedule", Ask(OWN, "post", form={"preset": "daily"})),
    ],
    rf"{PLACE}/reproduced\.svg": [(f"{LAB}/reproduced.svg", Ask(OWN))],
    rf"{PLACE}/forks": [(f"{LAB}/forks", Ask(SEE))],
    rf"{PLACE}/versions": [(f"{LAB}/versions", Ask(SEE))],
    rf"{PLACE}/v/([1-9][0-9]{{0,8}})/script": [(f"{LAB}/v/1/script", Ask(SEE))],
    rf"{PLACE}/v/([1-9][0-9]{{0,8}})/html": [(f"{LAB}/v/1/html", Ask(SEE))],
    rf"{PLACE}/(?:v/([1-9][0-9]{{0,8}})/)?(cite\.bib|CITATION\.cff)": [
        (f"{LAB}/cite.bib", Ask(SEE)),
        (f"{LAB}/v/1/CITATION.cff", Ask(SEE)),
    ],
    # Feeds have what everybody may see, whoever asks.
    rf"{PLACE}/versions\.atom": [(f"{LAB}/versions.atom", Ask(OWN))],
    rf"{PLACE}/runs\.atom": [(f"{LAB}/runs.atom", Ask(OWN))],
    rf"{PLACE}/star": [(f"{LAB}/star", Ask(NAMED, "post", form={"do": "give"}))],
    rf"{PLACE}/comments": [
        (f"{LAB}/comments", Ask(SEE)),
        (f"{LAB}/comments", Ask(NAMED, "post", form={"text": "Well done."})),
    ],
    rf"{PLACE}/comments/([0-9A-Z]{{26}})": [(f"{LAB}/comments/{{comment}}", Ask(SEE))],
    rf"collect/{PLACE}": [
        (f"collect/{LAB}", Ask(NAMED)),
        (f"collect/{LAB}", Ask(NAMED, "post", form={"into": "", "title": "Mine"})),
    ],
    rf"{PLACE}/embed": [(f"{LAB}/embed", Ask(SEE))],
    rf"{PLACE}/board": [(f"{LAB}/board", Ask(SEE))],
    # It looks nothing up, and leads to the page below.
    rf"{PLACE}/compare": [(f"{LAB}/compare?run=a&run=b", Ask(ALL))],
    rf"{PLACE}/compare/([0-9A-Za-z]{{1,26}})\.\.\.([0-9A-Za-z]{{1,26}})": [
        (f"{LAB}/compare/1...{{run}}", Ask(SLOW)),
        (f"{LAB}/compare/1...{{draft}}", Ask(OWN)),
    ],
    rf"{PLACE}/v/([1-9][0-9]{{0,8}})/restore": [(f"{LAB}/v/1/restore", Ask(EDIT, "post", form={}))],
    rf"{PLACE}/settings": [
        (f"{LAB}/settings", Ask(EDIT)),
        (f"{LAB}/settings", Ask(EDIT, "post", form={"description": "Ours"})),
        (f"{LAB}/settings", Ask(OWN, "post", form={"visibility": "public"})),
    ],
    rf"{PLACE}/sharing": [
        (f"{LAB}/sharing", Ask(OWN)),
        (f"{LAB}/sharing", Ask(OWN, "post", form={"do": "share", "who": "eve"})),
        (f"{LAB}/sharing", Ask(OWN, "post", form={"do": "link"})),
    ],
    rf"{PLACE}/sharing/accept": [(f"{LAB}/sharing/accept", Ask(NAMED, "post", form={}))],
    rf"{PLACE}/upstream": [(f"{LAB}/upstream", Ask(OWN)), (f"{LAB}/upstream", Ask(OWN, "post", form={}))],
    rf"{PLACE}/upstream/compare": [(f"{LAB}/upstream/compare", Ask(OWN))],
    rf"{PLACE}/propose": [(f"{LAB}/propose", Ask(OWN)), (f"{LAB}/propose", Ask(OWN, "post", form={}))],
    rf"{PLACE}/proposals": [(f"{LAB}/proposals", Ask(SEE))],
    rf"{PLACE}/proposals/([1-9][0-9]{{0,8}})": [
        (f"{LAB}/proposals/1", Ask(EDIT)),
        (f"{LAB}/proposals/1", Ask(EDIT, "post", form={"do": "say", "text": "Well done."})),
    ],
    rf"{PLACE}/to-original": [(f"{LAB}/to-original", Ask(OWN, "post", form={}))],
    rf"{PLACE}/delete": [(f"{LAB}/delete", Ask(OWN, "post", form={"sure": "yes"}))],
    rf"{PLACE}/restore": [(f"{LAB}/restore", Ask(OWN, "post", form={}))],
}
FILES = {
    rf"render/{rendered.LAB}/v/([1-9]\d{{0,8}}|latest)": [
        (f"render/{LAB}/v/1", Ask(SEE)),
        (f"render/{LAB}/v/latest?theme=dark", Ask(SEE)),
    ],
    rf"render/{rendered.LAB}/runs/([0-9A-Za-z]+)": [
        (f"render/{LAB}/runs/{{run}}", Ask(SEE)),
        (f"render/{LAB}/runs/{{draft}}", Ask(OWN)),
    ],
    # What draws a run while it goes on; nothing is in it.
    rf"render/{rendered.LAB}/live/([0-9A-Za-z]+)": [(f"render/{LAB}/live/{{run}}", Ask(ALL))],
    assets.ROUTES[0][0]: [
        ("assets/ada/{lab}/latest/a.txt", Ask(SEE)),
        ("assets/ada/{lab}/1/a.txt", Ask(SEE)),
        ("assets/ada/{lab}/{run}/a.txt", Ask(SEE)),
        ("assets/ada/{lab}/{draft}/a.txt", Ask(OWN)),
    ],
    thumbnails.ROUTES[0][0]: [("thumbnails/ada/{lab}/1.webp", Ask(SEE))],
}
FURTHER = [
    ("api/v1/runs/{draft}", Ask(OWN)),
    ("api/v1/runs/{draft}/events", Ask(OWN, accept="text/event-stream")),
    ("api/v1/runs/{draft}/outputs", Ask(OWN)),
    ("api/v1/runs/{run}/events", Ask(SEE, accept="application/json")),
    ("api/v1/labs/ada/{lab}/runs?format=csv", Ask(SEE)),
    ("api/v1/labs/ada/{lab}/board?format=csv", Ask(SEE)),
    ("api/v1/labs/ada/{lab}/board?tree=1", Ask(SEE)),
    ("api/v1/me/runs?lab=ada/{lab}", Ask(NAMED)),
    ("api/v1/comments/{comment}", Ask(OWN, "patch", body={"text": "Mine"}, accept="application/json")),
]


def test_the_table_names_every_address_of_a_lab_a_run_or_a_file():
    calls = {(verb, call.path) for call in CALLS for verb, _ in operations(call)}
    assert {call for call in calls if "{lab}" in call[1] or "{run}" in call[1]} == API.keys()
    served = [route[0] for route in (*pages.ROUTES, *rendered.ROUTES, *assets.ROUTES, *thumbnails.ROUTES)]
    # Collections, datasets and models have names as labs have, and tests of their own.
    labs = [one for one in served if PLACE in one or ("/([a-z0-9-]" in one and not OTHERS.search(one))]
    assert set(labs) == PAGES.keys() | FILES.keys()


def asks() -> list[tuple[str, Ask]]:
    """Every request of the table, with its address to fill in."""
    of_api = []
    for (verb, path), ask in API.items():
        ask.verb = verb
        ask.accept = "application/json" if ask.accept == "text/html" else ask.accept
        given = path.format(
            owner="ada", lab="{lab}", run="{run}", number="latest", a="1", b="latest", path="a.txt",
            who="bob", link="0" * 26, collection="best", of="ada", dataset="none", remark="0" * 26,
            proposal="9" if path.endswith(("accept", "decline", "withdraw")) else "1",
        )  # fmt: skip
        of_api.append((f"api/v1{given}", ask))
    rows = [row for table in (PAGES, FILES) for some in table.values() for row in some]
    return [*of_api, *FURTHER, *rows]


@dataclass
class Visitors:
    """Everybody's browser; `told` is what somebody's request was answered."""

    site: Any
    comment: str
    browsers: dict[str, httpx.Client] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for role, name in PEOPLE.items():
            client = self.site.session(name) if name else self.site.client()
            client.headers.update({"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"})
            self.browsers[role] = client

    def told(self, role: str, path: str, ask: Ask, **place: str) -> tuple[int, str]:
        """The status, and the error's code or where it leads."""
        headers = {"Accept": ask.accept}
        body = {"json": ask.body} if ask.body is not None else {"data": ask.form} if ask.form else {}
        with self.browsers[role].stream(ask.verb, path.format(**place), headers=headers, **body) as answer:
            if answer.status_code == 200 and ask.accept == "text/event-stream":
                return 200, ""
            answer.read()
        if not answer.is_success:
            assert TITLE not in answer.text, (role, path)
        code = re.search(r'"code":"(\w+)"|mono">\d+ (\w+)<|\d+ · ([\w ]+)<', answer.text)
        said = next(filter(None, code.groups())) if code and answer.is_error else ""
        return answer.status_code, said or re.sub(r"absent|secret", "", answer.headers.get("Location", ""))


@pytest.fixture
def shared(site) -> Visitors:
    """ada's private lab with files, a run of a version and one of its draft, shared in each way there is."""
    ada = site.as_("ada")
    draft = {"name": "secret", "title": TITLE, "visibility": "private"}
    assert ada.post("api/v1/labs", json=draft).status_code == 201
    record(ada, DRAFT_RUN, "ada/secret", "succeeded")
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    assert ada.post("api/v1/labs/ada/secret/versions", json={"notebook": notebook}).status_code == 201
    illustrate(site, "secret")
    record(ada, RUN, "ada/secret", None)
    for place in (f"runs/{RUN}/outputs", f"runs/{DRAFT_RUN}/outputs", "labs/ada/secret/assets"):
        assert ada.put(f"api/v1/{place}/a.txt", content=b"a").status_code == 201
    shares = "api/v1/labs/ada/secret/shares"
    assert ada.put(f"{shares}/bob", json={}).status_code == 200
    assert ada.put(f"{shares}/carol", json={"access": "edit"}).status_code == 200
    assert ada.put(f"{shares}/team", json={"kind": "group"}).status_code == 200
    link = ada.post(f"{shares}/links", json={}).json()
    said = ada.post("api/v1/labs/ada/secret/comments", json={"text": "Here it is."}).json()
    propose(ada)
    visitors = Visitors(site, said["id"])
    for role in ("link", "guest"):
        answer = visitors.browsers[role].get(f"s/{link['secret']}")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/services/mlabs/@ada/secret")
    return visitors


def propose(ada: httpx.Client) -> None:
    """Her own proposal, of a fork that nobody else sees."""
    assert ada.post("api/v1/labs/ada/secret/fork", json={"name": "own"}).status_code == 201
    changed = {"notebook": cells("4"), "visibility": "private"}
    assert ada.post("api/v1/labs/ada/own/versions", json=changed).status_code == 201
    fields = {"source": "ada/own", "title": "Mine"}
    assert ada.post("api/v1/labs/ada/secret/proposals", json=fields).status_code == 201


def test_everybody_gets_what_is_theirs_and_nobody_anything_once_it_is_revoked(shared, subtests):
    there = {"lab": "secret", "run": RUN, "draft": DRAFT_RUN, "comment": shared.comment}
    nowhere = {"lab": "absent"} | {each: str(ULID()) for each in ("run", "draft", "comment")}
    table = asks()
    absent = {}
    for number, (path, ask) in enumerate(table):
        for signed_in, role in ((True, "stranger"), (False, "signed out")):
            absent[number, signed_in] = shared.told(role, path, ask, **nowhere)

    def check(role: str, sees: bool) -> None:
        for number, (path, ask) in enumerate(table):
            like_absent = absent[number, PEOPLE[role] is not None]
            if sees and role in ask.may:
                status = shared.told(role, path, ask, **there)[0]
                assert status < 400, (ask.verb, path, status)
            elif not sees:
                assert shared.told(role, path, ask, **there) == like_absent, (ask.verb, path)
            elif ask.may != SLOW and role != "owner":
                status, said = shared.told(role, path, ask, **there)
                assert status in (400, 403, 404) or (status, said) == like_absent, (ask.verb, path, status)

    for role in PEOPLE:
        with subtests.test(shared=role):
            check(role, sees=role in SEE)
    ada = shared.site.as_("ada")
    lab = ada.get("api/v1/labs/ada/secret").json()
    assert (lab["visibility"], lab["title"], lab["description"]) == ("private", TITLE, "Ours")
    shares = "api/v1/labs/ada/secret/shares"
    for share in ada.get(shares).json()["items"]:
        if share["via"]:
            continue
        end = f"links/{share['id']}" if share["kind"] == "link" else f"{share['name']}?kind={share['kind']}"
        assert ada.delete(f"{shares}/{end}").status_code == 204
    assert ada.get(shares).json()["items"] == []
    for role in PEOPLE:
        if role != "owner":
            with subtests.test(revoked=role):
                check(role, sees=False)


def test_only_who_sees_a_lab_collects_it(shared):
    answers = {}
    for curator in ("bob", "eve"):
        client = shared.site.as_(curator)
        assert client.post("api/v1/collections", json={"title": "Best"}).json()["name"] == "best"
        place = f"api/v1/collections/{curator}/best/labs/ada"
        answers[curator] = [client.put(f"{place}/{lab}", json={}) for lab in ("secret", "absent")]
    assert [answer.status_code for answer in answers["bob"]] == [200, 404]
    secret, absent = (answer.json()["error"]["message"] for answer in answers["eve"])
    assert secret.replace("secret", "absent") == absent
