"""What else looks at runs while they are recorded: how much they use, what is installed, what they write."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from mlabs_ext.wire import EventType


class Record(Protocol):
    """The recorder, as far as it matters to those who look at runs."""

    def add(
        self, run: str, kind: EventType, moment: datetime, cell: str | None, data: dict[str, Any]
    ) -> None:
        """Take one step of a run."""

    def executing(self) -> set[str]:
        """The runs that execute something now."""

    def open_runs(self) -> dict[str, tuple[str, datetime]]:
        """The runs that go on: each one's notebook, below the server's root, and when it began."""


class Observer:
    """Told by the recorder; whatever it does must be quick, as the recorder waits for it."""

    def met(self, kernel: str) -> None:
        """A kernel is heard for the first time."""

    def asked(self, kernel: str) -> None:
        """A front end asks a kernel to execute something."""

    def began(self, run: str, kernel: str) -> None:
        """A run begins on a kernel."""

    def done(self, run: str) -> None:
        """An execution of a run ends."""

    def ending(self, run: str) -> None:
        """A run ends: the last chance to add to its record."""
