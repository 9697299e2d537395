"""JupyterLab and Notebook 7 on the fake service, in a thread, so that a browser can be driven beside them."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from lab.fake_service import FakeService
from lab.user_server import ROOT, TOKEN, UserServer
from playwright.sync_api import Page

from support.waiting import until

# Milliseconds: until a front end has loaded and its kernel waits, and until anything else happens.
START = 60_000
SOON = 60_000
EXTENSION = ROOT / "mlabs_ext" / "lab" / "labextension"
# Without `reset` JupyterLab would open the notebooks of the tests before, too.
FRONT_ENDS = {"lab": "lab/tree/{}?reset&token={}", "notebook": "notebooks/{}?token={}"}
# The last two are for `support.axe`, which changes the theme under open dialogs.
OPTIONS = (
    "--LabServerApp.blacklist_uris=",
    "--Limits.interval=1",
    "--LabApp.expose_app_in_browser=True",
    "--JupyterNotebookApp.expose_app_in_browser=True",
)
ENABLED = tuple(f"--ServerApp.jpserver_extensions={name}=True" for name in ("jupyterlab", "notebook"))


class LabServer(UserServer):
    """A user's server that also serves the front ends, with the extension as built in this checkout."""

    def __init__(self, home: Path, service_url: str):
        super().__init__(home, service_url, options=(*ENABLED, *OPTIONS))
        extensions = home / "share" / "labextensions"
        extensions.mkdir(parents=True)
        assert (EXTENSION / "package.json").is_file(), "build it first: python ui/build.py labextension"
        (extensions / "mlabs-labextension").symlink_to(EXTENSION)
        settings = home / "config" / "labconfig"
        settings.mkdir(parents=True)
        # Its question about news would cover what the tests click.
        quiet = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
        (settings / "page_config.json").write_text(json.dumps(quiet))

    def environment(self) -> dict[str, str]:
        own = {
            "JUPYTER_PATH": str(self.home / "share"),
            "JUPYTERLAB_WORKSPACES_DIR": str(self.home / "workspaces"),
            "JUPYTERLAB_SETTINGS_DIR": str(self.home / "settings"),
        }
        return {**super().environment(), **own}

    def page(self, front_end: str, path: str, port: int | None = None) -> str:
        """The address of a notebook in a front end; another port leads there by a detour."""
        return f"http://127.0.0.1:{port or self.port}/{FRONT_ENDS[front_end].format(path, TOKEN)}"


class Stage:
    """The service and the server, running."""

    def __init__(self, home: Path):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.service = FakeService()
        self.home = home
        self.server: LabServer

    def start(self) -> Stage:
        self.thread.start()
        self.call(self.service.up())
        self.server = LabServer(self.home, self.service.url)
        self.call(self.server.start())
        return self

    def stop(self) -> None:
        self.call(self.server.stop())
        self.call(self.service.down())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(90)

    def write(self, path: str, cells: list[str], lab: str, environment: str = "python", **own: str) -> None:
        """Save a notebook that says it is `lab`."""
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        own = {"environment": environment, "lab": lab, **own}
        self.server.write_notebook(path, cells, {"kernelspec": kernel, "mlabs": own})

    def read(self, path: str) -> dict[str, Any]:
        """A notebook as it is on disk; the server writes in place, so that for a moment there is less."""
        found: list[dict[str, Any]] = []

        def whole() -> bool:
            with suppress(json.JSONDecodeError):
                found.append(json.loads((self.server.root / path).read_text()))
            return bool(found)

        until(whole)
        return found[0]

    def about_labs(self) -> int:
        """How many requests about labs the service has had; the server asks other things by the clock."""
        return sum("/api/v1/labs/" in path for _, path, _ in self.service.requests)

    def rested(self) -> int:
        """The same, once for a second there was none: an answer may have asked for more."""

        def quiet() -> bool:
            before = self.about_labs()
            time.sleep(1)
            return self.about_labs() == before

        until(quiet)
        return self.about_labs()

    def sent(self, method: str, ending: str) -> list[dict[str, Any]]:
        """The bodies of requests that reached the service."""
        return [
            json.loads(body) if body else {}
            for verb, path, body in self.service.requests
            if verb == method and path.endswith(ending)
        ]


def open_notebook(
    stage: Stage, page: Page, path: str, front_end: str = "lab", port: int | None = None
) -> None:
    """Open a notebook, and wait for its kernel: a cell that is run before that does nothing."""
    page.goto(stage.server.page(front_end, path, port))
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=START)
    deadline = time.monotonic() + START / 1000
    while not stage.call(connected(stage.server, path)):
        assert time.monotonic() < deadline, stage.server.log[-3000:]
        time.sleep(0.1)


async def connected(server: UserServer, path: str) -> bool:
    """Whether a front end talks to the notebook's kernel."""
    kernels = [each["kernel"] for each in await server.api("GET", "api/sessions") if each["path"] == path]
    return any(kernel["connections"] and kernel["execution_state"] == "idle" for kernel in kernels)


def menu(page: Page, title: str, entry: str) -> None:
    """Choose from a menu."""
    page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{title}$")).first.click()
    page.locator(".lm-Menu-item", has_text=re.compile(f"^{re.escape(entry)}")).first.click()
