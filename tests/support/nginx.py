"""nginx as a process of the tests: with any settings, or those of `deploy/` in front of what they run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import psutil
import trustme

from support import needs
from support.waiting import free_port, until

RECIPE = needs.CHECKOUT / "deploy" / "nginx" / "mlabs.conf"
MAIN = """
daemon off;
{user}
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
  keepalive_requests 1000000;
  {temporary}
  include {folder}/site.conf;
}}
"""
# The two names in it.
NAMES = ("labs.example.org", "labs-content.example.net")
NOSNIFF = "add_header X-Content-Type-Options nosniff always;"
SAYS = "add_header X-Cache $upstream_cache_status always;"
KINDS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Nginx:
    """One worker of nginx; `settings` are those of its `http` block, and what it writes is in `folder`."""

    def __init__(self, folder: Path, port: int, settings: str):
        self.folder, self.port = folder, port
        (folder / "site.conf").write_text(settings)
        # Files of a master that is root would be closed to its worker.
        user = "user root;" if os.geteuid() == 0 else ""
        temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in KINDS)
        (folder / "nginx.conf").write_text(MAIN.format(user=user, folder=folder, temporary=temporary))

    def workers(self) -> list[psutil.Process]:
        """The processes that answer."""
        return psutil.Process(self.process.pid).children()

    def cpu(self) -> float:
        """Processor seconds of its worker so far."""
        times = self.workers()[0].cpu_times()
        return times.user + times.system

    def start(self) -> Self:
        """Start it; return once it answers."""
        program = needs.nginx()
        assert program, "nginx is not installed: `apt-get install nginx-light`."
        places = ["-p", self.folder, "-e", self.folder / "error.log", "-c", self.folder / "nginx.conf"]
        self.process = subprocess.Popen([program, *places])
        until(lambda: self.process.poll() is not None or ((self.folder / "pid").exists() and self.workers()))
        assert self.process.poll() is None, (self.folder / "error.log").read_text()
        return self

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(10)


class Front(Nginx):
    """`url` is its origin, by TLS if `tls`. Answers say in `X-Cache` whether nginx had them.

    `authority` signed its certificate, which is for the names of the recipe and for this machine.
    """

    def __init__(self, folder: Path, hub: int, service: int, tls: bool = True, recipe: Path = RECIPE):
        self.folder, self.port, self.tls = folder, free_port(), tls
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        self.authority = trustme.CA()
        self.certificate = self.authority.issue_cert(*NAMES, "127.0.0.1")
        super().__init__(folder, self.port, self._settings(hub, service, recipe.read_text()))

    def _settings(self, hub: int, service: int, text: str) -> str:
        """The recipe, with places that are the tests'."""
        for name, own in {
            "127.0.0.1:8000": f"127.0.0.1:{hub}",
            "127.0.0.1:10101": f"127.0.0.1:{service}",
            "/var/cache/nginx-mlabs": f"{self.folder}/cache",
            "/var/log/nginx/mlabs.log": f"{self.folder}/access.log",
            "/etc/letsencrypt/live/labs.example.org/fullchain.pem": f"{self.folder}/site.pem",
            "/etc/letsencrypt/live/labs.example.org/privkey.pem": f"{self.folder}/site.key",
            "listen 443 ssl http2": f"listen 127.0.0.1:{self.port}{' ssl http2' if self.tls else ''}",
            "listen 80;": f"listen 127.0.0.1:{free_port()};",
            # The machine may have no IPv6.
            "  listen [::]:443 ssl http2;\n": "",
            "  listen [::]:80;\n": "",
            NOSNIFF: f"{NOSNIFF} {SAYS}",
        }.items():
            assert text.count(name) == 1, name
            text = text.replace(name, own)
        return text

    def log(self) -> str:
        """What was asked of it."""
        return (self.folder / "access.log").read_text()

    def start(self) -> Self:
        """Start it, with a certificate of its own."""
        self.certificate.private_key_pem.write_to_path(self.folder / "site.key")
        for part in self.certificate.cert_chain_pems:
            part.write_to_path(self.folder / "site.pem", append=True)
        return super().start()


@contextmanager
def in_front(
    folder: Path, hub: int, service: int, tls: bool = True, recipe: Path = RECIPE
) -> Iterator[Front]:
    """nginx before a hub's proxy and a service at these ports."""
    nginx = Front(folder, hub, service, tls, recipe).start()
    try:
        yield nginx
    finally:
        nginx.stop()
