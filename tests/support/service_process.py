"""The real service as a process of its own, to be measured or killed; the one fake is who a token belongs to.

`python service_process.py DATA PORT [SETTING…]` is that process: `ada-token` is ada's, and so on.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

ACCESS = "access:services!service=mlabs"
SCOPES = [ACCESS, "custom:mlabs:read", "custom:mlabs:write", "custom:mlabs:admin"]
BASE = "/services/mlabs/"
# Characters of its log that a failure is told with.
LOGGED = 3_000


class ServiceProcess:
    """`url` is BASE with its origin. `settings` are the service's, as on its command line."""

    def __init__(self, data: Path, port: int, *settings: str):
        self.data, self.port, self.settings = data, port, settings
        self.url = f"http://127.0.0.1:{port}{BASE}"
        self.log = data.with_name(f"{data.name}.log")

    def start(self) -> ServiceProcess:
        command = [sys.executable, __file__, str(self.data), str(self.port), *self.settings]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        end = time.monotonic() + 120
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)
        return self

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}healthz", timeout=5, verify=False).is_success
        except httpx.TransportError:
            return False

    def stop(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)
        self.process.wait(30)

    def said(self) -> str:
        """Whether it lives, and the end of what it logged."""
        return f"exit status: {self.process.poll()}\n{self.log.read_text()[-LOGGED:]}"

    def client(self, name: str | None = "ada", **given: Any) -> httpx.Client:
        headers = {"Authorization": f"token {name}-token"} if name else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, verify=False, **given)

    def cpu(self) -> float:
        """Processor seconds so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Resident bytes."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def main(data: str, port: str, *settings: str) -> None:
    """Be the service."""
    from jupyterhub.services.auth import HubOAuth
    from traitlets.config import Config

    from mlabs_ext.service import logs
    from mlabs_ext.service.app import MLabsService

    class AnyToken(HubOAuth):
        def user_for_token(self, token, use_cache=True, session_id="", *, sync=True):
            async def answer():
                name = token.removesuffix("-token")
                return {
                    "kind": "user",
                    "name": name,
                    "admin": name == "admin",
                    "groups": [],
                    "scopes": SCOPES,
                }

            return self._call_coroutine(sync, answer)

    config = Config()
    config.HubOAuth.oauth_client_id = "service-mlabs"
    config.HubOAuth.api_token = "the-service's-own"
    config.HubOAuth.access_scopes = {ACCESS}
    service = MLabsService(
        config=config,
        data_dir=data,
        listen=f"http://127.0.0.1:{port}",
        base_url=BASE,
        hub_auth_class=AnyToken,
        render_ahead=False,
    )
    service.initialize(list(settings))
    logs.set_up("WARNING")
    sys.exit(service.launch())


if __name__ == "__main__":
    main(*sys.argv[1:])
