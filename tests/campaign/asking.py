"""How a careful client asks: with one key until there is an answer, and every attempt on record."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from support.person import Person

from campaign.history import History, Switch

# What is asked again: nobody knows what became of it, or there was no room.
AGAIN = {429, 500, 502, 503, 504, 507}
PAUSE = 0.3
PATIENCE = 20.0
# How often nobody asks again, so that what is unknown stays unknown.
GIVES_UP = 0.15
# Once the load is to end, what is open is still asked for so often.
LAST = 20


def key() -> str:
    """A new Idempotency-Key, that also names things."""
    return uuid.uuid4().hex[:20]


def is_foreign(answer: httpx.Response) -> bool:
    """Whether it is refused by who cannot know: not by the service, or as by somebody unknown."""
    if answer.is_success or answer.status_code >= 500:
        return False
    try:
        return answer.json().get("error", {}).get("code") in (None, "token_invalid")
    except ValueError:
        return True


@dataclass
class Asker:
    """A person whose requests are recorded; `chance` is that person's own."""

    person: Person
    history: History
    switch: Switch
    chance: random.Random
    odd: list[str] = field(default_factory=list)

    def ask(
        self,
        kind: str,
        op: str,
        method: str,
        path: str,
        said: dict[str, Any],
        headers: dict[str, str] | None = None,
        got: Callable[[dict[str, Any]], dict[str, Any]] = dict,
        insist: bool = False,
        **request: Any,
    ) -> httpx.Response | None:
        """The answer that counts; None where nobody knows what became of it.

        `got` picks what an acknowledgement says that is checked later. Who insists never gives up, as the
        server of a lab never does.
        """
        last = LAST
        while last:
            last -= self.switch.is_off
            self.history.write("asked", op=op, kind=kind, said=said)
            answer = self._once(method, path, {"Idempotency-Key": op, **(headers or {})}, request)
            self.record(kind, op, answer, got)
            if answer is not None and answer.status_code not in AGAIN and not is_foreign(answer):
                return answer
            if not insist and self.chance.random() < GIVES_UP:
                return None
            self.switch.pause(PAUSE) or self.rest()
        return None

    def rest(self) -> None:
        """Wait a moment although the load is ending."""
        Switch().pause(PAUSE)

    def record(self, kind: str, op: str, answer: httpx.Response | None, got: Callable) -> None:
        status = None if answer is None else answer.status_code
        said = got(answer.json()) if answer is not None and answer.is_success else {}
        words = "" if answer is None or answer.is_success else answer.text[:300]
        foreign = answer is not None and is_foreign(answer)
        self.history.write(
            "answered", op=op, kind=kind, status=status, got=said, words=words, foreign=foreign
        )

    def _once(self, method: str, path: str, headers: dict[str, str], request: Any) -> httpx.Response | None:
        try:
            return self.person.api(method, path, headers=headers, timeout=PATIENCE, **request)
        except httpx.TransportError:
            return None

    def read(self, path: str, **request: Any) -> httpx.Response | None:
        """A GET, of which nothing is recorded; None where there is no good answer."""
        try:
            answer = self.person.api("GET", path, timeout=PATIENCE, **request)
        except httpx.TransportError:
            return None
        return answer if answer.is_success else None
