"""A real MLabs that runs: it is well; and what is done to it, or put in front of it, the doctor sees."""

from __future__ import annotations

import http.server
import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from support.nginx import Nginx
from support.post_office import certificate
from support.processes import service_process
from support.up import Up
from support.waiting import free_port

from mlabs_ext.doctor import asking
from mlabs_ext.doctor.command import look
from mlabs_ext.doctor.found import FAULT, WARNING, Result
from mlabs_ext.doctor.here import Here
from mlabs_ext.last_backup import LastBackup, note
from mlabs_ext.up.data import DataDir

# As the documentation says it, for what is wrong to be left out of.
PROXY = """
server {{
  listen 127.0.0.1:{port}{ssl};
  location / {{
    proxy_pass {hub};
    proxy_http_version 1.1;
    {headers}
  }}
}}
"""
HOST = "proxy_set_header Host $http_host;"
SCHEME = "proxy_set_header X-Forwarded-Proto $scheme;"
UPGRADE = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"


def examine(up: Up, url: str = "") -> dict[str, Result]:
    """What is neither fine nor left out, where a backup was made."""
    note(Path(up.data), LastBackup(time.time(), 1, whole=True))
    return {one.check.id: one for one in look(Here(DataDir(up.data), {}, url)) if one.found}


def test_what_runs_well_is_well(mlabs_up):
    here = Here(DataDir(mlabs_up.data), {})
    assert here.hub
    assert here.public_url == mlabs_up.url
    results = {one.check.id: one for one in look(here)}
    assert not [one for one in results.values() if one.found]
    looked = {"processes", "version", "reachable", "forwarded", "clock", "database", "schema", "durable"}
    assert {results[name].status for name in looked} == {"fine"}


def test_a_service_that_hangs(mlabs_up, monkeypatch):
    monkeypatch.setattr(asking, "PATIENCE", 1)
    service = service_process(mlabs_up.data)
    service.send_signal(signal.SIGSTOP)
    try:
        found = examine(mlabs_up)
    finally:
        service.send_signal(signal.SIGCONT)
    assert {"processes", "reachable"} == set(found)
    assert [one.words.partition(" does")[0] for one in found["processes"].found] == [
        "The service",
        "The service through the proxy",
    ]


def test_an_installation_that_was_renewed_and_not_restarted(mlabs_up, monkeypatch):
    monkeypatch.setattr("mlabs_ext.__version__", "9.9.9")
    assert "9.9.9 is installed" in examine(mlabs_up)["version"].found[0].words


@contextmanager
def proxy(folder: Path, up: Up, headers: str, tls: bool = False) -> Iterator[str]:
    """nginx before the hub's proxy, passing on what is said; its address."""
    port = free_port()
    secure = ""
    if tls:
        certificate(folder, "127.0.0.1")
        secure = f" ssl; ssl_certificate {folder}/127.0.0.1.pem; ssl_certificate_key {folder}/127.0.0.1.key"
    nginx = Nginx(folder, port, PROXY.format(port=port, ssl=secure, hub=up.url, headers=headers)).start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{port}"
    finally:
        nginx.stop()


@pytest.mark.nginx
@pytest.mark.parametrize(
    ("headers", "tls", "words"),
    [
        (HOST + SCHEME + UPGRADE, False, None),
        (HOST + SCHEME, False, "A websocket does not come through"),
        (SCHEME + UPGRADE, False, "arrive as ones to"),
        (HOST + UPGRADE, True, "Requests by https arrive as ones by http"),
    ],
    ids=["right", "no-upgrade", "other-host", "no-scheme"],
)
def test_what_a_proxy_in_front_leaves_out(mlabs_up, tmp_path, monkeypatch, headers, tls, words):
    with proxy(tmp_path, mlabs_up, headers, tls) as url:
        if tls:
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "127.0.0.1.pem"))
        found = examine(mlabs_up, url)
    found.pop("certificate", None)
    assert set(found) == ({"forwarded"} if words else set())
    if words:
        assert words in found["forwarded"].found[0].words


@pytest.mark.nginx
def test_certificates(mlabs_up, tmp_path, monkeypatch):
    with proxy(tmp_path, mlabs_up, HOST + SCHEME + UPGRADE, tls=True) as url:
        found = examine(mlabs_up, url)
        assert found["certificate"].status == FAULT
        assert "is refused: self-signed certificate" in found["certificate"].found[0].words
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "127.0.0.1.pem"))
        found = examine(mlabs_up, url)
    assert set(found) == {"certificate"}
    assert found["certificate"].status == WARNING
    assert "ends in 1 days" in found["certificate"].found[0].words


@contextmanager
def slow_clock(up: Up) -> Iterator[str]:
    """A machine in front whose clock is an hour behind, with the answers of MLabs."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = httpx.get(f"{up.url}{self.path}", trust_env=False)
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)

        def log_message(self, *args: object) -> None:
            """Stay quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_clock_that_is_wrong(mlabs_up):
    with slow_clock(mlabs_up) as url:
        found = examine(mlabs_up, url)
    assert "behind this machine's" in found["clock"].found[0].words
    assert found["clock"].status == FAULT


def test_an_address_that_leads_nowhere(mlabs_up):
    found = examine(mlabs_up, f"http://127.0.0.1:{free_port()}")
    assert set(found) == {"reachable"}
    assert "Connection refused" in found["reachable"].found[0].words


def test_a_path_that_the_front_takes_away(mlabs_up, monkeypatch):
    monkeypatch.setattr(Here, "base", "/hub-of-ours/")
    found = examine(mlabs_up, mlabs_up.url)
    assert "It does without /hub-of-ours/" in found["reachable"].found[0].words


def test_the_socket_wants_a_websocket(mlabs_up):
    answer = httpx.get(f"{mlabs_up.url}/services/mlabs/healthz/socket", trust_env=False)
    assert answer.status_code == 400
    assert json.loads(answer.text)["error"]["code"] == "websocket_expected"
