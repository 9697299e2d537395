"""Searches over 100,000 labs, each kind beside what the database itself takes to find the page.

    python bench/search.py [--labs 100000] [--words 200] [--times 60] [--keep DIR] [--url postgresql+…]

The labs have texts of about so many words, drawn from 20,000 as words are in texts: a few are in nearly all
labs. Each search is asked for over HTTP on loopback by one client that keeps its connection; the answer, 30
labs with where the words are, is made anew each time, and "any word" is another one each time. Goal: p95 at
most 25 ms. `--keep` keeps the database, and takes that of the run before.

With --url it is in that PostgreSQL database, which must be empty.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode

import msgspec
from history import API, BASE, Client, served, spread

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from sqlalchemy import func, select
from support import many

from mlabs_ext.service.lab_lists import RANKED, best, newest, searchable
from mlabs_ext.service.orm_search import LabText
from mlabs_ext.service.search_index import Wanted, index_of
from mlabs_ext.service.search_text import facets_for, unpacked
from mlabs_ext.service.store import Store
from mlabs_ext.service.words import terms

GOAL, LIMIT = 25, 30
Query = dict[str, str]


def kinds(words: list[str]) -> Iterator[tuple[str, list[Query]]]:
    """The kinds of searches, each with what is asked in turn; `words` are from many labs to few."""
    often, usual, seldom = words[0], words[len(words) // 20], words[-1]
    yield "word in nearly all labs", [{"q": often}]
    yield "very common word in titles", [{"q": many.COMMON}]
    yield "common word", [{"q": many.USUAL}]
    yield "rare word", [{"q": many.RARE}]
    yield "no such word", [{"q": "q0q"}]
    yield "any word", [{"q": word} for word in words]
    yield "beginnings of two letters", [{"q": word[:2]} for word in words]
    yield "beginnings of three letters", [{"q": word[:3]} for word in words if len(word) > 3]
    yield "beginnings of four letters", [{"q": word[:4]} for word in words if len(word) > 4]
    yield "two words", [{"q": f"{many.COMMON} {word}"} for word in words]
    yield "five common words", [{"q": " ".join(words[:5])}]
    yield "common and rare word", [{"q": f"{often} {seldom}"}]
    yield "phrase of common words", [{"q": f'"{words[0]} {words[1]}"'}]
    yield "phrase in titles", [{"q": '"Text Model"'}]
    for sort in ("recent", "popular", "trending"):
        yield f"very common word, {sort}", [{"q": many.COMMON, "sort": sort}]
        yield f"usual word, {sort}", [{"q": usual, "sort": sort}]
    yield "word and environment", [{"q": many.COMMON, "environment": "pytorch"}]
    yield "word and rare environment", [{"q": many.COMMON, "environment": "theano"}]
    yield "word and accelerator", [{"q": many.COMMON, "accelerator": "gpu"}]
    yield "word, tag and accelerator", [{"q": often, "tag": "vision", "accelerator": "gpu"}]
    yield "word and rare tag", [{"q": often, "tag": "bioacoustics", "sort": "popular"}]
    yield "word and owner", [{"q": often, "owner": many.HEAVY}]


def database(directory: Path, labs: int, length: int, url: str | None) -> Store:
    """A filled database, made if there is none."""
    filled = (directory / "filled").exists()
    store = Store(directory=str(directory), **{"url": url} if url else {})
    store.migrate()
    if not filled:
        begun = time.monotonic()
        many.fill(store, labs, labs)
        many.write(store, length)
        (directory / "filled").touch()
        print(f"{labs:,} labs of {length} words: filled in {time.monotonic() - begun:.0f} s", flush=True)
    return store


def some_words(store: Store, chance: random.Random) -> list[str]:
    """Words of some labs, those first that many of them have."""
    counts: dict[str, int] = {}
    with store.read() as session:
        last = session.scalar(select(func.max(LabText.key)))
        keys = chance.sample(range(1, last + 1), min(500, last))
        for text in session.scalars(select(LabText.text).where(LabText.key.in_(keys))):
            for word in set(unpacked(text)[0].text.split()):
                counts[word] = counts.get(word, 0) + 1
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    return [*ranked[:100], *chance.sample(ranked[100:], min(400, len(ranked) - 100))]


def own(store: Store, query: Query) -> float:
    """The seconds that the database takes to say which labs are on the page."""
    filters = {name: searchable(query.get(name)) for name in ("owner", "environment", "accelerator", "tag")}
    wanted = Wanted(tuple(facets_for(filters, listed=True)), tuple(terms(query["q"])))
    sort = query.get("sort", "relevance")
    with store.read() as session:
        begun = time.perf_counter()
        if sort in ("popular", "trending"):
            index_of(session).newest(session, wanted, "text", RANKED)
        else:
            (newest if sort == "recent" else best)(session, wanted, False, LIMIT + 1, None)
        return time.perf_counter() - begun


def took(call: Callable[[Query], float], queries: list[Query], times: int) -> tuple[float, float]:
    """Median and p95 in milliseconds; of many queries each is asked once."""
    turns = cycle(queries)
    call(queries[0])
    return spread([call(next(turns)) for _ in range(max(times, min(len(queries), 500)))])


def asked(client: Client, path: str) -> Callable[[Query], float]:
    """Asks the service, and says how long the answer took."""

    def ask(query: Query) -> float:
        begun = time.perf_counter()
        client.get(f"{path}?{urlencode(query)}", {})
        return time.perf_counter() - begun

    return ask


def show(name: str, seconds: tuple[float, float], itself: tuple[float, float] | None) -> None:
    """One row; a mark where the goal is missed."""
    beside = f"{itself[0]:8.2f} {itself[1]:8.2f}" if itself else f"{'':17}"
    print(
        f"{name:34} {seconds[0]:8.2f} {seconds[1]:8.2f} {beside}{' *' if seconds[1] > GOAL else ''}",
        flush=True,
    )


def deep(client: Client, query: Query) -> Query:
    """The same search, ten pages further."""
    for _ in range(10):
        page = msgspec.json.decode(client.get(f"{API}labs?{urlencode(query)}", {}))
        query = query | {"cursor": page["next"]} if page["next"] else query
    return query


def main(options: argparse.Namespace, home: Path) -> None:
    """Print the table."""
    store = database(
        home / f"search-{options.labs}-{options.words}", options.labs, options.words, options.url
    )
    words = some_words(store, random.Random(1))
    print(f"ms, of {options.times} answers or more; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"goal: p95 at most {GOAL} ms; * where it is missed")
    print(f"{'':34} {'median':>8} {'p95':>8} {'itself:':>8} {'p95':>8}")
    with served(Path(store.directory), options.url) as client:
        ask = asked(client, f"{API}labs")
        for name, queries in kinds(words):
            if options.only in name:
                itself = took(lambda query: own(store, query), queries, options.times)
                show(name, took(ask, queries, options.times), itself)
        common = {"q": many.COMMON}
        show("very common word, page 11", took(ask, [deep(client, common)], options.times), None)
        show("Explore's page", took(asked(client, BASE), [common], options.times), None)
        show("feed", took(asked(client, f"{BASE}feed.atom"), [common], options.times), None)
    store.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labs", type=int, default=100_000)
    parser.add_argument("--words", type=int, default=200, help="of each lab's text")
    parser.add_argument("--times", type=int, default=60)
    parser.add_argument("--keep", type=Path, help="a directory for the database")
    parser.add_argument("--url", help="an empty database of PostgreSQL")
    parser.add_argument("--only", default="", help="only searches with this in their name")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        main(chosen, chosen.keep or Path(temporary))
