"""An interface that comes or goes elsewhere on the machine ends nothing in a browser of the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest
from playwright.sync_api import Browser
from support.preloaded import may_compile

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        os.geteuid() != 0 or not shutil.which("ip") or not may_compile(),
        reason="only root can make an interface, by `ip`; and a compiler is needed",
    ),
]
NAME = "mlabs-steady"
# More than a browser has connections to one place: the others wait for one, and are what it would end.
MANY = 10
ASK = f"""() => {{
    const ask = async (_, number) => (await fetch(`/slow?${{number}}`)).text();
    window.came = Promise.all(Array.from({{ length: {MANY} }}, ask)).catch((error) => `${{error}}`);
}}"""


@contextmanager
def slow_site() -> Iterator[tuple[str, Event, Event]]:
    """A page that asks for what comes only once the second event is set; the first says that it asked."""
    asked, answered = Event(), Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/slow"):
                asked.set()
                answered.wait(30)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"came")

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", asked, answered
    finally:
        answered.set()
        server.shutdown()
        server.server_close()


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def test_what_is_under_way_comes_although_an_interface_comes_and_goes(browser: Browser) -> None:
    with slow_site() as (url, asked, answered):
        page = browser.new_page()
        page.goto(url)
        page.evaluate(ASK)
        assert asked.wait(30)
        ip("link", "add", NAME, "type", "veth", "peer", "name", f"{NAME}2")
        try:
            ip("address", "add", "10.213.17.1/30", "dev", NAME)
            ip("link", "set", NAME, "up")
            page.wait_for_timeout(1500)
        finally:
            ip("link", "delete", NAME)
        page.wait_for_timeout(1500)
        answered.set()
        assert page.evaluate("window.came") == ["came"] * MANY
        page.close()
