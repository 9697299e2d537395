"""What detectors matched, put together: one entry for what is fixed in one go."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field

from mlabs_ext.guard.kinds import KINDS
from mlabs_ext.guard.matches import Match

# A source with more of one kind than this has the rest in one entry.
APART = 50


@dataclass
class Held:
    """Matches that are one finding: the same value in a source; one kind in an output or in metadata."""

    matches: list[Match] = field(default_factory=list)

    @property
    def first(self) -> Match:
        """The one that is shown."""
        return self.matches[0]

    @property
    def kind(self) -> str:
        """Of all of them."""
        return self.first.kind

    @property
    def values(self) -> set[str]:
        """The different values."""
        return {match.value for match in self.matches}

    def mark(self) -> str:
        """A digest of the texts and the places in them: another text, or another place, has another one."""
        digest = hashlib.sha256()
        text = self.first.text
        said = (self.kind, text.where, text.output, None if text.where == "source" else str(text.path[2:]))
        digest.update(json.dumps(said).encode())
        for number, match in enumerate(self.matches):
            if number == 0 or match.text is not self.matches[number - 1].text:
                digest.update(hashlib.sha256(match.text.text.encode("utf-8", "surrogatepass")).digest())
            digest.update(f"{match.start}-{match.end};".encode())
        return digest.hexdigest()[:20]


def apart(matches: list[Match]) -> list[Match]:
    """Matches of one text that do not overlap: secrets come before what is personal, then the longer one."""
    order = sorted(
        matches, key=lambda one: (KINDS[one.kind].severity != "secret", one.start - one.end, one.start)
    )
    starts: list[int] = []
    kept: list[Match] = []
    for match in order:
        place = bisect(starts, match.start)
        free_before = place == 0 or kept[place - 1].end <= match.start
        if free_before and (place == len(kept) or match.end <= kept[place].start):
            starts.insert(place, match.start)
            kept.insert(place, match)
    return kept


def grouped(matches: Iterator[Match]) -> list[Held]:
    """One entry for what is fixed in one go, in the order of the notebook."""
    found: dict[tuple[object, ...], Held] = {}
    several: dict[tuple[object, ...], int] = {}
    for match in matches:
        group: tuple[object, ...] = (match.kind, *match.text.group)
        key = (*group, match.value) if match.text.where == "source" else group
        if key not in found:
            several[group] = several.get(group, 0) + 1
            key = key if several[group] <= APART else (*group, None)
        found.setdefault(key, Held()).matches.append(match)
    return list(found.values())
