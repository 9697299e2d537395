"""What a user's server and its front ends tell each other about secrets in a notebook."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from mlabs_ext.guard import Finding

__all__ = ["CheckRequest", "Checked", "FixRequest", "FixedCell", "FixedNotebook"]

FindingIds = Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=10_000)]


class CheckRequest(Struct, forbid_unknown_fields=True):
    """Looks through the notebook at `path`, relative to the server's root, as it is saved."""

    path: str


class Checked(Struct):
    """What a publish would tell that had better not be told, in the order of the notebook."""

    findings: list[Finding]


class FixRequest(Struct, forbid_unknown_fields=True):
    """Asks for the cells as they are once these findings, by id, are fixed. The file stays as it is."""

    path: str
    findings: FindingIds


class FixedCell(Struct):
    """A changed cell by its place, from 0; `outputs` is null for cells that have none."""

    index: int
    id: str
    source: str
    metadata: dict[str, Any]
    outputs: list[dict[str, Any]] | None
    attachments: dict[str, Any] | None


class FixedNotebook(Struct):
    """What a front end is to set in its document. `metadata` is the notebook's, null where it stays.

    `left` counts places that only a person can fix.
    """

    cells: list[FixedCell]
    metadata: dict[str, Any] | None
    left: int
