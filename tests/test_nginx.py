"""nginx with the settings that `deploy/` gives, in front of a real service, and of a real hub."""

from __future__ import annotations

import json
import re
import time
from contextlib import closing

import httpx
import pytest
from playwright.sync_api import Browser
from support.nginx import in_front
from support.person import Person
from support.service_process import BASE, ServiceProcess
from support.waiting import free_port, until

pytestmark = pytest.mark.nginx
NOTEBOOK = {
    "nbformat": 4, "nbformat_minor": 5, "metadata": {},
    "cells": [{"id": "a", "cell_type": "markdown", "metadata": {}, "source": "# Digits"}],
}  # fmt: skip
# nginx keeps what it may for a second, and counts in whole ones.
GONE = 2.1
NONCE = re.compile('nonce="[^"]+"')
KNOWN = [
    {"Authorization": "token ada-token"},
    {"Cookie": "service-mlabs=x"},
    {"Cookie": "a=b; mlabs-links=x"},
]


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    running = ServiceProcess(tmp_path_factory.mktemp("nginx") / "data", free_port()).start()
    with running.client("ada") as ada:
        for name in ("digits", "taken", "hidden"):
            made = {"name": name, "notebook": NOTEBOOK}
            made["visibility"] = "private" if name == "hidden" else "public"
            ada.post("api/v1/labs", json=made).raise_for_status()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def front(service, tmp_path_factory):
    with in_front(tmp_path_factory.mktemp("front"), free_port(), service.port) as nginx:
        yield nginx


@pytest.fixture
def client(front):
    with httpx.Client(base_url=f"{front.url}{BASE}", verify=False, timeout=30) as client:
        yield client


def asked(client, path, **headers):
    answer = client.get(path, headers=headers)
    return answer.status_code, answer.headers["X-Cache"]


PAGES = ["@ada/digits", "embed/@ada/digits", "render/@ada/digits/v/1?theme=auto"]


@pytest.mark.parametrize("path", PAGES)
def test_what_is_the_same_for_all_is_asked_for_once_a_second(client, path):
    # A page is kept from when its notebook was rendered.
    client.get("render/@ada/digits/v/1")
    time.sleep(GONE)
    assert asked(client, path) in ((200, "MISS"), (200, "EXPIRED"))
    answers = [asked(client, path) for _ in range(20)]
    assert answers.count((200, "HIT")) >= 18, answers
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert NONCE.sub("", plain.text) == NONCE.sub("", client.get(path).text)
    assert "X-Accel-Expires" not in plain.headers
    tag = client.get(path).headers["ETag"]
    assert asked(client, path, **{"If-None-Match": tag})[0] == 304


@pytest.mark.parametrize("known", KNOWN)
def test_who_is_somebody_gets_answers_of_their_own(client, known):
    assert asked(client, "@ada/digits")[0] == 200
    assert asked(client, "@ada/digits", **known) == (200, "BYPASS")
    assert asked(client, "@ada/digits", Cookie="_xsrf=x; theme=dark")[1] == "HIT"


def test_what_only_some_may_see_is_not_kept(client):
    ada = {"Authorization": "token ada-token"}
    for path in ("@ada/hidden", "render/@ada/hidden/v/1", "api/v1/labs/ada/hidden"):
        for _ in range(2):
            assert asked(client, path, **ada) == (200, "BYPASS")
            assert asked(client, path) == (404, "MISS")
    for path in ("", "api/v1/labs", "api/v1/labs/ada/digits"):
        assert [asked(client, path) for _ in range(2)] == [(200, "MISS")] * 2, path


def test_a_lab_that_becomes_private_is_gone_after_two_seconds(client, service):
    pages = ["@ada/taken", "render/@ada/taken/v/1", "render/@ada/taken/v/1?r=x"]
    for _ in range(2):
        assert [asked(client, page)[0] for page in pages] == [200] * 3
    with service.client("ada") as ada:
        ada.patch("api/v1/labs/ada/taken", json={"visibility": "private"}).raise_for_status()
    time.sleep(GONE)
    assert [asked(client, page)[0] for page in pages] == [404] * 3


