"""What is worse now than it was recorded: beyond a fifth, beyond what chance explains, and twice in a row."""

from __future__ import annotations

from collections.abc import Callable

from _figures import Figure, worse
from _record import Measured, Record

# How many times worse a ratio has to be to count.
WORSE = 1.2


def faults(now: Record, before: Record, again: Callable[[str], Measured], only: str = "") -> list[str]:
    """What is to be said of all that is worse, or no longer measured; `again` measures a benchmark again."""
    found = []
    for name, each in now.items():
        was = before.get(name)
        for work in unknown(each, was):
            print(f"not compared, since it is not recorded: {work}")
        found += [f"{work}: it was measured, and is no longer" for work in lost(each, was) if only in work]
        suspects = regressions(each, was)
        if suspects:
            print(f"measured again: {', '.join(suspects)}", flush=True)
            still = regressions(again(name), was)
            found += [f"{work}: {still[work]}" for work in suspects if work in still]
    return found


def regressions(now: Measured, before: Measured | None) -> dict[str, str]:
    """What is worse now than it was, beyond doubt, each with what is to be said of it.

    With a peer: a ratio whose whole interval is beyond that of before, and beyond 1.2 times its ratio.
    Without one, times of two days prove nothing, and only a goal that was met and is missed counts.
    """
    found = {}
    known = {figure.work: figure for figure in (before.figures if before else [])}
    for figure in now.figures:
        was = known.get(figure.work)
        if was and (said := _regression(figure, was)):
            found[figure.work] = said
    return found


def _regression(now: Figure, was: Figure) -> str:
    near, far = ("low", "high") if now.better == "lower" else ("high", "low")
    if now.peer is not None and was.peer is not None:
        beyond = worse(getattr(now, near), was.ratio, now.better) > WORSE
        doubtful = worse(getattr(now, near), getattr(was, far), now.better) <= 1
        if beyond and not doubtful:
            times = worse(now.ratio, was.ratio, now.better)
            return f"{now.ratio:g} of the peer's, was {was.ratio:g}: {times:.2f} times worse"
    elif now.goal and was.met and worse(getattr(now, near), now.goal.limit, now.better) > 1:
        return f"{now.ours:g} {now.unit}, was {was.ours:g}: the goal {now.goal.limit:g} is missed now"
    return ""


def unknown(now: Measured, before: Measured | None) -> list[str]:
    """What was measured now and was not before, so that nothing can be compared."""
    known = {figure.work for figure in (before.figures if before else [])}
    return [figure.work for figure in now.figures if figure.work not in known]


def lost(now: Measured, before: Measured | None) -> list[str]:
    """What was measured before and is not now, in a run of the same size."""
    works = {figure.work for figure in now.figures}
    same = before is not None and before.quick == now.quick
    return [figure.work for figure in before.figures if figure.work not in works] if same and before else []
