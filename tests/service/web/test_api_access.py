"""Who may do what, over every call of the API: a table, so that a new call cannot be forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from service.conftest import services
from support.every_call import CREATE, OTHERS, PRIVATE, RUN
from support.models import doubling, upload
from ulid import ULID

from mlabs_ext.service.web.api import CALLS
from mlabs_ext.service.web.openapi import operations


def fill(site, make_notebook) -> dict[str, Any]:
    """Make ada's private lab, with a run and all else that may be private; what is not called `secret`."""
    site.publish(name="secret", visibility="private")
    run = str(ULID())
    began = RUN | {"id": run}
    assert site.as_("ada").post("api/v1/runs", json=began).status_code == 201
    for place in (f"runs/{run}/outputs", "labs/ada/secret/assets"):
        assert site.as_("ada").put(f"api/v1/{place}/a.txt", content=b"a").status_code == 201
    said = site.as_("ada").post("api/v1/labs/ada/secret/comments", json={"text": "Mine."}).json()["id"]
    kept = {"title": "Secret", "visibility": "private"}
    assert site.as_("ada").post("api/v1/collections", json=kept).status_code == 201
    files = [("file", (name, b"a")) for name in ("a.txt", "b.txt")]
    kept = site.as_("ada").post("api/v1/datasets", files=files, data={"name": "secret"})
    assert kept.status_code == 201
    assert site.as_("ada").put("api/v1/labs/ada/secret/data/ada/secret").status_code == 200
    assert site.as_("ada").put("api/v1/datasets/ada/secret/shares/carol", json={}).status_code == 200
    cron = {"cron": "@daily"}
    assert site.as_("ada").put("api/v1/labs/ada/secret/schedule", json=cron).status_code == 200

    shares = "api/v1/labs/ada/secret/shares"
    assert site.as_("ada").put(f"{shares}/carol", json={}).status_code == 200
    # It is her own to see while it waits to be converted.
    fields = {"name": "secret", "visibility": "private"}
    assert upload(site.as_("ada"), doubling(), "models?wait=0", **fields).status_code == 202
    assert site.as_("ada").put("api/v1/models/ada/secret/shares/carol", json={}).status_code == 200
    remark = propose(site, make_notebook)
    links = {
        noun: site.as_("ada").post(f"api/v1/{noun}/ada/secret/shares/links", json={}).json()["id"]
        for noun in ("labs", "datasets", "models")
    }
    return {"run": run, "said": said, "remark": remark, "links": links}


@pytest.fixture(scope="module")
def filled(migrated, make_notebook, tmp_path_factory) -> SimpleNamespace:
    """A data directory with that in it, to copy."""
    folder = tmp_path_factory.mktemp("filled")
    with services(migrated, folder) as start:
        names = fill(start(), make_notebook)
    return SimpleNamespace(data=folder / "data-0", **names)


@pytest.fixture
def secret(filled, make_notebook, tmp_path) -> Iterator[SimpleNamespace]:
    """A service with that in it; `send(client, verb, path, body)` fills in the parameters."""

    def send(client, verb: str, path: str, body=None, lab: str = "secret", of_run: str = filled.run):
        text = path.format(
            a="1", b="latest", owner="ada", lab=lab, number="latest", run=of_run, server=filled.run,
            person="bob", path="a.txt", who="carol", report="1", collection=lab, model=lab, of="ada", id="x",
            link=filled.links.get(path.split("/")[1]), dataset=lab, upload="1",
            comment=filled.said if of_run == filled.run else str(ULID()), proposal="1", remark=filled.remark,
            search="1", job="1", worker="1", digest="1",
        )  # fmt: skip
        if body == {"notebook": "{notebook}"}:
            body = {"notebook": make_notebook("3")}
        if body == RUN:
            body = RUN | {"id": str(ULID())}
        given = {"json": body} if body is not None else {}
        return client.request(verb, f"api/v1{text}", headers={"Accept": "application/json"}, **given)

    with services(filled.data, tmp_path) as start:
        yield SimpleNamespace(site=start(), send=send, run=filled.run)


def propose(site, make_notebook) -> str:
    """ada's proposal to it, of a fork of her own; the id of a remark on that."""
    ada = site.as_("ada")
    assert ada.post("api/v1/labs/ada/secret/fork", json={"name": "own"}).status_code == 201
    changed = {"notebook": make_notebook("4")}
    assert ada.post("api/v1/labs/ada/own/versions", json=changed).status_code == 201
    fields = {"source": "ada/own", "title": "Mine"}
    assert ada.post("api/v1/labs/ada/secret/proposals", json=fields).status_code == 201
    said = ada.post("api/v1/labs/ada/secret/proposals/1/remarks", json={"text": "See."})
    assert said.status_code == 201
    return said.json()["id"]


def test_the_tables_name_every_call():
    calls = {(verb, call.path) for call in CALLS for verb, _ in operations(call)}
    assert calls == PRIVATE.keys() | OTHERS.keys()