def test_secret_links_are_not_logged(client, front):
    client.get("s/a-secret-that-nobody-may-know")
    client.get("@ada/digits?seen")
    # nginx writes a line once its answer is gone, in the order of the answers.
    until(lambda: "@ada/digits?seen" in front.log())
    assert "a-secret-that" not in front.log()


def test_the_request_has_one_id_in_the_answer_the_log_and_the_record(client, front):
    for _ in range(2):
        [kept] = client.get("@ada/digits").headers.get_list("X-Request-ID")
    headers = {"Authorization": "token ada-token", "X-Request-ID": "by-a-client-itself"}
    made = client.post("api/v1/labs", json={"name": "by-id", "notebook": NOTEBOOK}, headers=headers)
    id = made.headers["X-Request-ID"]
    assert id not in (kept, "by-a-client-itself")
    until(lambda: f"{id}\n" in front.log())
    admin = {"Authorization": "token admin-token"}
    record = client.get("api/v1/audit", params={"request": id}, headers=admin).json()["items"]
    assert [entry["about"] for entry in record] == ["ada/by-id"]


def test_while_mlabs_is_away_people_and_programs_are_told_to_come_again(tmp_path):
    with (
        in_front(tmp_path, free_port(), free_port()) as nginx,
        httpx.Client(base_url=nginx.url, verify=False) as client,
    ):
        for path in ("/user/ada/digits/lab", f"{BASE}@ada/digits", f"{BASE}static/pages.js"):
            page = client.get(path, headers={"Accept": "text/html,*/*"})
            assert (page.status_code, page.headers["Retry-After"]) == (502, "5")
            assert page.headers["Content-Type"] == "text/html; charset=utf-8"
            assert "<h1>MLabs is starting</h1>" in page.text
            assert page.headers["X-Content-Type-Options"] == "nosniff"
            said = client.post(path, json={})
            assert (said.status_code, said.headers["Content-Type"]) == (502, "application/json")
            assert said.json()["error"].keys() == {"status", "code", "message"}


def test_who_is_answered_is_not_told_to_come_again(client):
    assert "Retry-After" not in client.get("@ada/digits").headers


@pytest.fixture
def ada(mlabs_up):
    with closing(Person(mlabs_up.url, "ada", mlabs_up.password)) as ada:
        yield ada


@pytest.mark.browser
def test_people_sign_in_and_reach_their_kernels(mlabs_up, ada, browser: Browser, tmp_path):
    ports = json.loads((mlabs_up.data / "ports.json").read_text())
    ada.ok("POST", "labs", json={"name": "by-nginx", "notebook": NOTEBOOK})
    server = ada.start("by-nginx")
    kernel = ada.http.post(f"{server}api/kernels", json={"name": "python3"}).json()["id"]
    with in_front(tmp_path, httpx.URL(mlabs_up.url).port, ports["service"]) as nginx:
        context = browser.new_context(ignore_https_errors=True)
        page = context.new_page()
        page.goto(f"{nginx.url}{BASE}@ada/by-nginx")
        page.get_by_role("link", name="Sign in").first.click()
        page.get_by_label("User name").fill("ada")
        page.get_by_label("Password").fill(mlabs_up.password)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Open", exact=True).wait_for()
        assert page.url == f"{nginx.url}{BASE}@ada/by-nginx"
        assert all(cookie["secure"] for cookie in context.cookies() if cookie["name"].startswith("service-"))
        page.get_by_role("button", name="Star").click()
        page.get_by_role("button", name="Take my star back").wait_for()
        page.goto(f"{nginx.url}{server}lab", wait_until="domcontentloaded")
        opened = page.evaluate(
            "path => new Promise((done) => { const s = new WebSocket(`wss://${location.host}${path}`);"
            " s.onopen = () => done(true); s.onerror = () => done(false); })",
            f"{server}api/kernels/{kernel}/channels",
        )
        assert opened
        context.close()
    ada.stop("by-nginx")
