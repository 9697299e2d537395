"""Lists of runs as files for other programs: all of them, sent while they are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from tornado.iostream import StreamClosedError

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, MLabsError
from mlabs_ext.service.web.api.metrics import CSV, as_csv
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import choice

LINES = "application/x-ndjson"
MEDIA = {"csv": CSV, "jsonl": LINES}
FORMAT = {
    "format": choice(
        "csv or jsonl: all of them as a file, a row or a line of JSON for each, instead of a page; "
        f"`Accept: {CSV}` or `{LINES}` does the same.",
        *("json", *MEDIA),
    )
}
# Runs that are in memory at a time.
PAGE = 500
FACTS = (
    *("id", "lab", "version", "user", "kind", "status", "reason", "environment", "accelerator", "image"),
    *("started", "ended", "duration", "cells"),
)
NESTED = ("parameters", "metrics", "resources")
HEAD = (*FACTS, "error", "error_message", *NESTED, "url")

Rule = Callable[..., tuple[list[wire.Run], str | None]]


def asked(handler: BaseHandler) -> str | None:
    """The format of the file that is asked for; None for a page."""
    given = handler.get_query_argument("format", "")
    if given not in ("", "json", *MEDIA):
        raise BadInput("`format` is json, csv or jsonl.", "format_invalid")
    accepted = handler.request.headers.get("Accept", "")
    by_header = next((name for name, media in MEDIA.items() if accepted.startswith(media)), None)
    return by_header if not given else None if given == "json" else given


async def send(handler: BaseHandler, form: str, name: str, rule: Rule) -> None:
    """Answer with the file `name`; what the rule gives is sent page by page, as fast as it is taken."""
    page, following = await handler.run(rule, limit=PAGE)
    handler.set_header("Content-Type", f"{MEDIA[form]}; charset=utf-8")
    handler.set_header("Content-Disposition", f'attachment; filename="{name}.{form}"')
    if handler.request.method == "HEAD":
        return
    text = lines if form == "jsonl" else rows
    try:
        handler.write(text(page, head=True))
        while following:
            await handler.flush()
            page, following = await handler.run(rule, limit=PAGE, cursor=following)
            handler.write(text(page))
        await handler.flush()
    except StreamClosedError:
        return  # who has left needs no more of it
    except MLabsError as error:
        cut_off(handler, error)


def lines(runs: list[wire.Run], head: bool = False) -> bytes:
    """Runs as lines of JSON."""
    return b"".join(msgspec.json.encode(run) + b"\n" for run in runs)


def rows(runs: list[wire.Run], head: bool = False) -> str:
    """Runs as rows of a table."""
    return as_csv([*([HEAD] if head else []), *map(row, runs)])


def row(run: wire.Run) -> list[Any]:
    """A run as cells; what has parts is JSON."""
    facts = msgspec.structs.asdict(run) | {
        "started": run.started.isoformat(),
        "ended": run.ended.isoformat() if run.ended else None,
        "error": run.error.ename if run.error else None,
        "error_message": run.error.evalue if run.error else None,
        **{name: msgspec.json.encode(value).decode() for name in NESTED if (value := getattr(run, name))},
    }
    return [facts[name] or None if name in NESTED else facts[name] for name in HEAD]


def cut_off(handler: BaseHandler, error: MLabsError) -> None:
    """Close the connection amid the file: that it ends too early is the only sign that is left."""
    handler.app.log.warning("A list that was being sent is cut off: %s", error.message)
    if stream := handler.take_stream():
        stream.close()
