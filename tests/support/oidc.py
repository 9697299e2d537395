"""An OpenID Connect provider of the tests' own, with people whom it knows, and one registered client."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from support.waiting import free_port, until

PROGRAM = Path(sys.executable).with_name("oidc-provider-mock")


class Provider:
    """oidc-provider-mock on loopback; `client` is the id and the secret of the client."""

    def __init__(self, people: tuple[str, ...]):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        known = [json.dumps({"sub": name, "preferred_username": name.title()}) for name in people]
        self.command = [PROGRAM, "--port", str(self.port), "--require-registration", "true"]
        self.command += [part for claims in known for part in ("--user-claims", claims)]

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        )
        until(self.described, 60)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def described(self) -> dict[str, str]:
        """What its description says; empty until it answers."""
        try:
            return httpx.get(f"{self.url}/.well-known/openid-configuration", timeout=10).json()
        except httpx.TransportError:
            return {}

    def register(self, callback: str) -> tuple[str, str]:
        """Register a client that people come back to at `callback`: its id, its secret."""
        asked = {"redirect_uris": [callback], "token_endpoint_auth_method": "client_secret_post"}
        answer = httpx.post(self.described()["registration_endpoint"], json=asked, timeout=10)
        answer.raise_for_status()
        return answer.json()["client_id"], answer.json()["client_secret"]


@contextmanager
def provider(*people: str) -> Iterator[Provider]:
    """A provider that knows these people."""
    running = Provider(people)
    running.start()
    try:
        yield running
    finally:
        running.stop()
