"""What the hub says that it holds."""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

__all__ = [
    "HubGpu",
    "HubImage",
    "HubLent",
    "HubPerson",
    "HubReport",
    "HubStatus",
    "HubWaiting",
    "HubWaits",
    "HubWarm",
    "Queue",
]


class HubPerson(Struct):
    """Whose server it is, and for which lab (`owner/name`)."""

    user: str
    lab: str


class HubGpu(Struct):
    """An accelerator that the hub gives out. `memory` in bytes; `shares`: how many labs may hold it."""

    id: str
    name: str
    memory: int | None = None
    holders: list[HubPerson] = []
    shares: int = 1


class HubWaiting(Struct):
    """A server that waits for an accelerator; `position` counts from 1."""

    user: str
    lab: str
    position: int
    since: datetime | None = None


class HubWaits(Struct):
    """What waits for an accelerator are judged by. `held_since`: when each holder got theirs.

    `usual_use` and `usual_wait` are in seconds, of the last days: for how long one was kept, and how long
    those waited who did not get one at once; null where there was nobody.
    """

    held_since: list[datetime] = []
    usual_use: float | None = None
    usual_wait: float | None = None


class Queue(Struct):
    """What whoever asked for this accelerator now would wait; it tells of nobody.

    `free`: how many labs could have one at once; null where that is not known. `people`: how many others
    wait already. `seconds`: for how long one would wait, 0 where one is free; null where that is not known.
    `usual_wait`: the median of those who had to wait in the last days, in seconds; null where nobody had to.
    """

    accelerator: str
    free: int | None = None
    people: int = 0
    seconds: float | None = None
    usual_wait: float | None = None


class HubWarm(Struct):
    """Containers that wait started for whoever opens a lab next. `memory_bytes` is what all of them take."""

    environment: str
    accelerator: str = "none"
    ready: int = 0
    memory_bytes: int | None = None
    wanted: int | None = None


class HubImage(Struct):
    """What an environment runs on now. `image` is what a run would record of it; null where it is absent."""

    environment: str
    accelerator: str = "none"
    image: str | None = None
    size: int | None = None


class HubLent(Struct):
    """A machine that somebody lends: cores, bytes, GPUs, and whose labs run there."""

    name: str
    cpus: float
    memory: int
    gpus: int = 0
    holders: list[HubPerson] = []


class HubReport(Struct):
    """What the hub says about itself, at `at`. A part that is left out stays as it was last said."""

    at: datetime | None = None
    gpus: list[HubGpu] | UnsetType = UNSET
    queue: list[HubWaiting] | UnsetType = UNSET
    waits: HubWaits | UnsetType = UNSET
    warm: list[HubWarm] | UnsetType = UNSET
    images: list[HubImage] | UnsetType = UNSET
    lent: list[HubLent] | UnsetType = UNSET


class HubStatus(Struct):
    """The newest of what the hub said; a part that it never spoke of is null. `said` has the time of each."""

    gpus: list[HubGpu] | None = None
    queue: list[HubWaiting] | None = None
    waits: HubWaits | None = None
    warm: list[HubWarm] | None = None
    images: list[HubImage] | None = None
    lent: list[HubLent] | None = None
    said: dict[str, datetime] = {}
