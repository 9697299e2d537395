"""Who watches runs: comes again with the last id that was seen, as a browser does."""

from __future__ import annotations

import queue

import httpx
from support.sse import ACCEPT, Message, lines, parse

from campaign.asking import Asker, key
from campaign.load import Load

# The service says something at least that often; see its heartbeats.
SILENCE = 40.0
COMINGS = 200


class Watcher(Load):
    """Watches one run after another to its end, and records each step that it is told."""

    pause = (0.05, 0.2)

    def __init__(self, asker: Asker, owner: str):
        super().__init__(asker, owner)
        self.runs: queue.SimpleQueue[str] = queue.SimpleQueue()

    def once(self) -> None:
        try:
            run = self.runs.get(timeout=0.5)
        except queue.Empty:
            return
        watcher, last = key(), ""
        for _ in range(COMINGS):
            if self.asker.switch.is_off:
                return
            last, over = self._watch(run, watcher, last)
            if over:
                self.asker.history.write("watched", run=run, watcher=watcher)
                return
            self.asker.switch.pause(0.3)

    def _watch(self, run: str, watcher: str, last: str) -> tuple[str, bool]:
        """Watch until the connection ends; the last id, and whether it was all."""
        headers = {"Accept": ACCEPT, **({"Last-Event-ID": last} if last else {})}
        path = f"/services/mlabs/api/v1/runs/{run}/events"
        try:
            with self.asker.person.http.stream("GET", path, headers=headers, timeout=SILENCE) as answer:
                if answer.status_code != 200:
                    return last, answer.status_code == 204
                for message in parse(lines(answer.iter_bytes())):
                    last = message.id or last
                    self._record(run, watcher, message)
                    if message.event == "final":
                        return last, True
                    if self.asker.switch.is_off:
                        return last, False
        except httpx.TransportError:
            pass
        return last, False

    def _record(self, run: str, watcher: str, message: Message) -> None:
        if message.event == "step":
            shown = message.data["data"].get("output", {}).get("text", "")
            self.asker.history.write("seen", run=run, watcher=watcher, seq=message.data["seq"], text=shown)
        elif message.event == "gap":
            self.asker.history.write("gap", run=run, watcher=watcher, **message.data)
