"""Looks a notebook through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mlabs_ext.guard import assignments, personal, tokens
from mlabs_ext.guard.excerpts import excerpt, is_secret, line_of
from mlabs_ext.guard.findings import Finding, Known
from mlabs_ext.guard.fixing import Fixed, apply
from mlabs_ext.guard.held import Held, apart, grouped
from mlabs_ext.guard.kinds import KINDS
from mlabs_ext.guard.matches import Detector, Match
from mlabs_ext.guard.proposals import proposal
from mlabs_ext.guard.texts import Text, texts

DETECTORS: tuple[Detector, ...] = (
    tokens.given,
    tokens.tokens,
    tokens.private_keys,
    assignments.assigned,
    assignments.headers,
    assignments.addresses,
    personal.emails,
    personal.paths,
    personal.names,
    personal.hosts,
)
# A secret of a source is looked for everywhere else, where nothing says what it is; so many of them.
FOLLOWED = 100
FOLLOWED_LEAST = 6


class Check:
    """A notebook of format 4.5, and what was found in it. The secrets stay in here."""

    def __init__(self, nb: dict[str, Any], known: Known):
        self._nb, self._known = nb, known
        self._held: dict[str, Held] = {}
        found = {text: apart(list(_matches(text, known))) for text in texts(nb)}
        found = _followed(found)
        self.findings = [
            self._finding(held, [match for match in found[held.first.text] if is_secret(match)])
            for held in grouped(match for matches in found.values() for match in matches)
        ]

    def fixed(self, ids: Iterable[str]) -> Fixed:
        """The notebook once these findings are fixed, and with them all places of the same secrets."""
        chosen = [self._held[mark] for mark in dict.fromkeys(ids) if mark in self._held]
        secret = {value for held in chosen if is_secret(held.first) for value in held.values}
        chosen += [
            held
            for held in self._held.values()
            if is_secret(held.first) and held not in chosen and not secret.isdisjoint(held.values)
        ]
        return apply(self._nb, self._known, chosen)

    def _finding(self, held: Held, secrets: list[Match]) -> Finding:
        mark, number = held.mark(), 1
        while (one := f"{mark}-{number}") in self._held:
            number += 1
        self._held[one] = held
        kind, text = KINDS[held.kind], held.first.text
        return Finding(
            id=one,
            kind=held.kind,
            severity=kind.severity,
            title=kind.title,
            why=kind.why,
            where=text.where,
            place=place(text),
            cell=text.cell,
            cell_id=text.cell_id,
            output=text.output,
            line=line_of(held.first),
            count=len(held.matches),
            excerpt=excerpt(held.first, secrets),
            fix=proposal(held.first, self._nb, self._known),
        )


def check(nb: dict[str, Any], known: Known | None = None) -> Check:
    """Look a notebook of format 4.5 through, in time that grows with its size alone."""
    return Check(nb, known or Known())


def _matches(text: Text, known: Known) -> Iterator[Match]:
    if len(text.text) >= FOLLOWED_LEAST:
        for detector in DETECTORS:
            yield from detector(text, known)


def _followed(found: dict[Text, list[Match]]) -> dict[Text, list[Match]]:
    """With the secrets of sources where they stand without their name: printed in an output, say."""
    sources = {
        match.value: match.kind
        for text, matches in found.items()
        if text.where == "source"
        for match in matches
        if is_secret(match) and len(match.value) >= FOLLOWED_LEAST
    }
    followed = list(sources.items())[:FOLLOWED]
    return {
        text: apart(matches + [one for value, kind in followed for one in _elsewhere(value, kind, text)])
        for text, matches in found.items()
    }


def _elsewhere(value: str, kind: str, text: Text) -> Iterator[Match]:
    if value in text.text:
        yield from tokens.exactly(value, kind, text)


def place(text: Text) -> str:
    """Where a text is, in words."""
    cell = f"Cell {text.cell}" if text.cell else "Notebook"
    if text.where == "output":
        return f"{cell}, output {(text.output or 0) + 1}"
    if text.where == "attachment":
        return f"{cell}, attachment {text.path[3]}"
    if text.where == "metadata":
        return f"{cell}, metadata {text.path[3] if text.cell else text.path[1]}"
    return f"{cell}, {'code' if text.code else 'text'}"
