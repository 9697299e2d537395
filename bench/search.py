"""Searches over 100,000 labs, each kind beside what the database itself takes to find the page.

The labs have texts of about 200 words, drawn from 20,000 as words are in texts: a few are in nearly all
labs. Each search is asked for over HTTP on loopback by one client that keeps its connection; the answer, 30
labs with where the words are, is made anew each time, and "any word" is another one each time.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from statistics import median
from urllib.parse import urlencode

import msgspec
from _databases import API, BASE, ENGINES, Client, databases, served
from _ratios import p95
from _record import Missing
from _rows import Absent, Effort, Goal, Row
from sqlalchemy import func, select
from support import many

from mlabs_ext.service.lab_lists import RANKED, best, newest, searchable
from mlabs_ext.service.orm_search import LabText
from mlabs_ext.service.search_index import Wanted, index_of
from mlabs_ext.service.search_text import facets_for, unpacked
from mlabs_ext.service.store import Store
from mlabs_ext.service.words import terms

GOAL, LIMIT, LENGTH = Goal(25, "ours"), 30, 200
# How many kinds are looked at again, and how many times as long.
AGAIN, LONGER = 3, 4
Query = dict[str, str]
Ask = Callable[[Query], float]


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
    """The milliseconds that the database takes to say which labs are on the page."""
    filters = {name: searchable(query.get(name)) for name in ("owner", "environment", "accelerator", "tag")}
    wanted = Wanted(tuple(facets_for(filters, listed=True)), tuple(terms(query["q"])))
    sort = query.get("sort", "relevance")
    with store.read(whole=True) as session:
        begun = time.perf_counter()
        if sort in ("popular", "trending"):
            index_of(session).newest(session, wanted, "text", RANKED)
        else:
            (newest if sort == "recent" else best)(session, wanted, False, LIMIT + 1, None)
        return 1e3 * (time.perf_counter() - begun)


def deep(client: Client, query: Query) -> Query:
    """The same search, ten pages further."""
    for _ in range(10):
        page = msgspec.json.decode(client.get(f"{API}labs?{urlencode(query)}", {}))
        query = query | {"cursor": page["next"]} if page["next"] else query
    return query


def took(asks: tuple[Ask, ...], queries: list[Query], times: int, most: int = 0) -> list[list[float]]:
    """Milliseconds of each way of asking, in turns; of many queries at most so many are asked, each once."""
    for ask in asks:
        ask(queries[0])
    turns = [
        query for query, _ in zip(cycle(queries), range(max(times, min(len(queries), most))), strict=False)
    ]
    found: list[list[float]] = [[] for _ in asks]
    for query in turns:
        for ask, each in zip(asks, found, strict=True):
            each.append(ask(query))
    return found


def fill(labs: int) -> Callable[[Store], None]:
    """Labs, as many runs, and their texts."""

    def filled(store: Store) -> None:
        many.fill(store, labs, labs)
        many.write(store, LENGTH)

    return filled


def rows(effort: Effort) -> Iterator[Row | Missing]:
    """Three rows of each engine."""
    labs = effort.either(100_000, 2_000)
    for engine in ENGINES:
        if not effort.wants(engine):
            continue
        try:
            with databases(engine, effort) as database:
                store = database(f"search-{labs}", fill(labs))
                with served(store) as client:
                    yield from searches(f"{labs:,} labs, {engine}", store, client, effort)
        except Absent as error:
            yield Missing(f"searches, {engine}", str(error))


def searches(where: str, store: Store, client: Client, effort: Effort) -> Iterator[Row]:
    """Any word, the kind of search that takes longest, and what is shown with searches."""
    words, times, most = some_words(store, random.Random(1)), effort.rounds(60, 10), effort.either(500, 20)

    def ask(query: Query) -> float:
        return client.took(f"{API}labs?{urlencode(query)}", {})

    def itself(query: Query) -> float:
        return own(store, query)

    every = dict(kinds(words))
    found = {name: took((ask, itself), queries, times, most) for name, queries in every.items()}
    anything = found.pop("any word")
    yield row(f"search for any word, {where}", anything, f"{len(words)} words")
    suspects = sorted(found, key=lambda name: p95(found[name][0]))[-AGAIN:]
    again = {name: took((ask, itself), every[name], LONGER * times, most) for name in suspects}
    slowest = max(again, key=lambda name: p95(again[name][0]))
    work = f"search, the slowest of {len(found)} other kinds, {where}"
    yield row(work, again[slowest], f"it is “{slowest}”")
    common = {"q": many.COMMON}
    shown = {
        "its 11th page": (f"{API}labs", deep(client, common)),
        "Explore's page": (BASE, common),
        "the feed": (f"{BASE}feed.atom", common),
    }
    asked = {
        name: took(
            (lambda query, path=path: client.took(f"{path}?{urlencode(query)}", {}),), [query], 2 * times
        )
        for name, (path, query) in shown.items()
    }
    slowest = max(asked, key=lambda name: p95(asked[name][0]))
    yield row(f"pages of a search for a common word, {where}", asked[slowest], f"the slowest is {slowest}")


def row(work: str, found: list[list[float]], note: str) -> Row:
    """Ours, and where it is known what the database takes alone, that."""
    alone = found[1] if len(found) > 1 else []
    return Row(
        work=work,
        ours=found[0],
        peer=alone,
        unit="ms p95",
        peer_is="the database itself, finding which labs" if alone else "",
        statistic="p95",
        goal=GOAL,
        note=f"{note}; half of the answers come within {median(found[0]):.1f} ms",
        why=f"The database itself takes {p95(alone):.1f} ms to find the labs that fit best; half of the "
        f"answers come within {median(found[0]):.1f} ms."
        if alone
        else "It has such a search in it.",
    )
