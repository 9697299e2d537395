"""The service starts quickly, serves, and stops without losing a request."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from support.waiting import until
from traitlets.config import Config

from mlabs_ext.errors import Unavailable, Unusable
from mlabs_ext.service.app import MLabsService
from mlabs_ext.service.settings import kept_secret


def test_a_published_lab_is_served_to_everybody(site):
    site.publish(name="mnist")
    lab = site.as_(None).get("api/v1/labs/ada/mnist")
    assert (lab.status_code, lab.json()["title"]) == (200, "Hello")


@pytest.mark.parametrize("ahead", [True, False], ids=["when published", "when somebody looks"])
def test_a_notebook_is_rendered(ahead, start_site):
    site = start_site(render_ahead=ahead)
    site.publish(name="mnist")
    if not ahead:
        time.sleep(0.5)
        assert not list(Path(site.service.renderer.directory).rglob("*.html.gz"))
        assert site.as_(None).get("render/@ada/mnist/v/1").status_code == 200
    deadline = time.monotonic() + 30
    while not list(Path(site.service.renderer.directory).rglob("*.html.gz")):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_address_without_its_last_slash_leads_to_the_one_with(site):
    answer = site.as_(None).get(site.url.removesuffix("/"))
    assert (answer.status_code, answer.headers["Location"]) == (301, httpx.URL(site.url).path)


@pytest.mark.parametrize(
    ("public", "base", "url"),
    [
        ("", "/services/mlabs/", "/services/mlabs/@ada/x"),
        ("https://labs.example.org", "/services/mlabs/", "https://labs.example.org/services/mlabs/@ada/x"),
        ("https://e.org/hub-base/", "/hub-base/services/mlabs/", "https://e.org/hub-base/services/mlabs/@ada/x"),
        ("http://127.0.0.1:8000/services/mlabs/", "/services/mlabs/", "http://127.0.0.1:8000/services/mlabs/@ada/x"),
    ],
    ids=["unknown", "origin", "below a path", "of the service"],
)  # fmt: skip
def test_addresses_in_answers(public, base, url, tmp_path):
    service = MLabsService(public_url=public, base_url=base, data_dir=str(tmp_path))
    service.config = Config({"HubOAuth": {"oauth_client_id": "x", "api_token": "x"}})
    service.build()
    assert service.labs.addresses.lab("ada", "x") == url
    service.pool.shutdown()
    service.store.close()


def test_the_configuration_file_and_the_defaults_agree(tmp_path, monkeypatch):
    file = tmp_path / "mlabs_config.py"
    file.write_text(
        "c = get_config()\nc.Labs.default_visibility = 'unlisted'\nc.Blobs.directory = '/elsewhere'\n"
    )
    monkeypatch.setenv("MLABS_CONFIG", str(file))
    monkeypatch.setenv("MLABS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "x")
    monkeypatch.setenv("JUPYTERHUB_CLIENT_ID", "service-mlabs")
    service = MLabsService()
    service.initialize([])
    assert service.labs.default_visibility == "unlisted"
    assert service.blobs.directory == "/elsewhere"
    assert service.renderer.directory == str(tmp_path / "data" / "renders")
    service.pool.shutdown()
    service.store.close()


def test_the_default_visibility_is_the_administrators(start_site):
    site = start_site(Config({"Labs": {"default_visibility": "private"}}))
    assert site.publish(name="x")["visibility"] == "private"
    assert site.publish(name="y", visibility="public")["visibility"] == "public"


def test_secrets_are_kept_and_nobody_elses(tmp_path):
    first, second = (MLabsService(data_dir=str(tmp_path)).cookie_secret for _ in range(2))
    assert first == second
    file = tmp_path / "secrets" / "service_cookie_secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_secret_that_was_torn_is_refused_and_never_used(tmp_path):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "service_cookie_secret").write_bytes(b"")
    with pytest.raises(Unusable, match="no secret of 32 bytes"):
        MLabsService(data_dir=str(tmp_path)).cookie_secret  # noqa: B018


def test_a_secret_that_others_make_at_the_same_time_is_one(tmp_path):
    file = tmp_path / "secrets" / "one"
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: kept_secret(file), range(40)))
    assert len(found) == 1
    assert [path.name for path in file.parent.iterdir()] == ["one"]


def test_a_stop_lets_open_requests_finish(start_site, monkeypatch):
    site = start_site()
    slow = threading.Event()
    monkeypatch.setattr(site.service.store, "check", lambda: slow.wait(5))
    answers: list[int] = []
    asking = threading.Thread(target=lambda: answers.append(site.as_(None).get("healthz").status_code))
    asking.start()
    while not site.service.open_requests:
        time.sleep(0.01)
    stopping = asyncio.run_coroutine_threadsafe(site.service.stop(), site.loop)
    time.sleep(0.2)
    assert not stopping.done()
    slow.set()
    stopping.result(10)
    asking.join(10)
    assert answers == [200]


def test_a_stop_waits_for_a_body_that_is_on_its_way(start_site):
    site = start_site()
    url = urlsplit(site.url)
    body = b'{"title": "x"}'
    head = (
        f"POST {url.path}api/v1/labs HTTP/1.1\r\nHost: x\r\nAuthorization: token ada-token\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((url.hostname, url.port), timeout=20) as connection:
        connection.sendall(head.encode() + body[:3])
        until(lambda: site.service.open_requests)
        stopping = asyncio.run_coroutine_threadsafe(site.service.stop(), site.loop)
        time.sleep(0.3)
        connection.sendall(body[3:])
        assert connection.recv(100).split()[1] == b"201"
    stopping.result(10)
    assert site.service.open_requests == 0


def test_housekeeping_goes_on_after_a_round_that_failed(start_site, monkeypatch):
    site = start_site(sweep_interval=0)
    errors = [OSError("disk"), Unavailable("The store is down."), site.service.store.Error("x")]
    done = threading.Event()

    def sweep() -> None:
        if errors:
            raise errors.pop()
        done.set()

    monkeypatch.setattr(site.service, "sweep", sweep)
    house = asyncio.run_coroutine_threadsafe(site.service.keep_house(), site.loop)
    assert done.wait(30)
    house.cancel()


def test_a_sweep_keeps_house(site):
    site.publish(name="x")
    site.service.labs.keep_deleted = 0
    site.as_("ada").delete("api/v1/labs/ada/x")
    site.service.sweep()
    assert site.as_("ada").get("api/v1/me/trash").json()["items"] == []


@pytest.mark.timeout(120)
def test_the_process_starts_as_jupyterhub_starts_it_and_ends_on_sigterm(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    environment = os.environ | {
        "JUPYTERHUB_SERVICE_URL": url,
        "JUPYTERHUB_SERVICE_PREFIX": "/services/mlabs/",
        "JUPYTERHUB_API_TOKEN": "secret-of-the-service",
        "JUPYTERHUB_CLIENT_ID": "service-mlabs",
        "MLABS_DATA": str(tmp_path / "data"),
    }
    command = [sys.executable, "-m", "mlabs_ext.service"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            health = wait_for(f"{url}/services/mlabs/healthz")
        finally:
            process.send_signal(signal.SIGTERM)
            said = process.stderr.read()
    assert health["status"] == "ok"
    assert process.returncode == 0
    lines = [json.loads(line) for line in said.splitlines()]
    assert {"Serving /services/mlabs/ at " + url, "Stopping"} <= {line["message"] for line in lines}
    assert "secret-of-the-service" not in said
    assert Path(tmp_path, "data", "mlabs.sqlite").is_file()


def wait_for(url: str) -> dict:
    """The first answer; starting may take long on a busy machine."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return httpx.get(url).json()
        except httpx.ConnectError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
