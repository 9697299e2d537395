"""Which environments there are, and what the words after `%runtime` mean."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any, NamedTuple

# A file that the user's server keeps up to date; without it anything may be asked for.
FILE = "MLABS_RUNTIMES"
HOW = "Write: %runtime ENVIRONMENT [ACCELERATOR]"


class Runtime(NamedTuple):
    """An environment and an accelerator, by name."""

    environment: str
    accelerator: str = "none"


class Wrong(Exception):
    """Words that mean nothing here; the message says what to write instead."""


def running() -> Runtime:
    """Where this kernel runs."""
    accelerator = os.environ.get("MLABS_ACCELERATOR") or "none"
    return Runtime(os.environ.get("MLABS_ENVIRONMENT") or "python", accelerator)


def environments() -> list[dict[str, Any]]:
    """The catalogue as the server last heard it; empty where it has not."""
    try:
        with open(os.environ[FILE], encoding="utf-8") as file:  # noqa: PTH123 - one import less in a kernel
            return json.load(file)["environments"]
    except (KeyError, TypeError, OSError, ValueError):
        return []


def named(runtime: Runtime, known: Sequence[dict[str, Any]]) -> str:
    """`"PyTorch · GPU"`."""
    entry = find(runtime.environment, known)
    title = entry["title"] if entry else runtime.environment
    return title if runtime.accelerator == "none" else f"{title} · {label(runtime.accelerator)}"


def label(accelerator: str) -> str:
    """`"GPU"`, `"Community machine"`."""
    return "Community machine" if accelerator == "community" else accelerator.upper()


def find(name: str, known: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The catalogue's entry of that name."""
    return next((entry for entry in known if entry["name"] == name), None)


def understood(line: str, now: Runtime, known: Sequence[dict[str, Any]]) -> Runtime:
    """What the words ask for; Wrong where they cannot be followed."""
    words = line.lower().split()
    if len(words) > 2:
        raise Wrong(f"{len(words)} words are too many. {HOW}")
    wanted = Runtime(*words)
    if known:
        check(wanted, now, known)
    return wanted


def check(wanted: Runtime, now: Runtime, known: Sequence[dict[str, Any]]) -> None:
    """Raise Wrong where the catalogue has no such runtime, or it cannot be used here."""
    entry = find(wanted.environment, known)
    if entry is None:
        raise Wrong(unknown(wanted.environment, now, known))
    if not entry["available"]:
        raise Wrong(f"{entry['title']} cannot be used here. {entry.get('reason') or ''}".strip())
    if wanted.accelerator not in entry["accelerators"]:
        raise Wrong(no_accelerator(wanted, entry))


def unknown(name: str, now: Runtime, known: Sequence[dict[str, Any]]) -> str:
    """What to say of a name that is none, most of all where it is an accelerator's."""
    if any(name in entry["accelerators"] for entry in known) or name in ("gpu", "tpu", "cpu"):
        kind = "none" if name == "cpu" else name
        return f"{name!r} is no environment. {HOW}, for example: %runtime {now.environment} {kind}"
    return f"There is no environment {name!r}. There are: {', '.join(entry['name'] for entry in known)}."


def no_accelerator(wanted: Runtime, entry: dict[str, Any]) -> str:
    """What to say of an accelerator that the environment lacks."""
    title = entry["title"]
    others = ", ".join(kind for kind in entry["accelerators"] if kind != "none")
    if others:
        return f"{title} has no accelerator {wanted.accelerator!r} here. It has: {others}."
    return f"{title} runs without an accelerator here. Write: %runtime {wanted.environment}"
