"""What the guard says of a notebook. None of it holds a secret: excerpts are masked, ids are digests."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["secret", "personal"]
Where = Literal["source", "output", "attachment", "metadata"]
FixKind = Literal["environ", "getpass", "relative", "replace", "drop_output", "remove"]


@dataclass(frozen=True)
class Fix:
    """What is proposed: `kind` for programs, `label` for a person, `text` what stands there afterwards."""

    kind: FixKind
    label: str
    text: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing that a reader had better not get.

    `id` holds for this very text alone. A `secret` stops a publish until it is fixed or acknowledged by its
    id; what is `personal` is asked about. `cell` counts from 1, `output` from 0, `line` from 1; `place` says
    the same in words. `count` is how often it is there. Of a secret, `excerpt` shows its ends at most.
    """

    id: str
    kind: str
    severity: Severity
    title: str
    why: str
    where: Where
    place: str
    cell: int | None
    cell_id: str | None
    output: int | None
    line: int
    count: int
    excerpt: str
    fix: Fix | None


@dataclass(frozen=True)
class Known:
    """What is known of the person and the server, and looked for wherever it stands.

    `names` are user names and full names, `homes` are home directories, `folder` is the notebook's own,
    `secrets` are values such as the server's own token.
    """

    names: tuple[str, ...] = ()
    homes: tuple[str, ...] = ()
    folder: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)


def stopping(findings: Iterable[Finding], acknowledged: Container[str] = ()) -> list[Finding]:
    """The secrets among them that nobody has acknowledged."""
    return [each for each in findings if each.severity == "secret" and each.id not in acknowledged]
