"""Several real service processes at one port, over PostgreSQL."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import psutil
import pytest
from service.conftest import cells
from service.watched_runs import begin, event, printed, tell
from support.service_process import ServiceProcess
from support.sse import watch
from support.waiting import free_port, until

from mlabs_ext.catalogue import Catalogue
from mlabs_ext.errors import Unusable
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.app import MLabsService
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.collection import Collection
from mlabs_ext.service.store import Store

TITLES = ("Digits", "Letters")


def workers(service: ServiceProcess) -> list[psutil.Process]:
    """The processes that answer, without those that draw notebooks."""
    children = psutil.Process(service.process.pid).children()
    return sorted((one for one in children if one.is_running()), key=lambda one: one.pid)


def answers(service: ServiceProcess) -> bool:
    """Whether somebody answers a new connection soon."""
    try:
        return httpx.get(f"{service.url}healthz", timeout=2).is_success
    except httpx.TransportError:
        return False


def title(service: ServiceProcess) -> str:
    """What the embed of the lab says its title is."""
    with service.client(None) as nobody:
        page = nobody.get("embed/@ada/x").text
    return next(title for title in TITLES if f"<h1>{title}</h1>" in page)


def metric(service: ServiceProcess, handler: str) -> float:
    """How many requests were answered so far, as one of the processes says."""
    with service.client("admin") as admin:
        lines = admin.get("metrics").raise_for_status().text.splitlines()
    start = f'mlabs_requests_total{{handler="{handler}",method="GET",status="200"}} '
    return sum(float(line.removeprefix(start)) for line in lines if line.startswith(start))


@pytest.mark.postgresql
def test_two_processes_at_one_port(tmp_path, postgresql_emptied):
    settings = f"--Store.url={postgresql_emptied}", "--MLabsService.processes=2"
    service = ServiceProcess(tmp_path / "data", free_port(), *settings).start()
    try:
        until(lambda: len(workers(service)) == 2)
        first, second = workers(service)
        with service.client("ada") as ada:
            cells = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
            ada.post(
                "api/v1/labs", json={"name": "x", "title": TITLES[0], "notebook": cells}
            ).raise_for_status()
        # Each answers where the other cannot, and keeps the page.
        for other in (second, first):
            other.suspend()
            until(lambda: answers(service))
            assert title(service) == title(service) == TITLES[0]
            other.resume()
        # What one changes, the other does not say any more.
        second.suspend()
        with service.client("ada") as ada:
            ada.patch("api/v1/labs/ada/x", json={"title": TITLES[1]}).raise_for_status()
        assert title(service) == TITLES[1]
        second.resume()
        first.suspend()
        until(lambda: answers(service) and title(service) == TITLES[1])
        first.resume()
        # They count together, whichever is asked.
        counted = {metric(service, "LabEmbed") for _ in range(4)}
        assert len(counted) == 1
        assert counted.pop() >= 4
        # One that is killed is started again.
        first.kill()
        until(lambda: len(workers(service)) == 2 and first not in workers(service))
        second.suspend()
        until(lambda: answers(service))
        second.resume()
        # They end with the one that began them, however it ends, and leave the address to the next.
        ended = workers(service)
        service.stop(signal.SIGKILL)
        service.start()
        until(lambda: not any(one.is_running() for one in ended))
        until(lambda: len(workers(service)) == 2 and answers(service))
    finally:
        ended = workers(service)
        service.stop()
    assert service.process.returncode == 0
    assert not any(one.is_running() for one in ended)


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.s3
def test_two_machines_with_one_database_and_one_store(tmp_path, postgresql_emptied, s3_store, monkeypatch):
    """Whatever is done at one is there at the other; what two collect at once is only what is nobody's."""
    for name, option in {"ENDPOINT_URL": "endpoint_url", "ACCESS_KEY_ID": "key"}.items():
        monkeypatch.setenv(f"AWS_{name}", s3_store.options[option])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_store.options["secret"])
    url = s3_store.settings()["url"]
    settings = f"--Store.url={postgresql_emptied}", f"--Blobs.url={url}"
    machines = [ServiceProcess(tmp_path / name, free_port(), *settings) for name in ("one", "two")]
    try:
        for machine in machines:
            machine.start()
        published = live_at_both(*machines)
        store, blobs = Store(url=postgresql_emptied), Blobs(directory=str(tmp_path / "b"), url=url)
        garbage = [blobs.put(f"nobody's {n}".encode()) for n in range(4)]
        with ThreadPoolExecutor(1) as both:
            stop = threading.Event()
            goes_on = both.submit(publish_until, stop, machines[0], published)
            try:
                collect_by_two(store, blobs, garbage)
            finally:
                stop.set()
            goes_on.result()
        with machines[1].client("ada") as ada:
            for name in published:
                ada.get(f"api/v1/labs/ada/{name}/versions/latest/notebook").raise_for_status()
        store.close()
    finally:
        for machine in machines:
            machine.stop()


def live_at_both(one: ServiceProcess, two: ServiceProcess) -> list[str]:
    """Publish at one, fork and upload at the other, watch at one what is told at the other."""
    with one.client("ada") as ada, two.client("bob") as bob, two.client("ada") as other:
        ada.post("api/v1/labs", json={"name": "x", "notebook": cells("1 + 1")}).raise_for_status()
        fork = bob.post("api/v1/labs/ada/x/fork", json={})
        assert fork.json()["forked_from"] == {"lab": "ada/x", "version": 1}
        file = bytes(range(256)) * 5000
        other.put("api/v1/labs/ada/x/assets/model.bin", content=file).raise_for_status()
        assert ada.get("assets/ada/x/latest/model.bin").content == file
        there = SimpleNamespace(as_=lambda name: other)
        run = begin(there)
        with watch(ada, run) as stream:
            stream.next("run")
            tell(there, run, event(1, "execute", execution="e", code="1"), printed(2))
            stream.step(1)
            stream.step(2)
    return ["x"]


def publish_until(stop: threading.Event, machine: ServiceProcess, published: list[str]) -> None:
    """Publish one lab after another."""
    with machine.client("ada") as ada:
        while not stop.is_set():
            name = f"lab{len(published)}"
            body = {"name": name, "notebook": cells(f"{name} = 1")}
            ada.post("api/v1/labs", json=body).raise_for_status()
            published.append(name)


def collect_by_two(store: Store, blobs: Blobs, garbage: list[str]) -> None:
    """Two look at the same folders at once, again and again, until what is nobody's is gone."""
    given = {"blobs": blobs, "catalogue": Catalogue(), "addresses": Addresses("/")}
    collections = [Collection(store=store, **given) for _ in range(2)]
    folders, now = sorted({digest[7:9] for digest in garbage}), datetime.now(UTC)

    def look(collection: Collection, hours: int) -> None:
        for folder in folders:
            collection.collect(folder, now + timedelta(hours=hours))

    with ThreadPoolExecutor(2) as both:
        for hours in (2, 27):
            list(both.map(look, collections, (hours, hours)))
        # While others write to its tables, a pass removes nothing.
        while any(map(blobs.exists, garbage)):
            list(both.map(look, collections, (27, 27)))


def test_sqlite_has_one(tmp_path):
    service = MLabsService(data_dir=str(tmp_path), processes=2)
    service.config.HubOAuth.oauth_client_id = "service-mlabs"
    service.build()
    with pytest.raises(Unusable, match="PostgreSQL"):
        service.launch()
