"""The table of a run: for a terminal, and as the page `docs/benchmarks.md`."""

from __future__ import annotations

from collections.abc import Iterable

from _figures import Figure
from _record import Missing, Record

HEAD = ("work", "ours", "peer", "ratio", "95 %", "goal", "result")
PAGE = """# Benchmarks

What must be fast, each beside its peer in the same run: times of one machine prove little, and ratios
travel. `nox -s bench` measures all of it and writes this page, [its picture](screenshots/benchmarks.svg)
and [all figures](benchmarks.json); `nox -s bench -- live pages` measures some of it, `nox -s bench --
--quick` all in little time, and `nox -s bench -- --check` fails where a ratio is more than a fifth worse
than here, beyond what chance explains. Both sides take turns, round by round. The interval is a bootstrap
over rounds. "ours" and "peer" are medians of the rounds, or where it says p95, of all answers.

![Each goal as a line, and where the figures are beside it](screenshots/benchmarks.svg)

## What must be fast

{design}

## Goals that are missed

{missed}

## Measured as well

{own}

## Beside what

{notes}

## Where and when

Where other machines share the processors, their speed changes: an addition in a loop of Python, before and
after, says how fast they were. Goals in milliseconds were set on a machine where nbconvert takes 40 ms for a
notebook of the corpus.

{places}
"""


def cells(figure: Figure | Missing) -> tuple[str, ...]:
    """A row of the table."""
    if isinstance(figure, Missing):
        return figure.work, "", "", "", "", "", f"not measured: {figure.reason}"
    peer = "" if figure.peer is None else f"{number(figure.peer)} {figure.unit}".strip()
    ratio = "" if figure.peer is None else f"{number(figure.ratio)}×"
    interval = f"{number(figure.low)} – {number(figure.high)}"
    ours = f"{number(figure.ours)} {figure.unit}".strip()
    return figure.work, ours, peer, ratio, interval, goal(figure), result(figure)


def number(value: float) -> str:
    """Three digits, or all of a large number."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def goal(figure: Figure) -> str:
    """What was wanted."""
    if figure.goal is None:
        return ""
    sign = "≤" if figure.better == "lower" else "≥"
    unit = {"ratio": "×", "interval": "×, all of it", "ours": f" {figure.unit}"}[figure.goal.of]
    return f"{sign} {number(figure.goal.limit)}{unit}"


def result(figure: Figure) -> str:
    """Whether it is so, and by how much it is not."""
    if figure.beyond is None:
        return ""
    if figure.met:
        return "met"
    # As people say it: 1.5 times too slow, or half of what was wanted.
    if figure.better == "lower":
        return f"missed: {number(figure.beyond)} times the goal"
    return f"missed: {1 / figure.beyond:.0%} of the goal" if figure.judged else "missed"


def text(figures: Iterable[Figure | Missing]) -> str:
    """The table for a terminal."""
    rows = [HEAD, *map(cells, figures)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEAD) - 1)]
    lines = []
    for row in rows:
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=False))
        lines.append("  ".join([first.strip().ljust(widths[0]), *others, row[-1]]).rstrip())
    return "\n".join(lines)


def markdown(figures: Iterable[Figure | Missing]) -> str:
    """The table for the page."""
    lines = ["| " + " | ".join(HEAD) + " |", "| --- |" + " ---: |" * 4 + " --- | --- |"]
    return "\n".join([*lines, *("| " + " | ".join(cells(figure)) + " |" for figure in figures)])


def notes(figures: Iterable[Figure | Missing]) -> str:
    """What each is measured beside, and what else is to be known of it."""
    known = [one for one in figures if isinstance(one, Figure) and (one.peer_is or one.note)]
    lines = [f"| {figure.work} | {figure.peer_is} | {figure.note} |" for figure in known]
    return "\n".join(["| work | peer | to be known |", "| --- | --- | --- |", *lines])


def parts(record: Record) -> tuple[list[Figure | Missing], list[Figure | Missing]]:
    """The rows of the design's table, and those beside it."""
    rows = [row for each in record.values() for row in (*each.figures, *each.missing)]
    return [row for row in rows if not row.own], [row for row in rows if row.own]


def missed(figures: Iterable[Figure | Missing]) -> str:
    """What is missed, and why."""
    found = [figure for figure in figures if isinstance(figure, Figure) and not figure.met]
    lines = [
        f"- **{figure.work}**, {goal(figure)}; it is {number(figure.judged)}. "
        f"{figure.why or 'No reason is known yet.'}"
        for figure in found
    ]
    return "\n".join(lines) or "None."


def places(record: Record) -> str:
    """Where and when each was measured."""
    lines = [
        "| benchmark | when | commit | load before | an addition, before and after | took | on |",
        "| --- | --- | --- | ---: | ---: | ---: | --- |",
    ]
    for name, each in record.items():
        quick = ", quick" if each.quick else ""
        took = f"{each.seconds / 60:.1f} min{quick}"
        pace = "{:.0f}, {:.0f} ns".format(*each.pace) if each.pace else ""
        when = f"{each.when:%Y-%m-%d %H:%M}"
        row = (f"`{name}`", when, each.commit, f"{each.load:g}", pace, took, each.machine)
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def page(record: Record) -> str:
    """The page."""
    design, own = parts(record)
    every = [*design, *own]
    tables = {"design": markdown(design), "own": markdown(own), "notes": notes(every)}
    return PAGE.format(missed=missed(every), places=places(record), **tables)
