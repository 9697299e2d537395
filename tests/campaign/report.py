"""The report: what was done, what was acknowledged, what was lost, and how long it took to come back."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from campaign.campaign import Result
from campaign.recovery import Recovery

GOAL = 30.0
# Of fewer, the worst is their 95th percentile.
ENOUGH = 20
NOTE = "<!-- Written by `python -m campaign --write`: run it again to change this page. -->"
INTRODUCTION = """\
# Faults

What happens to people's work when something is killed, full, cut off or wrong. A real `mlabs up` under load:
publishes, forks, uploads, recorded runs, watchers and an open lab, faults at random moments, and then every
acknowledgement looked for in the service, its database and its blobs. A request that was never answered may
have been done wholly or not at all. Goals: nothing lost; 95 of 100 recoveries within 30 s."""
AGAIN = """\
`nox -s soak -- campaign --kills 100` does all of it, `--stages` a part, which takes an hour or so; or with
the packages of the tests installed `cd tests && python -m campaign`. With `--write` what a stage came to is
kept in `tests/campaign/record`, and this page is written of the last run of each. The load is the machine's,
in the last quarter of an hour of the stage."""
MEANINGS = """\
A recovery is from the fault (from its end where it does not pass by itself: a full disk, a dead network) to
the first success of an ordinary read and an ordinary write through the proxy; for the hub also of one's own
name and a new token; for a server of a file that is read and saved after its person opened the lab again.
Where a second fault came before the first was over, both count as faults, and no recovery is measured.
*Unknown* was not answered and not asked again. No hub has to start on a full disk: it could not."""


def quantile(values: list[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def page(results: dict[str, Result], left_out: dict[str, str]) -> str:
    """The page as Markdown; results are by the names of stages, as are the reasons for those left out."""
    parts = [NOTE, INTRODUCTION, _totals(results.values()), "## Again", AGAIN, runs(results)]
    return _page(parts, list(results.values()), left_out)


def _page(parts: list[str], results: list[Result], left_out: dict[str, str]) -> str:
    parts += ["## Faults and recoveries", faults(results), MEANINGS, "## Acknowledgements", states(results)]
    if left_out:
        parts += ["## Left out", "\n".join(f"- {name}: {why}." for name, why in left_out.items())]
    if found := [
        f"- {result.title}: {one.kind}: {one.what}" for result in results for one in result.findings
    ]:
        parts += ["## What was wrong", "\n".join(found[:200])]
    return "\n\n".join(parts) + "\n"


def runs(results: dict[str, Result]) -> str:
    """A row for each stage: when and where it ran, and what runs it again."""
    rows = []
    for name, one in results.items():
        again = f"`--stages {name} --kills {max(one.strikes.values(), default=0)} --seed {one.seed}`"
        rows.append(
            [one.title, one.when, f"{one.seconds / 60:.0f} min", one.machine, f"{one.load:.1f}", again]
        )
    return table(["site", "when", "took", "machine", "load", "again"], rows)


def _totals(results: list[Result]) -> str:
    strikes = sum(sum(result.strikes.values()) for result in results)
    acknowledged = sum(state["acknowledged"] for result in results for state in result.states.values())
    wrong = sum(len(result.findings) for result in results)
    seconds = [one.seconds for result in results for one in result.recoveries]
    late = (
        f"p95 of all recoveries: {quantile(seconds, 0.95):.1f} s" if seconds else "no recovery was measured"
    )
    return f"**{strikes} faults, {acknowledged:,} acknowledgements, {wrong} lost or wrong; {late}.**"


def faults(results: list[Result]) -> str:
    """A row for each stage and kind of fault."""
    rows = []
    for result in results:
        for kind, count in sorted(result.strikes.items()):
            rows.append([result.title, kind, count, *_recovered(result.recoveries, kind)])
    return table(["site", "fault", "faults", "measured", "p50", "p95", "longest"], rows)


def _recovered(recoveries: Iterable[Recovery], kind: str) -> list[object]:
    seconds = [one.seconds for one in recoveries if one.kind == kind]
    if not seconds:
        return [0, "", "", ""]
    return [
        len(seconds),
        *(f"{one:.1f} s" for one in (quantile(seconds, 0.5), quantile(seconds, 0.95), max(seconds))),
    ]


def states(results: list[Result]) -> str:
    """A row for each stage and kind of request."""
    rows = []
    for result in results:
        lost = Counter(finding.kind for finding in result.findings)["lost"]
        for kind, state in sorted(result.states.items()):
            rows.append(
                [result.title, kind, *(f"{state[one]:,}" for one in ("acknowledged", "refused", "unknown"))]
            )
        rows.append([result.title, "steps that watchers saw", f"{result.seen:,}", "", ""])
        rows.append([result.title, "**lost**", f"**{lost}**", "", ""])
        rows.append([result.title, "**wrong otherwise**", f"**{len(result.findings) - lost}**", "", ""])
    return table(["site", "what", "acknowledged", "refused", "unknown"], rows)


def table(head: list[str], rows: list[list[object]]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def failed(results: list[Result]) -> list[str]:
    """Why the goals are not met; empty where they are."""
    wrong = [
        f"{result.title}: {len(result.findings)} findings, see {result.kept}"
        for result in results
        if result.findings
    ]
    for result in results:
        for kind in result.strikes:
            seconds = [one.seconds for one in result.recoveries if one.kind == kind]
            if len(seconds) >= ENOUGH and (late := quantile(seconds, 0.95)) > GOAL:
                wrong.append(f"{result.title}: {kind} takes {late:.1f} s to recover from (p95)")
    return wrong
