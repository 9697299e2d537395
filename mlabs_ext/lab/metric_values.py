"""What `mlabs.log` says on IOPub, as `metric` events hold it, whoever said it really."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

# The comm that `mlabs.log` speaks on, and how far into a message its name comes.
COMM = b'"mlabs-metrics"'
HEAD = 32
POINTS, NAMES, NAME_LENGTH = 1000, 200, 200
# Numbers of one event: with the longest names it is no larger than what is recorded of one.
NUMBERS = 10_000
ODD = ("NaN", "Infinity", "-Infinity")
STEPS = 2**53

Values = dict[str, float | int | str]
Point = tuple[int | None, float, Values]


def is_metric(frame: bytes) -> bool:
    """Whether this content of a `comm_msg` is ours: those of widgets come by the thousand."""
    return COMM in frame[:HEAD]


def points_of(content: dict[str, Any]) -> list[Point]:
    """The steps in a message; what does not fit is left out."""
    data = content.get("data")
    given = data.get("points") if isinstance(data, dict) else None
    read = (point(one) for one in (given if isinstance(given, list) else [])[-POINTS:])
    return [one for one in read if one is not None]


def point(given: Any) -> Point | None:
    """One step; None where nothing of it fits."""
    if not (isinstance(given, list) and len(given) == 3 and isinstance(given[2], dict)):
        return None
    step, at, values = given
    numbers = dict(named(values))
    if not numbers or not is_number(at):
        return None
    return whole(step), float(at), numbers


def whole(step: Any) -> int | None:
    """The step, where it is one that can be kept."""
    fits = isinstance(step, int) and not isinstance(step, bool) and abs(step) < STEPS
    return step if fits else None


def named(values: dict[str, Any]) -> Iterator[tuple[str, float | int | str]]:
    """The names that hold a number."""
    for name, value in list(values.items())[:NAMES]:
        plain = name.replace("\0", "")[:NAME_LENGTH]
        if plain and (is_number(value) or value in ODD):
            yield plain, value


def is_number(value: Any) -> bool:
    """Whether JSON and a database can hold it as a number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e308


def events(points: Iterable[Point]) -> Iterator[dict[str, Any]]:
    """The steps as the data of `metric` events, none of which is too large."""
    part: list[Point] = []
    numbers = 0
    for one in points:
        if len(part) == POINTS or (part and numbers + len(one[2]) > NUMBERS):
            yield event_data(part)
            part, numbers = [], 0
        part.append(one)
        numbers += len(one[2])
    if part:
        yield event_data(part)


def event_data(points: list[Point]) -> dict[str, Any]:
    """A `metric` event: the last value of each name, the last step, and all steps if there are several."""
    values = {name: value for _, _, numbers in points for name, value in numbers.items()}
    data: dict[str, Any] = {"values": dict(list(values.items())[:NAMES]), "step": points[-1][0]}
    return data if len(points) == 1 else data | {"points": points}


def finite(value: float) -> float | str:
    """A number that JSON can hold, or its name."""
    if math.isnan(value):
        return "NaN"
    return value if abs(value) < 1e308 else ("Infinity" if value > 0 else "-Infinity")
