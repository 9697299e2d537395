"""Every list of runs and labs at 1,000,000 runs over 100,000 labs, beside the same at 1,000 over 100.

    python bench/history.py [--runs 1000000] [--labs 100000] [--times 60] [--keep DIR] [--url postgresql+…]

Both databases are filled in bulk, unevenly: one lab has 50,000 runs, one person 100,000. Each list is asked
for over HTTP on loopback, by one client that keeps its connection, first of the one and then of the other
service in turns; the answer is made anew each time. Goals: p95 at most 8 ms and at most twice that of the
small one. `--keep` keeps the databases, and takes those of the run before. Searches have `search.py`.

With --url the large one is in that PostgreSQL database, which must be empty.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import msgspec
from service.conftest import BASE, KnownTokens, TestedService, _with_oauth, person
from support import many
from traitlets.config import Config

from mlabs_ext.service.store import Store

SMALL = 1000, 100
API, HEAVY = f"{BASE}api/v1/", {"Authorization": "token heavy-token"}
LAB = f"labs/{many.HEAVY}/{many.LARGE}/runs"
SINCE = "2025-12-01T00:00:00Z"
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


class Client:
    """One connection to a service."""

    def __init__(self, port: int):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)

    def get(self, path: str, headers: dict[str, str]) -> bytes:
        self.connection.request("GET", path, headers=headers)
        answer = self.connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        return body


def asked() -> Iterator[tuple[str, str, dict[str, str], bool]]:
    """What is asked for: its name, address, headers, and whether its deep pages are too."""
    for name, query in FILTERS.items():
        yield f"lab's runs: {name}", f"{API}{LAB}?{urlencode(query)}", {}, True
        yield f"own lab's runs: {name}", f"{API}{LAB}?{urlencode(query)}", HEAVY, True
        yield f"my runs: {name}", f"{API}me/runs?{urlencode(query)}", HEAVY, True
    for name, query in LABS.items():
        yield f"labs: {name}", f"{API}labs?{urlencode(query)}", {}, True
    yield "explore, page", BASE, {}, False
    yield "profile, page", f"{BASE}@{many.HEAVY}", {}, False
    yield "profile of nobody, page", f"{BASE}@{quote('no body')}", {}, False
    yield "lab's runs, page", f"{BASE}@{many.HEAVY}/{many.LARGE}/runs", {}, False
    yield "me, page", f"{BASE}me", HEAVY, False
    yield "my runs, page", f"{BASE}me/runs", HEAVY, False
    yield "me", f"{API}me", HEAVY, False


@contextmanager
def served(directory: Path, url: str | None) -> Iterator[Client]:
    """The service over that database, in a thread."""
    KnownTokens.tokens = {**KnownTokens.tokens, "heavy-token": person(many.HEAVY)}
    config = Config()
    if url:
        config.Store.url = url
    service = TestedService(
        config=_with_oauth(config),
        data_dir=str(directory),
        hub_auth_class=KnownTokens,
        listen="http://127.0.0.1:0",
        base_url=BASE,
        render_ahead=False,
    )
    service.log_level = 40
    service.build()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> int:
        service.start()
        return service.sockets[0].getsockname()[1]

    try:
        yield Client(asyncio.run_coroutine_threadsafe(start(), loop).result(60))
    finally:
        asyncio.run_coroutine_threadsafe(service.stop(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def deep(client: Client, path: str, headers: dict[str, str]) -> str | None:
    """The address of a page far behind the first; None where there is none."""
    found = None
    for _ in range(20):
        page = msgspec.json.decode(client.get(f"{path}&limit=100{found or ''}", headers))
        if not page["next"]:
            break
        found = f"&cursor={page['next']}"
    return found and f"{path}{found}"


def spread(times: list[float]) -> tuple[float, float]:
    """Median and p95 in milliseconds."""
    return 1000 * statistics.median(times), 1000 * statistics.quantiles(times, n=20)[-1]


def measure(
    clients: list[Client], addresses: list[str], headers: dict[str, str], times: int
) -> list[tuple[float, float]]:
    """Median and p95 of each."""
    took: list[list[float]] = [[], []]
    for client, address in zip(clients, addresses, strict=True):
        client.get(address, headers)
    for _ in range(times):
        for client, address, each in zip(clients, addresses, took, strict=True):
            begun = time.perf_counter()
            client.get(address, headers)
            each.append(time.perf_counter() - begun)
    return [spread(each) for each in took]


def database(directory: Path, runs: int, labs: int, url: str | None = None) -> Path:
    """A filled database, made if there is none."""
    if not (directory / "filled").exists():
        store = Store(directory=str(directory), **{"url": url} if url else {})
        store.migrate()
        begun = time.monotonic()
        many.fill(store, labs, runs)
        store.close()
        directory.mkdir(exist_ok=True)
        (directory / "filled").touch()
        print(f"{runs:,} runs over {labs:,} labs: filled in {time.monotonic() - begun:.0f} s", flush=True)
    return directory


def main(asked_for: argparse.Namespace, home: Path) -> None:
    """Print the table."""
    runs, labs, url = asked_for.runs, asked_for.labs, asked_for.url
    large = database(home / f"{runs}-{labs}{'-postgresql' if url else ''}", runs, labs, url)
    small = database(home / "{}-{}".format(*SMALL), *SMALL)
    print(f"ms, of {asked_for.times} answers; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{'':44} {'median:':>8} {'large':>8} {'p95:':>8} {'large':>8} {'ratio':>6}")
    with served(small, None) as one, served(large, url) as other:
        clients = [one, other]
        for name, address, headers, pages in asked():
            if asked_for.only in name:
                show(name, measure(clients, [address] * 2, headers, asked_for.times))
                last = deep(other, address, headers) if pages else None
                if last:
                    show(f"{name}, deep", measure(clients, [address, last], headers, asked_for.times))


def show(name: str, took: list[tuple[float, float]]) -> None:
    """One row; a mark where a goal is missed."""
    (median, small), (other, large) = took
    missed = large > 8 or large > 2 * small
    numbers = f"{median:8.2f} {other:8.2f} {small:8.2f} {large:8.2f} {large / small:6.2f}"
    print(f"{name:44} {numbers}{' *' if missed else ''}", flush=True)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--runs", type=int, default=1_000_000)
    options.add_argument("--labs", type=int, default=100_000)
    options.add_argument("--times", type=int, default=60)
    options.add_argument("--keep", type=Path, help="a directory for the databases")
    options.add_argument("--url", help="the large one's database, an empty one of PostgreSQL")
    options.add_argument("--only", default="", help="only lists with this in their name")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        main(chosen, chosen.keep or Path(temporary))
