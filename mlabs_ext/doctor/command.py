"""Carries the checks out, and tells what came of them."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from typing import Any

import mlabs_ext
from mlabs_ext.doctor import here as place
from mlabs_ext.doctor.checks import CHECKS
from mlabs_ext.doctor.found import FAULT, FINE, SKIPPED, WARNING, Result, carry_out
from mlabs_ext.doctor.here import Here

SIGNS = {FINE: "✓", WARNING: "!", FAULT: "✗", SKIPPED: "–"}  # noqa: RUF001 - a dash is meant
WIDTH = 100
INDENT = " " * 12


def run(options: argparse.Namespace) -> int:
    """Look, and say; 1 where something has to be done."""
    given = {"host": options.host, "port": options.port, "spawner": options.spawner}
    here = place.here(options.data, options.url, **given)
    if options.json:
        results = look(here)
        print(json.dumps(as_json(here, results), indent=2))
    else:
        results = tell(here)
    return int(any(result.status == FAULT for result in results))


def look(here: Here) -> list[Result]:
    """Carry all checks out."""
    return [carry_out(check, here) for check in CHECKS]


def as_json(here: Here, results: list[Result]) -> dict[str, Any]:
    """All of it for programs."""
    return {
        "version": mlabs_ext.__version__,
        "data": str(here.data.path),
        "running": here.hub is not None,
        "url": here.public_url,
        "checks": [
            {
                "id": result.check.id,
                "title": result.check.title,
                "status": result.status,
                "found": [{"level": one.level, "message": one.words} for one in result.found],
                "advice": result.check.advice if result.found else None,
                "reason": result.why or None,
            }
            for result in results
        ],
    }


def tell(here: Here) -> list[Result]:
    """The same for people, each as soon as it is known: some take seconds."""
    state = f"runs at {here.public_url}" if here.hub else "does not run"
    show(f"MLabs {mlabs_ext.__version__} in {here.data.path} {state}.\n")
    results = []
    for check in CHECKS:
        result = carry_out(check, here)
        results.append(result)
        for line in lines(result):
            show(line)
    counts = {status: sum(result.status == status for result in results) for status in SIGNS}
    words = f"{plural(counts[FAULT], 'fault')}, {plural(counts[WARNING], 'warning')}, {counts[FINE]} fine"
    show(f"\n{words}, {counts[SKIPPED]} not looked at.")
    return results


def lines(result: Result) -> list[str]:
    """What is said of one check."""
    head = f"{SIGNS[result.status]} {result.status:<10}{result.check.title}"
    if result.why:
        return [f"{head}: {result.why}"]
    said = [f"{INDENT}{line}" for one in result.found for line in wrapped(one.words)]
    advice = wrapped(f"What to do: {result.check.advice}") if result.found else []
    return [head, *said, *(f"{INDENT}{line}" for line in advice)]


def wrapped(text: str) -> list[str]:
    """A text in lines that fit; addresses and paths stay whole."""
    return textwrap.wrap(text, WIDTH - len(INDENT), break_long_words=False, break_on_hyphens=False)


def plural(count: int, noun: str) -> str:
    """A number of things."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def show(line: str) -> None:
    """Print a line, at once; signs that the terminal's encoding lacks become question marks."""
    encoding = sys.stdout.encoding or "utf-8"
    print(line.encode(encoding, "replace").decode(encoding), flush=True)
