"""Proposals: what the author of a fork offers to its original."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from mlabs_ext.wire.comments import CommentText
from mlabs_ext.wire.comparisons import ComparedCell
from mlabs_ext.wire.labs import Title
from mlabs_ext.wire.merges import Choices, MergeConflict

__all__ = [
    "Proposal",
    "ProposalAccept",
    "ProposalAnswer",
    "ProposalChanges",
    "ProposalCreate",
    "ProposeRequest",
    "Remark",
    "RemarkCreate",
]

ProposalState = Literal["open", "accepted", "declined", "withdrawn"]
ProposalMessage = Annotated[str, Meta(max_length=5000)]
Answer = Annotated[str, Meta(max_length=1000)]


class Remark(Struct):
    """What somebody said about a proposal."""

    id: str
    user: str
    text: str
    created: datetime


class Proposal(Struct):
    """A proposal to `lab`. `source` is the fork that it is of, null where the asker may not know it, or where
    it is gone; `version` is that of the fork, `base` the version of the lab that it stands on.

    `closed_by` accepted, declined or withdrew it and said `answer`; `merged` is the version that it became.
    `remarks` are left out of lists.
    """

    number: int
    lab: str
    source: str | None
    user: str
    title: str
    message: str
    version: int
    base: int
    state: ProposalState
    created: datetime
    updated: datetime
    closed_by: str | None
    answer: str | None
    merged: int | None
    url: str
    id: str
    taken_down: datetime | None = None
    remarks: list[Remark] = []


class ProposalCreate(Struct, forbid_unknown_fields=True):
    """`source` is a fork of the lab that the asker may edit; `version` its latest by default."""

    source: str
    title: Title
    message: ProposalMessage = ""
    version: Annotated[int, Meta(ge=1, lt=2**31)] | None = None


class ProposalAccept(Struct, forbid_unknown_fields=True):
    """`into` is the lab's latest version as far as the asker knows: they chose by it."""

    choices: Choices = {}
    into: Annotated[int, Meta(ge=1, lt=2**31)] | None = None
    answer: Answer = ""


class ProposalAnswer(Struct, forbid_unknown_fields=True):
    """A word to the other side."""

    answer: Answer = ""


class RemarkCreate(Struct, forbid_unknown_fields=True):
    """Plain text, with paragraphs and code in backticks."""

    text: CommentText


class ProposalChanges(Struct):
    """What accepting a proposal changes in version `into` of the lab, and what is to be chosen then."""

    into: int
    cells: list[ComparedCell]
    conflicts: list[MergeConflict]


class ProposeRequest(Struct, forbid_unknown_fields=True):
    """From the user's server: offers the latest published version of a notebook's lab to its original."""

    title: Title
    message: ProposalMessage = ""
