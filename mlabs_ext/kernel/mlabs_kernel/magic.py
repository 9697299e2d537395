"""What `%runtime` answers: for a front end that knows MLabs, for any other, and for plain text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from IPython.core.error import UsageError

from mlabs_kernel.choices import Runtime, Wrong, environments, label, named, running, understood

MIME = "application/vnd.mlabs.runtime+json"
RESTART = "It restarts there from the bar above the notebook, or when the lab is opened again."
KEPT = "Files are kept, variables are lost."
LENT = "Whoever owns the machine that is lent can read this lab's code, data and results."


class Shown:
    """An output in several media types."""

    def __init__(self, bundle: dict[str, Any]):
        self._bundle = bundle

    def __repr__(self) -> str:
        return self._bundle["text/plain"]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return self._bundle


def answer(line: str) -> Shown:
    """What the magic shows. UsageError, which front ends show as one line, for words that mean nothing."""
    now, known = running(), environments()
    if not line.strip():
        return overview(now, known)
    try:
        return request(understood(line, now, known), now, known)
    except Wrong as wrong:
        raise UsageError(str(wrong)) from None


def request(wanted: Runtime, now: Runtime, known: Sequence[dict[str, Any]]) -> Shown:
    """Ask for a runtime."""
    asked, here = named(wanted, known), named(now, known)
    if wanted == now:
        return said(wanted, f"This notebook asks for {asked}, and runs there.")
    lent = f" {LENT}" if wanted.accelerator == "community" else ""
    return said(wanted, f"This notebook asks for {asked}; it runs in {here}. {RESTART} {KEPT}{lent}")


def said(wanted: Runtime, text: str) -> Shown:
    """A sentence, and what it means to a front end that knows MLabs."""
    return Shown({MIME: wanted._asdict(), "text/html": f"<p>{escape(text)}</p>", "text/plain": text})


def overview(now: Runtime, known: Sequence[dict[str, Any]]) -> Shown:
    """Where the notebook runs, and what else there is."""
    first = f"This notebook runs in {named(now, known)}."
    if not known:
        return Shown({"text/plain": f"{first} What else there is could not be looked up yet."})
    more = any(set(entry["accelerators"]) - {"none"} for entry in known)
    last = "To change it: %runtime NAME" + (", or %runtime NAME gpu" if more else "")
    rows = [(entry["name"], entry["title"], usable(entry)) for entry in known]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [f"  {name:{widths[0]}}  {title:{widths[1]}}  {how}" for name, title, how in rows]
    return Shown({"text/plain": "\n".join([first, *lines, last]), "text/html": table(first, rows, last)})


def usable(entry: dict[str, Any]) -> str:
    """With what an environment can be had, or why not."""
    if not entry["available"]:
        return f"not here: {entry.get('reason') or 'it is not installed'}"
    return " or ".join("CPU" if kind == "none" else label(kind) for kind in entry["accelerators"])


def table(first: str, rows: Sequence[tuple[str, str, str]], last: str) -> str:
    """The same as HTML."""
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(title)}</td><td>{escape(how)}</td></tr>"
        for name, title, how in rows
    )
    return f"<p>{escape(first)}</p><table>{cells}</table><p>{escape(last)}</p>"
