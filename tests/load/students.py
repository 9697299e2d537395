"""Students who open the same lab: fork it, start a server, watch its progress, and run a cell."""

from __future__ import annotations

import json
import random
import threading
import time
from dataclasses import dataclass, field

from support.person import Person

from mlabs_ext.names import server_name

# Seconds in which a student gives up.
PATIENCE = 900


@dataclass
class Opened:
    """How it went: seconds of each step, what the progress page said, and what went wrong."""

    name: str
    seconds: dict[str, float] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    waited: int = 0
    failed: str = ""


class Student(threading.Thread):
    """Comes after `delay` seconds; `opened` is how it went."""

    def __init__(self, url: str, password: str, name: str, lab: str, delay: float):
        super().__init__(daemon=True)
        self.url, self.password, self.lab, self.delay = url, password, lab, delay
        self.opened = Opened(name)

    def run(self) -> None:
        time.sleep(self.delay)
        try:
            self._open()
        # All that a student meets is told.
        except Exception as error:
            self.opened.failed = f"{type(error).__name__}: {error}"[:500]

    def _open(self) -> None:
        begun = time.monotonic()

        def done(step: str) -> None:
            nonlocal begun
            self.opened.seconds[step] = time.monotonic() - begun
            begun = time.monotonic()

        self.person = Person(self.url, self.opened.name, self.password)
        done("sign in")
        lab = self.person.ok("POST", f"labs/{self.lab}/fork", json={})["name"]
        done("fork")
        server = self._server(lab)
        done("start")
        self._work(server, lab)
        done("first cells")
        self.fork = lab

    def _work(self, server: str, lab: str) -> None:
        """Open the notebook, and run it."""
        path = self.person.open(server, f"{self.opened.name}/{lab}")
        replies = self.person.execute(server, path, timeout=PATIENCE)
        bad = [reply for reply in replies if reply["status"] != "ok"]
        assert replies and not bad, bad

    def again(self) -> None:
        """Leave, and come back to the same lab."""
        self.person.stop(self.fork)
        self._work(self._server(self.fork), self.fork)

    def _server(self, lab: str) -> str:
        """The path of its server, once the progress says that it is ready."""
        path = f"/hub/api/users/{self.opened.name}/servers/{server_name(lab)}"
        options = {"user_options": {"lab": f"{self.opened.name}/{lab}"}}
        deadline = time.monotonic() + PATIENCE
        answer = self.person.http.post(path, json=options)
        while answer.status_code == 429:
            # Told to come again, with when: a place in a queue that the browser keeps.
            self.opened.waited += 1
            assert time.monotonic() < deadline and int(answer.headers["Retry-After"]) > 0, answer.text
            time.sleep(int(answer.headers["Retry-After"]) * random.uniform(1, 1.5))
            answer = self.person.http.post(path, json=options)
        assert answer.status_code in (201, 202), f"{answer.status_code} {answer.text[:300]}"
        with self.person.http.stream("GET", f"{path}/progress", timeout=PATIENCE) as progress:
            for line in progress.iter_lines():
                if not line.startswith("data:"):
                    continue
                event = json.loads(line.removeprefix("data:"))
                self.opened.said.append(event.get("message", ""))
                assert not event.get("failed"), event
                if event.get("ready"):
                    return event["url"]
        raise AssertionError(f"the progress ended: {self.opened.said[-3:]}")

    def leave(self) -> None:
        """Stop the server."""
        if hasattr(self, "fork"):
            path = f"/hub/api/users/{self.opened.name}/servers/{server_name(self.fork)}"
            self.person.http.request("DELETE", path, json={"remove": False})
        if hasattr(self, "person"):
            self.person.close()
