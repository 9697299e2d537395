"""Several real service processes at one port, over PostgreSQL."""

from __future__ import annotations

import signal

import httpx
import psutil
import pytest
from support.service_process import ServiceProcess
from support.waiting import free_port, until

from mlabs_ext.errors import Unusable
from mlabs_ext.service.app import MLabsService

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
        until(lambda: answers(service) and title(service) == TITLES[1], 10)
        first.resume()
        # They count together, whichever is asked.
        counted = {metric(service, "LabEmbed") for _ in range(4)}
        assert len(counted) == 1
        assert counted.pop() >= 4
        # One that is killed is started again.
        first.kill()
        until(lambda: len(workers(service)) == 2 and first not in workers(service))
        second.suspend()
        until(lambda: answers(service), 60)
        second.resume()
        # They end with the one that began them, however it ends, and leave the address to the next.
        ended = workers(service)
        service.stop(signal.SIGKILL)
        service.start()
        until(lambda: not any(one.is_running() for one in ended))
        until(lambda: len(workers(service)) == 2 and answers(service), 60)
    finally:
        ended = workers(service)
        service.stop()
    assert service.process.returncode == 0
    assert not any(one.is_running() for one in ended)


def test_sqlite_has_one(tmp_path):
    service = MLabsService(data_dir=str(tmp_path), processes=2)
    service.config.HubOAuth.oauth_client_id = "service-mlabs"
    service.build()
    with pytest.raises(Unusable, match="PostgreSQL"):
        service.launch()
