"""A service with something of everything in it, and what that is called: fuzzed addresses are made of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service.web.conftest import ok, record
from service.web.test_api_access import fill as fill_private
from service.web.test_api_workers import Pool
from support.models import doubling, upload
from ulid import ULID

LABS = ["mnist", "digits", "plots", "draft"]


def fill(site: Any, make_notebook: Callable[..., Any]) -> dict[str, list[str]]:
    """Fill an empty service; values by the parameter whose place they take in an address."""
    private = fill_private(site, make_notebook)
    ada, bob = site.as_("ada"), site.as_("bob")
    for name in LABS[:3]:
        site.publish("ada", name=name, title=f"About {name}", tags=["vision"])
    ok(ada.post("api/v1/labs", json={"name": "draft", "title": "Only begun"}))
    runs = [str(ULID()) for _ in range(4)]
    for run, status in zip(runs, ("succeeded", "failed", None, "succeeded"), strict=True):
        record(ada, run, "ada/mnist", status)
    ok(ada.put("api/v1/labs/ada/mnist/assets/a.txt", content=b"a"))
    ok(bob.post("api/v1/labs/ada/mnist/fork", json={}))
    said = ok(bob.post("api/v1/labs/ada/mnist/comments", json={"text": "Nice."}))["id"]
    report = ok(bob.post("api/v1/reports", json={"person": "ada", "reason": "Spam"}))["id"]
    for name in ("birds", "trees"):
        files = [("file", ("a.csv", b"a,b\n1,2\n")), ("file", ("b.txt", b"b"))]
        ok(ada.post("api/v1/datasets", files=files, data={"name": name}))
        ok(upload(ada, doubling(), "models?wait=0", name=name))
        ok(ada.post("api/v1/collections", json={"title": name}))
    return {
        "owner": ["ada", "bob"],
        "of": ["ada"],
        "person": ["ada", "bob", "carol"],
        "who": ["carol", "dan"],
        "lab": [*LABS, "secret"],
        "run": [*runs, private["run"]],
        "number": ["1", "latest"],
        "a": ["1", "latest", runs[0]],
        "b": ["1", "latest", runs[1]],
        "path": ["a.txt", "b.txt", "a.csv"],
        "comment": [said, private["said"]],
        "report": [str(report)],
        "collection": ["birds", "trees", "secret"],
        "dataset": ["birds", "trees", "secret"],
        "model": ["birds", "trees", "secret"],
        "link": list(private["links"].values()),
        "proposal": ["1"],
        "remark": [private["remark"]],
        "upload": [_announced(ada)],
        "server": [_served(site)],
        **_pooled(site),
    }


def _announced(ada: Any) -> str:
    """An upload in pieces of which nothing has come yet."""
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "5", "Upload-Metadata": "filename YS50eHQ="}
    return ok(ada.post("api/v1/uploads", headers=headers))["id"]


def _served(site: Any) -> str:
    """A server of ada's, as the hub tells of it."""
    server = str(ULID())
    asked = {"id": server, "user": "ada", "lab": "ada/mnist", "server": "mnist", "environment": "python"}
    ok(site.as_("spawner").post("api/v1/servers", json=asked))
    return server


def _pooled(site: Any) -> dict[str, list[str]]:
    """A search of the community pool, of which a worker has a slice."""
    pool = Pool(site)
    asked = pool.ask()
    worker = pool.worker()
    lease = worker.claim()
    return {
        "search": [asked["id"]],
        "job": [asked["jobs"][0]["id"]],
        "worker": [worker.made["worker"]],
        "digest": [lease["data"]],
        "token": [worker.made["token"]],
    }
