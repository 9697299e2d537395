"""docs/deployment.md as written: nginx, TLS and two names, PostgreSQL, Docker, sign-in by OpenID Connect."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from playwright.sync_api import expect
from support import images
from support.browsers import chromium
from support.one_machine import CONTENT, SITE, asked, flags, new_lab, run_cell, served, sign_in
from support.screenshots import keep

from mlabs_ext.up.recipe import FILES

pytestmark = [pytest.mark.docker, pytest.mark.browser, pytest.mark.nginx, pytest.mark.postgresql]
BASE = f"https://{SITE}/services/mlabs/"
CODE = "import socket; print('in', 'a container' if __import__('os').getuid() == 1000 else 'no container')"


@pytest.fixture(scope="module")
def machine_and_front(tmp_path_factory, postgresql_server):
    images.image("python")
    with served(tmp_path_factory.mktemp("machine"), postgresql_server) as (machine, front):
        up = machine.start()
        try:
            yield machine, front
        finally:
            assert up.stop() == 0, up.said()


@pytest.fixture(scope="module")
def front(machine_and_front):
    return machine_and_front[1]


@pytest.fixture(scope="module")
def browser(front):
    with chromium(*flags(front)) as browser:
        yield browser


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


def test_a_person_signs_in_works_publishes_embeds_and_signs_out(page):
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    sign_in(page, "ada")
    new_lab(page, "By the recipe")
    run_cell(page, CODE, "in a container")
    assert sockets
    assert all(url.startswith(f"wss://{SITE}/user/ada/") for url in sockets)
    page.get_by_role("button", name=re.compile("^share", re.I)).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=re.compile("publish", re.I)).click()
    link = dialog.get_by_role("link", name=re.compile("open page", re.I)).first
    link.wait_for()
    address = link.evaluate("a => a.href")
    assert address.startswith(f"{BASE}@ada/")
    keep(page, "one-machine-shared")

    cookies = [cookie for cookie in page.context.cookies() if cookie["domain"] != "127.0.0.1"]
    assert {cookie["domain"] for cookie in cookies} == {SITE}
    assert not [cookie["name"] for cookie in cookies if not cookie["secure"]]

    page.goto(address.replace("/@", "/embed/@"))
    frame = page.wait_for_selector("iframe[sandbox]")
    assert frame.get_attribute("src").startswith(f"https://{CONTENT}/services/mlabs/render/@ada/")
    expect(frame.content_frame().locator("body")).to_contain_text("in a container")
    keep(page, "one-machine-embed")

    page.goto(f"https://{SITE}/hub/logout")
    page.get_by_role("link", name="Sign in with our university").wait_for()
    page.goto(f"{BASE}me")
    page.get_by_role("link", name="Sign in with our university").wait_for()


def test_who_may_not_come_in_is_told_so(page):
    sign_in(page, "mallory")
    page.get_by_role("heading", name="You may not come in").wait_for()
    expect(page.locator("main")).to_contain_text("Ask its administrator")
    keep(page, "one-machine-refused")
    page.goto(f"{BASE}me")
    page.get_by_role("link", name="Sign in with our university").wait_for()


HEADERS = {
    "the hub": (SITE, "/hub/login", 200),
    "a page": (SITE, "/services/mlabs/", 200),
    "what a document loads": (CONTENT, "/services/mlabs/static/mlabs.css", 200),
    "pages at the second name": (CONTENT, "/services/mlabs/", 404),
    "the hub at the second name": (CONTENT, "/hub/login", 404),
    "the api at the second name": (CONTENT, "/services/mlabs/api/v1/labs", 404),
    "a way around": (CONTENT, "/services/mlabs/render/../api/v1/labs", 404),
}


@pytest.mark.parametrize(("name", "path", "status"), HEADERS.values(), ids=HEADERS)
def test_what_each_name_shows(front, name, path, status):
    answer = asked(front, name, path)
    assert answer.status_code == status
    assert answer.headers.get_list("Strict-Transport-Security") == ["max-age=31536000"]
    assert answer.headers.get_list("X-Content-Type-Options") == ["nosniff"]


def test_the_service_is_reached_around_the_hubs_proxy(machine_and_front):
    machine, front = machine_and_front
    assert machine.service in [
        int(port) for port in re.findall(r'"service": (\d+)', (machine.data / "ports.json").read_text())
    ]
    assert asked(front, SITE, "/services/mlabs/").headers["X-Cache"] in ("MISS", "HIT", "EXPIRED")


def test_nothing_is_kept_in_sqlite(machine_and_front):
    assert not list(machine_and_front[0].data.glob("*.sqlite"))


def test_systemd_knows_all_that_the_unit_says(machine_and_front):
    unit = machine_and_front[0].file("etc/systemd/system/mlabs.service")
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_all_files_are_where_the_page_says(machine_and_front):
    page = (images.needs.CHECKOUT / "docs" / "deployment.md").read_text()
    for file in FILES:
        assert f"`/{file.place}`" in page
        assert machine_and_front[0].file(file.place).stat().st_mode & 0o777 == file.mode


def test_the_hub_answers_only_here(machine_and_front):
    listening = subprocess.run(["ss", "-ltnH"], capture_output=True, text=True, check=True).stdout
    machine = machine_and_front[0]
    for port in (machine.hub, machine.service):
        assert f"127.0.0.1:{port}" in listening
        assert f"0.0.0.0:{port}" not in listening