@pytest.mark.parametrize(("verb", "path"), PRIVATE, ids=" ".join)
def test_a_private_lab_is_like_one_that_does_not_exist(secret, verb, path):
    body, good = PRIVATE[verb, path]
    if path.endswith("/restore"):
        secret.send(secret.site.as_("ada"), "delete", path.removesuffix("/restore"))
    for who in ("bob", None, "ada-bare"):
        client = secret.site.as_(who)
        answer = secret.send(client, verb, path, body)
        absent = secret.send(client, verb, path, body, lab="absent", of_run=str(ULID()))
        # Without credentials writing is refused before anything is looked up.
        expected = 403 if verb != "get" and who != "bob" else 404
        assert answer.status_code == absent.status_code == expected, who
        error, other = answer.json()["error"], absent.json()["error"]
        assert error["code"] == other["code"]
        assert error.keys() == {"status", "code", "message"}
    assert secret.send(secret.site.as_("ada"), verb, path, body).status_code == good


def test_reading_changes_nothing(secret):
    """Every GET of the API, as the owner and as nobody: nothing is committed to the database meanwhile."""
    asked = [path for verb, path in (PRIVATE | OTHERS) if verb == "get"]
    # Who takes uploads closes connections that it is asked something else by.
    nobody = secret.site.client(Connection="close")
    clients = {"ada": secret.site.client(Authorization="token ada-token", Connection="close"), None: nobody}
    file = Path(secret.site.service.store.directory) / "mlabs.sqlite"
    with closing(sqlite3.connect(file)) as watching:
        for path, (who, client) in product(asked, clients.items()):
            before = watching.execute("PRAGMA data_version").fetchone()
            # A stream goes on until it is left.
            secret.send(client, "head" if path.endswith("/events") else "get", path)
            assert watching.execute("PRAGMA data_version").fetchone() == before, (who, path)


@pytest.mark.parametrize(("verb", "path"), OTHERS, ids=" ".join)
def test_the_other_calls(secret, verb, path):
    body, signed_out, signed_in = OTHERS[verb, path]
    assert secret.send(secret.site.as_(None), verb, path, body).status_code == signed_out
    assert secret.send(secret.site.as_("bob"), verb, path, body).status_code == signed_in


def test_a_workers_token_opens_nothing_that_is_not_open_to_everybody(secret):
    machine = {"kind": "machine", "backend": "cpu", "speed": 1000}
    made = secret.site.as_("ada").post("api/v1/workers", json=machine).json()
    workers = {call.path for call in CALLS for _, one in operations(call) if one.access == "worker"}
    assert len(workers) == 7
    # Who takes uploads closes connections that it is asked something else by.
    nobody = secret.site.client(Connection="close")
    for scheme in ("worker", "token", "Bearer"):
        lender = secret.site.client(Authorization=f"{scheme} {made['token']}", Connection="close")
        for (verb, path), (body, *_) in (PRIVATE | OTHERS).items():
            if path in workers:
                continue
            said = secret.send(lender, verb, path, body)
            if scheme == "worker":
                assert said.status_code == secret.send(nobody, verb, path, body).status_code, (verb, path)
            else:
                # It is no token of JupyterHub's.
                assert said.status_code in (403, 200, 412), (verb, path)
                assert said.status_code != 200 or path in ("/community", "/openapi.json", "/environments")


@pytest.mark.parametrize(
    ("who", "read", "write"),
    [
        ("ada", 200, 201),
        ("admin", 200, 201),
        ("admin-server", 404, 201),
        ("ada-read", 200, 403),
        ("ada-bare", 404, 403),
        ("service-ada", 404, 403),
        ("metrics", 404, 403),
        ("bob", 404, 201),
        (None, 404, 403),
        ("stranger", 403, 403),
        ("unknown", 403, 403),
    ],
    ids=str,
)
def test_what_each_token_may(secret, who, read, write):
    client = secret.site.as_(who)
    assert secret.send(client, "get", "/labs/{owner}/{lab}").status_code == read
    assert secret.send(client, "post", "/labs", CREATE).status_code == write


def test_the_hubs_token_learns_runtimes_and_nothing_else(secret):
    hub = secret.site.as_("spawner")
    assert secret.send(hub, "get", "/labs/{owner}/{lab}/runtime").json() == {
        "title": "Hello",
        "environment": "python",
        "accelerator": "none",
        "image": None,
        "version": 1,
        "path": "secret/secret.ipynb",
    }
    assert secret.send(hub, "get", "/labs/{owner}/{lab}").status_code == 404
    assert secret.send(hub, "get", "/labs/{owner}/{lab}/runtime", lab="absent").status_code == 404


def test_public_reads_do_not_ask_the_hub(site, hub):
    site.publish(name="x")
    hub.asked = 0
    hub.down = True
    anybody = site.as_(None)
    paths = ("labs", "labs/ada/x", "labs/ada/x/versions/1/notebook", "labs/ada/x/runs", "environments")
    for path in paths:
        assert anybody.get(f"api/v1/{path}").status_code == 200
    assert hub.asked == 0


def test_a_hub_that_is_down_is_said(site, hub):
    hub.down = True
    answer = site.as_("ada").get("api/v1/me")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "hub_unavailable")
    assert answer.headers["Retry-After"] == "5"
