"""What readers and authors ask at a steady rate, in a process of its own: `python traffic.py STREAMS`.

STREAMS is JSON, a list of `{name, rate, url, headers, paths}` with a `body` where something is posted; rates
are by the second. What is asked next does not wait for what was asked before: a slow answer delays no
question, and the time until an answer counts from when it was due. A line on stdin asks for what was found
since the last, as JSON; its end ends all.
"""

from __future__ import annotations

import http.client
import itertools
import json
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# Answers that may be awaited at once, of each stream.
THREADS = 24
TIMEOUT = 30
# Seconds after which a connection that nothing was asked of is not trusted to be open still.
IDLE = 2


class Traffic:
    """The other end of it, for who measures."""

    def __init__(self, streams: list[dict[str, Any]]):
        self.rate = sum(given["rate"] for given in streams)
        command = [sys.executable, Path(__file__), json.dumps(streams)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def found(self) -> dict[str, Any]:
        """By stream: `took` in seconds, `failed` with what was said; and `cpu`, its share of a core."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("found\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(2 * TIMEOUT)
        self.process.stdout.close()


class Stream:
    """One kind of request."""

    def __init__(self, given: dict[str, Any]):
        self.given, self.url = given, urlsplit(given["url"])
        self.due: queue.SimpleQueue[tuple[float, int]] = queue.SimpleQueue()
        self.took: list[float] = []
        self.failed: list[str] = []
        for work in (self._schedule, *[self._ask] * THREADS):
            threading.Thread(target=work, daemon=True).start()

    def _schedule(self) -> None:
        begun = time.monotonic()
        for number in itertools.count():
            when = begun + number / self.given["rate"]
            time.sleep(max(0.0, when - time.monotonic()))
            self.due.put((when, number))

    def _ask(self) -> None:
        connection = http.client.HTTPConnection(self.url.hostname or "", self.url.port, timeout=TIMEOUT)
        asked = 0.0
        while True:
            when, number = self.due.get()
            if time.monotonic() - asked > IDLE:
                connection.close()
            asked = time.monotonic()
            try:
                status, said = self._answer(connection, number)
            except (OSError, http.client.HTTPException) as error:
                status, said = 0, repr(error)
                connection.close()
            if 200 <= status < 300:
                self.took.append(time.monotonic() - when)
            else:
                self.failed.append(f"{status} {said[:200]}")

    def _answer(self, connection: http.client.HTTPConnection, number: int) -> tuple[int, str]:
        path = self.given["paths"][number % len(self.given["paths"])]
        body = self.given.get("body")
        content = json.dumps(body).replace("NUMBER", str(number)) if body else None
        connection.request(
            "POST" if body else "GET", self.url.path + path, content, self.given.get("headers", {})
        )
        answer = connection.getresponse()
        said = answer.read()
        return answer.status, said.decode(errors="replace") if answer.status >= 300 else ""

    def since_last(self) -> dict[str, Any]:
        took, self.took = self.took, []
        failed, self.failed = self.failed, []
        return {"took": took, "failed": failed, "behind": self.due.qsize()}


def main(streams: list[dict[str, Any]]) -> None:
    """Ask, and tell."""
    running = {given["name"]: Stream(given) for given in streams}
    begun, spent = time.monotonic(), time.process_time()
    for _ in sys.stdin:
        share = (time.process_time() - spent) / (time.monotonic() - begun)
        found = {name: stream.since_last() for name, stream in running.items()}
        print(json.dumps({"streams": found, "cpu": share}), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
