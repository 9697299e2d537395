"""A run, and what its server tells of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ulid import ULID

from mlabs_ext import wire

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def create(lab: str = "ada/x", **fields: Any) -> wire.RunCreate:
    given = {"id": str(ULID()), "lab": lab, "started": START, "environment": "python"} | fields
    return wire.RunCreate(**given)


def told(*steps: tuple[str, dict[str, Any]], first: int = 1) -> list[wire.RunEvent]:
    """Events a second apart; `("execute", {…})` and so on."""
    return [
        wire.RunEvent(seq, kind, START + timedelta(seconds=seq), data.pop("cell", None), data)
        for seq, (kind, data) in enumerate(((kind, dict(data)) for kind, data in steps), first)
    ]


def execute(execution: str = "e1", code: str = "1", cell: str = "cell-1") -> tuple[str, dict[str, Any]]:
    return "execute", {"execution": execution, "code": code, "execution_count": 1, "cell": cell}


def done(execution: str = "e1", status: str = "ok") -> tuple[str, dict[str, Any]]:
    return "done", {"execution": execution, "status": status, "duration": 0.5}


def output(shown: dict[str, Any], execution: str = "e1", cell: str = "cell-1") -> tuple[str, dict[str, Any]]:
    return "output", {"execution": execution, "output": shown, "cell": cell}


def text(words: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": words}


def end(status: str) -> tuple[str, dict[str, Any]]:
    return "end", {"status": status}


def append(rules, run: wire.Run, *steps, first: int = 1) -> wire.Run:
    rules.runs.append(rules.ada, run.id, told(*steps, first=first))
    return rules.runs.get(rules.ada, run.id)
