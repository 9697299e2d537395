"""Notebooks that are none, sent over HTTP: each is refused in words, and the service goes on answering."""

from __future__ import annotations

import json

from test_notebook_json import UNREADABLE
from test_notebook_repair import OLD, REPAIRED

NOTEBOOK = {"Content-Type": "application/x-ipynb+json"}


def test_the_service_stays_up_through_all_of_them(site):
    ada, found = site.as_("ada"), {}
    for kind, (data, reason) in UNREADABLE.items():
        answer = ada.post("api/v1/labs?name=hostile", content=data, headers=NOTEBOOK)
        found[kind] = answer.status_code, answer.json()["error"]["code"]
        assert reason in answer.json()["error"]["message"], kind
    assert found == dict.fromkeys(UNREADABLE, (400, "notebook_invalid"))
    assert ada.get("api/v1/labs?owner=ada").json()["items"] == []
    assert site.as_(None).get("healthz").json()["status"] == "ok"


def test_what_is_harmless_becomes_a_lab_that_is_shown(site):
    ada = site.as_("ada")
    wanted = REPAIRED | {kind: (root, None) for kind, root in OLD.items()}
    for number, (kind, (root, _)) in enumerate(wanted.items()):
        sent = json.dumps(root).encode()
        made = ada.post(f"api/v1/labs?name=odd-{number}", content=sent, headers=NOTEBOOK)
        assert made.status_code == 201, (kind, made.text)
        stored = ada.get(f"api/v1/labs/ada/odd-{number}/versions/1/notebook").json()
        ids = [cell["id"] for cell in stored["cells"]]
        assert len(set(ids)) == len(ids), kind
        shown = site.as_(None).get(f"render/@ada/odd-{number}/v/1")
        assert (shown.status_code, "<main" in shown.text) == (200, True), kind
