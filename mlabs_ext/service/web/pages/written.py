"""Parameters and time limits as people write them in forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from mlabs_ext import parameters
from mlabs_ext.errors import Unusable


def further(lines: Sequence[str]) -> dict[str, Any]:
    """Parameters that are written as `name = value`, one a line."""
    found = {}
    for line in lines:
        name, equals, value = line.partition("=")
        if not equals and line.strip():
            raise Unusable(f"Write each parameter as name = value, not {line!r:.80}.", "fields_invalid")
        if equals:
            found[name.strip()] = parameters.read(value.strip())
    return found


def seconds(minutes: str) -> float:
    """A time limit that is written in minutes."""
    try:
        seconds = float(minutes) * 60
    except ValueError:
        seconds = 0
    if not 0 < seconds < 31_536_000:
        raise Unusable("The time limit is a number of minutes, such as 90, or nothing.", "fields_invalid")
    return seconds


def text(value: Any) -> str:
    """A value as a person writes it: text bare, all else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
