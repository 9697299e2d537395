"""Lists of runs as files: whole, safe to open, and cut off rather than short without a sign."""

from __future__ import annotations

import csv
import io
import json

import httpx
import pytest
from service.web.test_api_runs import START, begin, event

from mlabs_ext.errors import NotFound
from mlabs_ext.service.web.api import export

LAB = "api/v1/labs/ada/x/runs"
FORMULA = '=HYPERLINK("http://evil.example","x")'


@pytest.fixture
def runs(site) -> list[str]:
    """Seven runs of ada's lab, the oldest first; one failed with a message that is a formula."""
    site.publish(name="x")
    made = [begin(site, started=f"2026-01-0{n}T12:00:00Z", parameters={"n": n}) for n in range(1, 8)]
    raised = {"output_type": "error", "ename": "E", "evalue": FORMULA, "traceback": []}
    told = [
        event(1, "execute", execution="e", code="1"),
        event(2, "output", execution="e", output=raised),
        event(3, "metric", values={"loss": 0.5}),
        event(4, "end", status="failed"),
    ]
    assert site.as_("ada").post(f"api/v1/runs/{made[0]}/events", json={"events": told}).status_code == 200
    return made


def table(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize("page", [1, 3, 500])
@pytest.mark.parametrize("path", [LAB, "api/v1/me/runs"], ids=["of a lab", "mine"])
def test_a_file_has_all_runs(site, runs, path, page, monkeypatch):
    monkeypatch.setattr(export, "PAGE", page)
    ada = site.as_("ada")
    found = table(ada.get(f"{path}?format=csv"))
    assert [row["id"] for row in found] == runs[::-1]
    lines = ada.get(f"{path}?format=jsonl")
    assert lines.headers["Content-Type"].startswith("application/x-ndjson")
    whole = [json.loads(line) for line in lines.text.splitlines()]
    assert whole == ada.get(f"{path}?limit=100").json()["items"]


def test_a_row_says_what_the_run_says(site, runs):
    row = table(site.as_(None).get(f"{LAB}?format=csv"))[-1]
    assert (row["lab"], row["status"], row["cells"], row["ended"]) == (
        "ada/x",
        "failed",
        "1",
        START[:-1] + "+00:00",
    )
    assert json.loads(row["parameters"]) == {"n": 1}
    assert json.loads(row["metrics"]) == {"loss": 0.5}
    assert (row["error"], row["resources"], row["image"]) == ("E", "", "")


def test_no_cell_is_a_formula(site, runs):
    answer = site.as_(None).get(f"{LAB}?format=csv")
    assert table(answer)[-1]["error_message"] == f"'{FORMULA}"
    for row in csv.reader(io.StringIO(answer.text)):
        assert not any(value.startswith(tuple("=+-@\t\r\n\uff1d")) for value in row)


def test_filters_are_those_of_the_list(site, runs):
    ada = site.as_("ada")
    asked = {
        "status": "running",
        "since": "2026-01-03",
        "until": "2026-01-06",
        "lab": "ada/x",
        "format": "csv",
    }
    assert [row["id"] for row in table(ada.get("api/v1/me/runs", params=asked))] == runs[4:1:-1]
    nothing = ada.get(LAB, params={"status": "lost", "format": "csv"})
    assert nothing.text == ",".join(export.HEAD) + "\n"
    assert ada.get(LAB, params={"status": "lost", "format": "jsonl"}).text == ""
    assert ada.get(LAB, params={"status": "", "kind": ""}).json()["items"]


def test_the_header_asks_as_well(site, runs):
    anybody = site.as_(None)
    assert len(table(anybody.get(LAB, headers={"Accept": "text/csv"}))) == 7
    assert anybody.get(LAB, headers={"Accept": "application/x-ndjson"}).text.count("\n") == 7
    assert anybody.get(f"{LAB}?format=json", headers={"Accept": "text/csv"}).json()["items"]
    answer = anybody.get(f"{LAB}?format=csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="x-runs.csv"'
    head = anybody.head(f"{LAB}?format=csv")
    assert (head.status_code, head.text) == (200, "")
    assert head.headers["Content-Type"] == answer.headers["Content-Type"]


@pytest.mark.parametrize(
    ("who", "path", "status", "code"),
    [
        (None, f"{LAB}?format=xlsx", 400, "format_invalid"),
        (None, f"{LAB}?format=csv&since=soon", 400, "time_invalid"),
        (None, "api/v1/labs/ada/secret/runs?format=csv", 404, "lab_not_found"),
        ("bob", "api/v1/labs/ada/secret/runs?format=csv", 404, "lab_not_found"),
        (None, "api/v1/me/runs?format=csv", 403, "credentials_required"),
        ("ada", "api/v1/me/runs?format=csv&lab=ada", 400, "lab_reference_invalid"),
        ("bob", "api/v1/me/runs?format=csv&lab=ada/secret", 404, "lab_not_found"),
    ],
)
def test_what_is_no_file(site, runs, who, path, status, code):
    site.publish(name="secret", visibility="private")
    answer = site.as_(who).get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "Content-Disposition" not in answer.headers


def test_a_file_that_cannot_go_on_is_cut_off(site, runs, monkeypatch):
    """As where the lab is made private meanwhile: a short file must not pass for a whole one."""
    monkeypatch.setattr(export, "PAGE", 2)
    rule, calls = site.service.runs.list_of_lab, []

    def gone(*args, **kwargs):
        calls.append(1)
        if len(calls) == 3:
            raise NotFound("There is no lab ada/x.", "lab_not_found")
        return rule(*args, **kwargs)

    monkeypatch.setattr(site.service.runs, "list_of_lab", gone)
    received = b""
    with (
        pytest.raises(httpx.RemoteProtocolError),
        site.as_(None).stream("GET", f"{LAB}?format=csv") as answer,
    ):
        for piece in answer.iter_bytes():
            received += piece
    assert received.count(b"\n") == 5
    assert site.service.open_requests == 0
    assert site.as_(None).get(LAB).status_code == 200


def test_totals(site, runs):
    ada = site.as_("ada")
    assert ada.get("api/v1/me/runs/totals").json() == {
        "runs": 7,
        "complete": True,
        "statuses": {"failed": 1, "running": 6},
    }
    assert ada.get("api/v1/me/runs/totals?status=failed&lab=ada/x").json()["runs"] == 1
    assert ada.get("api/v1/me/runs/totals?since=2026-01-07").json()["runs"] == 1
    assert site.as_("bob").get("api/v1/me/runs/totals").json()["runs"] == 0
