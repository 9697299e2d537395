"""Notifications, and where a person wants to be told of the end of a run."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from mlabs_ext.wire.runs import Run, RunReason, RunStatus

__all__ = [
    "Channel",
    "ChannelState",
    "Ends",
    "Notification",
    "NotificationKind",
    "NotificationSettings",
    "NotificationSettingsChange",
    "NotificationTest",
    "NotificationsRead",
    "RunEnded",
    "Unread",
]

NotificationKind = Literal[
    "run.ended",
    "comment.new",
    "comment.reply",
    "lab.shared",
    "lab.taken_down",
    "lab.restored",
    "proposal.new",
    "proposal.remark",
    "proposal.accepted",
    "proposal.declined",
]
Ends = Literal["all", "failures", "none"]
Channel = Literal["email", "webhook"]
Address = Annotated[str, Meta(max_length=254)]
Hook = Annotated[str, Meta(max_length=2000)]


class Notification(Struct):
    """Something that a person is told of: `text` says it in words, `url` is the page of what it is about.

    `lab` is owner/name and `title` the lab's; `status`, `reason` and `duration` are the run's, null like
    `run` where it is about something else; `comment` is a comment's id, `proposal` the number of one. `read`
    is when it was marked as read.
    """

    id: str
    kind: NotificationKind
    run: str | None
    lab: str
    title: str
    status: RunStatus | None
    reason: RunReason | None
    duration: float | None
    text: str
    time: datetime
    read: datetime | None
    url: str
    comment: str | None = None
    proposal: int | None = None


class NotificationsRead(Struct, forbid_unknown_fields=True):
    """Which notifications to mark as read; all of them without `ids`."""

    ids: Annotated[list[str], Meta(max_length=1000)] | None = None


class Unread(Struct):
    """How many notifications are not read."""

    unread: int


class ChannelState(Struct):
    """How the last delivery by a channel went: `error` is null where it arrived, `waiting` until it has."""

    time: datetime
    waiting: bool
    error: str | None


class NotificationSettings(Struct):
    """Where a person is told of the end of a batch run, and of which ends: all, failures or none.

    Nothing but its confirmation goes to an e-mail address before that was confirmed. `email_available` is
    whether this MLabs sends mail. `webhook_secret` signs what goes to the webhook; it is told only in the
    answer to what made it.
    """

    email: str | None
    email_confirmed: bool
    email_ends: Ends
    email_available: bool
    email_last: ChannelState | None
    webhook: str | None
    webhook_ends: Ends
    webhook_last: ChannelState | None
    webhook_secret: str | None = None


class NotificationSettingsChange(Struct, forbid_unknown_fields=True):
    """What of the settings changes; null or "" removes an address."""

    email: Address | UnsetType | None = UNSET
    email_ends: Ends | UnsetType = UNSET
    webhook: Hook | UnsetType | None = UNSET
    webhook_ends: Ends | UnsetType = UNSET


class NotificationTest(Struct, forbid_unknown_fields=True):
    """Which channel to try."""

    channel: Channel


class RunEnded(Struct):
    """What a webhook gets. `event` is "test" where somebody tries it: `run` is null then."""

    event: Literal["run.ended", "test"]
    delivery: str
    run: Run | None
    url: str
