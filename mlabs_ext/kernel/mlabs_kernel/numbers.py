"""What counts as a number, whatever framework it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from numbers import Real
from typing import Any

NAMES = 200
NAME_LENGTH = 200
# JSON has no such numbers: they travel by name.
ODD = {math.inf: "Infinity", -math.inf: "-Infinity"}


def flat(values: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Names with their values; those of a mapping in a mapping are joined by `/`."""
    for key, value in values.items():
        name = f"{prefix}{key}"[:NAME_LENGTH]
        if isinstance(value, Mapping):
            yield from flat(value, f"{name}/")
        else:
            yield name, value


def told_apart(values: Mapping[Any, Any]) -> tuple[dict[str, float | int | str], list[str]]:
    """The numbers by name, and the names of what is no single number."""
    found: dict[str, float | int | str] = {}
    others = []
    for name, value in flat(values):
        try:
            found[name] = number(name, value)
        except TypeError:
            others.append(name)
    return found, others


def number(name: str, value: Any) -> float | int | str:
    """The value as JSON holds it; TypeError for what is no single number."""
    plain = value if isinstance(value, Real) else unwrapped(value)
    if not isinstance(plain, Real):
        raise TypeError(
            f"mlabs.log: {name!r} is no number but {type(value).__name__}. "
            f"Log one number a name, for example {name}=float(value.mean())."
        )
    if isinstance(plain, int) and abs(plain) < 2**53:
        return int(plain)
    try:
        decimal = float(plain)
    except OverflowError:
        decimal = -math.inf if plain < 0 else math.inf
    return decimal if math.isfinite(decimal) else ODD.get(decimal, "NaN")


def unwrapped(value: Any) -> Any:
    """The number in a scalar of NumPy, PyTorch, JAX or TensorFlow; the value itself where it holds none."""
    for method in ("item", "numpy"):
        if hasattr(value, method):
            try:
                value = getattr(value, method)()
            except (ValueError, RuntimeError, TypeError):
                return value
            return unwrapped(value) if method == "numpy" else value
    return value
