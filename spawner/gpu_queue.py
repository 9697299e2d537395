"""Whose turn it is at accelerators: who holds one, who waits, and in which order those who wait go."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from msgspec import Struct, structs

from mlabs_ext import wire
from mlabs_spawner.gpu_line import Line, Missing, Place

# Others may go before somebody this often; then it is the turn of whoever asked first.
PATIENCE = 10


class Holder(Struct):
    """Who holds one, and since when, in seconds since 1970."""

    who: wire.HubPerson
    gpu: str
    since: float


class Waiting(Place, eq=False, kw_only=True):
    """Who waits for one."""

    turn: asyncio.Future[str]


class GpuQueue:
    """`before` is the line as the last hub left it; whose `longest` seconds are over has no place in it."""

    def __init__(self, before: Line, longest: float):
        self.holders: dict[str, Holder] = {}
        self.waiting: dict[str, Waiting] = {}
        # Whose time is over would be refused at once.
        self.missing = Missing([place for place in before.places if place.since > time.time() - longest])
        self.arrivals, self.turns = before.arrivals, before.turns
        # When somebody who holds or waits for one had their last turn.
        self.served = dict(before.served)

    def enter(self, key: str, who: wire.HubPerson, turn: asyncio.Future[str]) -> Waiting:
        """Stand in it, at the old place where there is one from before a restart."""
        place = self.missing.back(key)
        if place is None:
            self.arrivals += 1
            place = Place(key=key, who=who, number=self.arrivals, since=time.time())
        self.waiting[key] = ticket = Waiting(**structs.asdict(place), turn=turn)
        return ticket

    def next(self) -> Waiting | None:
        """Whose turn it is; None where nobody waits, or it is kept for who waited before a restart."""
        first = self.order()[0] if self.waiting else None
        return first if isinstance(first, Waiting) else None

    def give(self, ticket: Waiting, gpu: str, now: float) -> None:
        """Somebody's turn has come."""
        del self.waiting[ticket.key]
        for other in self.heads().values():
            other.passed += other.number < ticket.number
        self.turns += 1
        self.served[ticket.who.user] = self.turns
        self.holders[ticket.key] = Holder(ticket.who, gpu, now)
        ticket.turn.set_result(gpu)

    def leave(self, key: str) -> Holder | Waiting | None:
        """Somebody goes, who held one or waited."""
        return self.holders.pop(key, None) or self.waiting.pop(key, None)

    def forget(self) -> None:
        """Keep the last turns of those alone who are here."""
        everybody: list[Holder | Place] = [*self.holders.values(), *self.line()]
        here = {entry.who.user for entry in everybody}
        self.served = {name: turn for name, turn in self.served.items() if name in here}

    def heads(self) -> dict[str, Waiting]:
        """Of each person the request that came first; only that one can be overtaken."""
        heads: dict[str, Waiting] = {}
        for ticket in self.waiting.values():
            heads.setdefault(ticket.who.user, ticket)
        return heads

    def line(self) -> list[Place]:
        """Those who wait, and those who are waited for after a restart."""
        return [*self.waiting.values(), *self.missing.awaited()]

    def order(self) -> list[Place]:
        """Those who wait, in the order of their turns as of now.

        Who holds fewer, and has fewer waiting ahead, comes first; among equals whose last turn is longer ago,
        then who came first. Whoever was overtaken often enough comes before all.
        """
        ahead = Counter(holder.who.user for holder in self.holders.values())
        ranked = []
        for ticket in self.line():
            patient = ticket.passed < PATIENCE
            user = ticket.who.user
            rank = (ahead[user], self.served.get(user, 0)) if patient else (0, 0)
            ranked.append((patient, *rank, ticket.number, ticket))
            ahead[user] += 1
        return [ticket for *_, ticket in sorted(ranked, key=lambda entry: entry[:4])]

    def written(self) -> Line:
        """The line as the next hub is to find it."""
        return Line([place.plain() for place in self.line()], self.arrivals, self.turns, dict(self.served))
