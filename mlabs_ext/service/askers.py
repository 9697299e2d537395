"""Who asks for what a rule does, for the record: rules are told whom they serve, and tables are not."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asker:
    """A person, or nobody; `address` is where they asked from, None where that is not to be kept."""

    name: str | None = None
    address: str | None = None


# What MLabs does by itself nobody asked for.
NOBODY = Asker()
current: ContextVar[Asker] = ContextVar("mlabs_asker", default=NOBODY)
