"""Every list of runs and labs at 1,000,000 runs over 100,000 labs, beside the same at 1,000 over 100.

Both databases are filled in bulk, unevenly: one lab has 50,000 runs, one person 100,000. Each list is
asked for over HTTP on loopback, by one client that keeps its connection, first of the one and then of the
other service in turns; the answer is made anew each time. Of each group the lists that look worst are
asked for again and longer, and the worst of these is the row: once by its p95, once by how much it grew.
Searches are in `search.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import NamedTuple
from urllib.parse import quote, urlencode

import msgspec
from _databases import API, BASE, ENGINES, HEAVY, Client, databases, served
from _ratios import p95
from _record import Missing
from _rows import Absent, Effort, Goal, Row
from support import many

SMALL = 1000, 100
LAB = f"labs/{many.HEAVY}/{many.LARGE}/runs"
SINCE = "2025-12-01T00:00:00Z"
# How many of a group are looked at again, by each of both measures, and how many times as long.
AGAIN, LONGER = 3, 4
FILTERS: dict[str, dict[str, str]] = {
    "": {},
    "status": {"status": "failed"},
    "rare status": {"status": "lost"},
    "no such status": {"status": "queued"},
    "kind": {"kind": "batch"},
    "environment": {"environment": "python"},
    "rare environment": {"environment": "theano"},
    "since": {"since": SINCE},
    "until": {"until": SINCE},
    "since and until": {"since": SINCE, "until": "2025-12-02T00:00:00Z"},
    "status, kind": {"status": "failed", "kind": "batch"},
    "status, rare environment": {"status": "failed", "environment": "theano"},
    "kind, environment": {"kind": "batch", "environment": "python"},
    "all": {"status": "stopped", "kind": "batch", "environment": "theano", "until": SINCE},
}
LABS: dict[str, dict[str, str]] = {
    "recent": {"sort": "recent"},
    "popular": {"sort": "popular"},
    "trending": {"sort": "trending"},
    "environment": {"environment": "python"},
    "rare environment": {"environment": "theano"},
    "environment, popular": {"environment": "pytorch", "sort": "popular"},
    "rare environment, trending": {"environment": "theano", "sort": "trending"},
    "tag": {"tag": "vision"},
    "rare tag": {"tag": "bioacoustics"},
    "rare tag, popular": {"tag": "physics", "sort": "popular"},
    "tag, environment": {"tag": "vision", "environment": "theano"},
    "no such tag": {"tag": "none"},
    "owner": {"owner": many.HEAVY},
    "owner, popular": {"owner": many.HEAVY, "sort": "popular"},
    "accelerator": {"accelerator": "gpu"},
    "rare accelerator, popular": {"accelerator": "tpu", "sort": "popular"},
    "accelerator, rare environment": {"accelerator": "gpu", "environment": "theano"},
}


def asked() -> Iterator[tuple[str, str, str, dict[str, str], bool]]:
    """What is asked for: its group, name, address, headers, and whether its deep pages are too."""
    for name, query in FILTERS.items():
        yield "a lab's runs", f"anybody, {name or 'unfiltered'}", f"{API}{LAB}?{urlencode(query)}", {}, True
        yield (
            "a lab's runs",
            f"its owner, {name or 'unfiltered'}",
            f"{API}{LAB}?{urlencode(query)}",
            HEAVY,
            True,
        )
        yield "my runs", name, f"{API}me/runs?{urlencode(query)}", HEAVY, True
    for name, query in LABS.items():
        yield "labs", name, f"{API}labs?{urlencode(query)}", {}, True
    yield "pages", "explore, page", BASE, {}, False
    yield "pages", "profile, page", f"{BASE}@{many.HEAVY}", {}, False
    yield "pages", "profile of nobody, page", f"{BASE}@{quote('no body')}", {}, False
    yield "pages", "lab's runs, page", f"{BASE}@{many.HEAVY}/{many.LARGE}/runs", {}, False
    yield "pages", "me, page", f"{BASE}me", HEAVY, False
    yield "pages", "my runs, page", f"{BASE}me/runs", HEAVY, False
    yield "pages", "me", f"{API}me", HEAVY, False


def deep(client: Client, path: str, headers: dict[str, str]) -> str | None:
    """The address of a page far behind the first; None where there is none."""
    found = None
    for _ in range(20):
        page = msgspec.json.decode(client.get(f"{path}&limit=100{found or ''}", headers))
        if not page["next"]:
            break
        found = f"&cursor={page['next']}"
    return found and f"{path}{found}"


class Listed(NamedTuple):
    """A list: its address in the small database and in the large one, and milliseconds of each."""

    name: str
    small: str
    large: str
    headers: dict[str, str]
    took: tuple[list[float], list[float]] = ([], [])

    @property
    def slow(self) -> float:
        """What is nearly the longest that one waits for it, in the large one."""
        return p95(self.took[1])

    @property
    def grown(self) -> float:
        """How much longer that is than in the small one."""
        return self.slow / p95(self.took[0])


def measured(clients: tuple[Client, Client], listed: Listed, times: int) -> Listed:
    """Both in turns."""
    took: tuple[list[float], list[float]] = [], []
    sides = list(zip(clients, (listed.small, listed.large), took, strict=True))
    # The first of each is for caches.
    for client, address, _ in sides:
        client.get(address, listed.headers)
    for _ in range(times):
        for client, address, found in sides:
            found.append(client.took(address, listed.headers))
    return listed._replace(took=took)


def groups(clients: tuple[Client, Client], effort: Effort) -> dict[str, list[Listed]]:
    """All lists, measured."""
    found: dict[str, list[Listed]] = {}
    for group, name, address, headers, pages in asked():
        lists = [Listed(name or "unfiltered", address, address, headers)]
        far = deep(clients[1], address, headers) if pages else None
        if far:
            lists.append(Listed(f"{name or 'unfiltered'}, a far page", address, far, headers))
        found.setdefault(group, []).extend(measured(clients, each, effort.rounds(60, 10)) for each in lists)
    return found


def rows(effort: Effort) -> Iterator[Row | Missing]:
    """Two rows a group and engine."""
    runs, labs = effort.either(1_000_000, 20_000), effort.either(100_000, 2_000)
    for engine in ENGINES:
        if not effort.wants(engine):
            continue
        try:
            with databases(engine, effort) as database:
                small = database("{}-{}".format(*SMALL), lambda store: many.fill(store, SMALL[1], SMALL[0]))
                large = database(f"{runs}-{labs}", lambda store: many.fill(store, labs, runs))
                with served(small) as one, served(large) as other:
                    for group, lists in groups((one, other), effort).items():
                        work = f"{group}, {runs:,} runs, {engine}"
                        yield from worst(work, lists, (one, other), effort)
        except Absent as error:
            yield Missing(f"lists, {engine}", str(error))


def worst(work: str, lists: list[Listed], clients: tuple[Client, Client], effort: Effort) -> Iterator[Row]:
    """The list that takes longest, and the one that has grown most, of those that are looked at again."""
    for measure, name, goal in (
        (lambda each: each.slow, "the slowest", Goal(8, "ours")),
        (lambda each: each.grown, "the most grown", Goal(2)),
    ):
        suspects = sorted(lists, key=measure)[-AGAIN:]
        again = [measured(clients, each, LONGER * effort.rounds(60, 10)) for each in suspects]
        found = max(again, key=measure)
        yield Row(
            work=f"{work}: {name} of {len(lists)}",
            ours=found.took[1],
            peer=found.took[0],
            unit="ms p95",
            peer_is="the same at 1,000 runs of 100 labs",
            statistic="p95",
            goal=goal,
            note=f"it is “{found.name}”; half of its answers come within {median(found.took[1]):.1f} ms",
            why=f"“{found.name}” takes {p95(found.took[0]):.1f} ms at 1,000 runs as well: that much is the "
            "handler on this machine, whatever it has to look through. Half of its answers come within "
            f"{median(found.took[1]):.1f} ms, at 1,000 runs {median(found.took[0]):.1f}.",
        )
