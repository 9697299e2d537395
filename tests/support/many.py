"""Fills a database with many labs and runs, as uneven as they are in life: by bulk, not by the rules."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, count, islice
from typing import Any

from sqlalchemy import insert, select
from ulid import ULID

from mlabs_ext.service import orm
from mlabs_ext.service.orm import Event, Lab, Run, Tag, Version
from mlabs_ext.service.orm_search import LabText
from mlabs_ext.service.search_index import index_of
from mlabs_ext.service.search_text import Piece, entry, packed
from mlabs_ext.service.store import Store

NEWEST = datetime(2026, 6, 1, tzinfo=UTC)
OLDEST = datetime(2024, 6, 1, tzinfo=UTC)
BATCH = 5000
VOCABULARY = 20_000
# Who has a tenth of all runs, half of them in one lab.
HEAVY, LARGE = "heavy", "large"
COMMON, USUAL, RARE = "model", "mnist", "zebrafish"
WORDS = [
    "training", "network", "image", "text", "audio", "graph", "transformer", "convolution", "attention",
    "embedding", "gradient", "loss", "regression", "cluster", "forest", "boosting", "sequence", "language",
    "vision", "signal", "weather", "protein", "traffic", "energy",
]  # fmt: skip
TAGS = {"vision": 30, "nlp": 20, "tutorial": 15, "audio": 3, "physics": 0.5, "bioacoustics": 0.02}
ENVIRONMENTS = {
    "python": 60,
    "pytorch": 20,
    "tensorflow": 12,
    "jax": 5,
    "r": 2.5,
    "caffe": 0.4,
    "theano": 0.1,
}
STATUSES = {"succeeded": 80, "failed": 15, "stopped": 4, "lost": 0.97, "running": 0.03}
VISIBILITIES = {"public": 70, "private": 20, "unlisted": 10}


def fill(store: Store, labs: int, runs: int, seed: int = 1) -> None:
    """Labs with their versions and tags, and runs, some with events; the same for the same numbers."""
    chance = random.Random(seed)
    made = [_lab(chance, number, labs) for number in range(labs)]
    history = list(_runs(chance, made, runs))
    for row in history:
        lab = made[row.pop("number")]
        lab["recorded"] += 1
        lab["runs"] += row["version"] is not None
    for row in made:
        row["popularity"] = row["runs"] + row["stars"]
    _insert(store, Lab, made)
    _insert(store, Tag, ({"tag": tag, "lab_id": row["id"]} for row in made for tag in row["tags"]))
    _insert(store, Version, (_version(row) for row in made if row["version"]))
    _insert(store, Run, history)
    _insert(store, Event, _events(history[:: max(runs // 2000, 1)]))


def write(store: Store, length: int, seed: int = 1) -> None:
    """Give each lab a text of about so many words: some are in nearly all labs, most in few."""
    chance = random.Random(seed)
    known = [_word(chance) for _ in range(VOCABULARY)]
    weights = list(accumulate(1 / (rank + 1) for rank in range(VOCABULARY)))
    with store.read() as session:
        ids = session.scalars(select(Lab.id).where(Lab.deleted.is_(None)).order_by(Lab.updated, Lab.id)).all()
    for start in range(0, len(ids), BATCH):
        with store.write() as session:
            labs = session.scalars(select(Lab).where(Lab.id.in_(ids[start : start + BATCH])))
            for lab in sorted(labs, key=lambda lab: (lab.updated, lab.id)):
                words = chance.choices(known, cum_weights=weights, k=int(length * chance.uniform(0.5, 1.5)))
                text = packed([Piece("code", " ".join(words))])
                row = {"lab_id": lab.id, "number": lab.version, "text": text, "pending": False}
                key = session.scalar(insert(LabText).values(row).returning(LabText.key))
                index_of(session).put(session, key, entry(lab, text))


def _word(chance: random.Random) -> str:
    return "".join(chance.choices("etaoinshrdlucmfwypvbgk", k=chance.randint(2, 10)))


def _insert(store: Store, table: type[orm.Base], rows: Iterable[dict[str, Any]]) -> None:
    coming = iter(rows)
    while some := list(islice(coming, BATCH)):
        with store.write() as session:
            session.execute(insert(table.__table__), some)


def _pick(chance: random.Random, weights: dict[str, float]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]


def _lab(chance: random.Random, number: int, labs: int) -> dict[str, Any]:
    owner = HEAVY if number % 100 == 0 else f"user{int(labs / 5 * chance.random() ** 2)}"
    words = [*chance.choices(WORDS, k=4), *([COMMON] if chance.random() < 0.4 else [])]
    words += [USUAL] if chance.random() < 0.03 else []
    words += [RARE] if number == labs // 2 else []
    tags = [tag for tag, percent in TAGS.items() if chance.random() * 100 < percent]
    name = LARGE if number == 0 else f"lab{number}"
    # By number, so that the other values stay what they were.
    accelerator = "tpu" if number % 1000 == 7 else "gpu" if number % 6 == 5 else "none"
    created = OLDEST + (NEWEST - OLDEST) * chance.random()
    private = number and chance.random() < 0.05
    return {
        "id": str(ULID.from_datetime(created)), "owner": owner, "name": name,
        "title": " ".join(words).title(),
        "description": " ".join(chance.choices(WORDS, k=20)), "tags": tags,
        "visibility": "public" if number in (0, labs // 2) else _pick(chance, VISIBILITIES),
        "environment": _pick(chance, ENVIRONMENTS), "accelerator": accelerator,
        "version": 0 if private else 1, "revision": 1,
        "forks": 0, "stars": int(chance.paretovariate(1)) - 1, "runs": 0,
        "recorded": 0, "popularity": 0,
        "heat": created.timestamp() / 172_800 + chance.random() * 5,
        "created": created, "updated": created,
        "deleted": created if number and number != labs // 2 and chance.random() < 0.03 else None,
    }  # fmt: skip


def _runs(chance: random.Random, labs: list[dict[str, Any]], runs: int) -> Iterator[dict[str, Any]]:
    """In the order of time, as they come."""
    of_heavy = [number for number, lab in enumerate(labs) if lab["owner"] == HEAVY]
    for key in count(1):
        if key > runs:
            return
        started = OLDEST + (NEWEST - OLDEST) * (key / runs)
        share = chance.random()
        number = 0 if share < 0.05 else chance.choice(of_heavy) if share < 0.1 else None
        if number is None:
            number = int(len(labs) * chance.random() ** 3)
        yield _run(chance, key, number, labs[number], started)


def _run(
    chance: random.Random, key: int, number: int, lab: dict[str, Any], started: datetime
) -> dict[str, Any]:
    status, seconds = _pick(chance, STATUSES), chance.paretovariate(1)
    ended = None if status == "running" else started + timedelta(seconds=seconds)
    # What is rare at all is rarer still together: the one case that no index of one column helps.
    rare = chance.random() < 0.0005
    return {
        "number": number, "key": key, "id": str(ULID.from_datetime(started)), "lab_id": lab["id"],
        "version": lab["version"] or None, "user_name": lab["owner"],
        "kind": "batch" if chance.random() < 0.05 else "interactive", "run_all": False,
        "environment": "theano" if rare else lab["environment"], "accelerator": "none", "parameters": {},
        "started": started, "seen": started, "status": status, "ended": ended,
        "duration": None if ended is None else seconds, "closed": ended is not None, "cells": 3,
        "metrics": {"loss": chance.random()}, "resources": {"memory_peak": 10**8}, "last_seq": 0, "size": 0,
        "error": {"ename": "E", "evalue": "", "cell": None} if status == "failed" else None,
    }  # fmt: skip


def _version(lab: dict[str, Any]) -> dict[str, Any]:
    return {
        "lab_id": lab["id"], "number": 1, "author": lab["owner"], "message": "", "environment": "python",
        "accelerator": "none", "created": lab["created"], "notebook": f"sha256:{lab['id']:0>64}",
        "code_sha256": f"sha256:{lab['id']:0>64}", "cells": 3, "size": 1000, "run_id": None,
    }  # fmt: skip


def _events(runs: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for run in runs:
        for seq, kind in enumerate(("execute", "output", "done", "end"), 1):
            yield {
                "run_key": run["key"], "seq": seq, "type": kind, "time": run["started"], "cell": "c",
                "data": b'{"execution":"e"}',
            }  # fmt: skip
