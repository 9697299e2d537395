"""What the hub says that it holds."""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType


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
    warm: list[HubWarm] | UnsetType = UNSET
    images: list[HubImage] | UnsetType = UNSET
    lent: list[HubLent] | UnsetType = UNSET


class HubStatus(Struct):
    """The newest of what the hub said; a part that it never spoke of is null. `said` has the time of each."""

    gpus: list[HubGpu] | None = None
    queue: list[HubWaiting] | None = None
    warm: list[HubWarm] | None = None
    images: list[HubImage] | None = None
    lent: list[HubLent] | None = None
    said: dict[str, datetime] = {}
