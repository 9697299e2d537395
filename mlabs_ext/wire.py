"""The shapes that travel between the processes and to the outside; the API description is made from them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

Visibility = Literal["public", "unlisted", "private"]
RunKind = Literal["interactive", "batch"]
RunStatus = Literal["queued", "starting", "running", "succeeded", "failed", "stopped", "lost"]
EventType = Literal["execute", "output", "update", "clear", "done", "kernel", "usage", "end"]
Digest = Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}$")]
Title = Annotated[str, Meta(max_length=200)]
Description = Annotated[str, Meta(max_length=10_000)]
Tag = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9+.-]{0,39}$")]
Tags = Annotated[list[Tag], Meta(max_length=20)]
RunId = Annotated[str, Meta(pattern=r"^[0-9A-HJKMNP-TV-Z]{26}$")]


class Origin(Struct):
    """The lab (`owner/name`, null where the asker may not know it) and version that a lab was forked from."""

    lab: str | None
    version: int


class Lab(Struct):
    """A lab. `version` is its latest; 0 is a draft that nobody but its owner sees.

    `image` is what the lab that it was forked from ran on, and what it runs on itself for as long as that is
    there; null where it runs on its environment as it is now.
    """

    id: str
    owner: str
    name: str
    title: str
    description: str
    tags: list[str]
    visibility: Visibility
    environment: str
    accelerator: str
    version: int
    forked_from: Origin | None
    forks: int
    stars: int
    runs: int
    live: bool
    created: datetime
    updated: datetime
    url: str
    embed_url: str
    image: str | None = None


class LabCreate(Struct, forbid_unknown_fields=True):
    """`notebook` is a notebook as JSON, or its text; without one the lab starts as a draft.

    `run` is the id of the run that produced the outputs: it becomes part of the published record.
    """

    notebook: msgspec.Raw | UnsetType = UNSET
    name: str | None = None
    title: Title | None = None
    description: Description | None = None
    tags: Tags | None = None
    visibility: Visibility | None = None
    environment: str | None = None
    accelerator: str | None = None
    message: Annotated[str, Meta(max_length=1000)] | None = None
    run: RunId | None = None


class LabChange(Struct, forbid_unknown_fields=True):
    """What a PATCH may change; what is left out stays.

    `image` takes null alone: the lab then runs on its environment as it is now.
    """

    title: Title | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    environment: str | UnsetType = UNSET
    accelerator: str | UnsetType = UNSET
    image: UnsetType | None = UNSET


class Version(Struct):
    """One version of a lab, fixed forever. `size` in bytes; `cells` counts all cells."""

    lab: str
    number: int
    author: str
    message: str
    environment: str
    accelerator: str
    created: datetime
    notebook_sha256: Digest
    code_sha256: Digest
    cells: int
    size: int
    url: str


class VersionCreate(Struct, forbid_unknown_fields=True):
    """A new version; the lab's other fields change with it where given."""

    notebook: msgspec.Raw
    message: Annotated[str, Meta(max_length=1000)] | None = None
    title: Title | None = None
    description: Description | None = None
    tags: Tags | None = None
    visibility: Visibility | None = None
    environment: str | None = None
    accelerator: str | None = None
    run: RunId | None = None


class ForkCreate(Struct, forbid_unknown_fields=True):
    """`name` defaults to the parent's, numbered where it is taken; `version` to the latest.

    `accelerator` defaults to the version's: who may use none forks a lab all the same.
    """

    name: str | None = None
    version: int | None = None
    accelerator: str | None = None


class ForkNode(Struct):
    """A lab in a fork tree, as far as the asker may see it; hidden ones have no `lab` and no `title`."""

    lab: str | None
    title: str | None
    version: int
    forked_version: int | None
    created: datetime
    forks: list[ForkNode]


class RunError(Struct):
    """What ended a run; `cell` is the cell's id where the front end told it."""

    ename: str
    evalue: str
    cell: str | None = None


class Run(Struct):
    """An execution of a lab. `duration` in seconds, null until it has ended; `cells` counts executions."""

    id: str
    lab: str
    version: int | None
    user: str
    kind: RunKind
    run_all: bool
    status: RunStatus
    busy: bool
    environment: str
    image: str | None
    accelerator: str
    parameters: dict[str, Any]
    started: datetime
    ended: datetime | None
    duration: float | None
    cells: int
    error: RunError | None
    metrics: dict[str, Any]
    code_sha256: str | None
    url: str


class RunCreate(Struct, forbid_unknown_fields=True):
    """Registers a run from a user's server. Registering the same id again changes nothing."""

    id: RunId
    lab: str
    started: datetime
    environment: str
    accelerator: str = "none"
    image: str | None = None
    kind: RunKind = "interactive"
    run_all: bool = False
    parameters: dict[str, Any] = {}


class RunEvent(Struct, forbid_unknown_fields=True):
    """One step of a run. `seq` counts from 1 without gaps; `cell` is the notebook cell's id where known.

    `data` by type; `execution` is the request's message id and ties the steps of one execution together:

    - `execute`: `{execution, code, execution_count}`
    - `output`: `{execution, output, display_id?}`, `output` as in nbformat 4
    - `update`: `{display_id, data, metadata}`
    - `clear`: `{execution, wait}`
    - `done`: `{execution, status: "ok"|"error"|"aborted", duration}`, seconds
    - `kernel`: `{state: "restarted"|"interrupted"|"dead"}`
    - `usage`: `{gpu_utilization_mean, gpu_utilization_max, gpu_memory_peak}` of the run so far; percent, bytes
    - `end`: `{status: "succeeded"|"failed"|"stopped"|"lost"}`
    """

    seq: Annotated[int, Meta(ge=1)]
    type: EventType
    time: datetime
    cell: str | None = None
    data: dict[str, Any] = {}


class RunEvents(Struct, forbid_unknown_fields=True):
    """A batch, in order. An empty one says that the run's server is alive."""

    events: Annotated[list[RunEvent], Meta(max_length=1000)]


class EventsAccepted(Struct):
    """Every event up to `acknowledged` is on disk and need not be sent again."""

    acknowledged: int


class Environment(Struct):
    """An entry of the catalogue. `available` is false where it cannot be used here, and `reason` says why."""

    name: str
    title: str
    description: str
    frameworks: dict[str, str]
    python: str | None
    accelerators: list[str]
    available: bool
    default: bool
    reason: str | None = None


class Usage(Struct):
    """What a person has used. `storage_bytes` counts each blob of theirs once.

    `cpu_hours` are the hours that servers of theirs ran in this period, `gpu_hours` the same times the
    accelerators that they held; `servers` are open now.
    """

    labs: int
    runs: int
    running: int
    storage_bytes: int
    cpu_hours: float = 0.0
    gpu_hours: float = 0.0
    servers: int = 0


class Limits(Struct):
    """What a plan allows; null is no limit. Memory and storage in bytes, durations in seconds."""

    cpu_hours: float | None
    gpu_hours: float | None
    concurrent_servers: int | None
    concurrent_runs: int | None
    memory: int | None
    cpus: float | None
    storage: int | None
    longest_run: float | None
    idle_timeout: float | None
    environments: list[str] | None
    accelerators: list[str] | None


class Plan(Struct):
    """A plan by its name, and what it allows."""

    name: str
    limits: Limits


class Me(Struct):
    """The person behind the request. `period_end` is when this month's hours begin anew."""

    name: str
    admin: bool
    usage: Usage
    plan: Plan
    period_end: datetime


class PlanChoice(Struct, forbid_unknown_fields=True):
    """The plan that an administrator gives to a person, whatever their groups say."""

    plan: str


class Published(Struct):
    """What the user's server answers to a publish. `created` is true for a first version.

    `metadata` is what the notebook's `mlabs` metadata should now hold; an open front end sets it.
    """

    lab: Lab
    created: bool
    unchanged: bool
    metadata: dict[str, Any] = {}


class PublishRequest(Struct, forbid_unknown_fields=True):
    """Publishes the notebook at `path`, relative to the server's root, as it is saved.

    `write_metadata` has the server write the `mlabs` metadata into the file: for callers without a front end,
    which would otherwise find the file changed under it.
    """

    path: str
    name: str | None = None
    title: Title | None = None
    description: Description | None = None
    tags: Tags | None = None
    visibility: Visibility | None = None
    message: Annotated[str, Meta(max_length=1000)] | None = None
    write_metadata: bool = False


class ForkRequest(Struct, forbid_unknown_fields=True):
    """Forks a lab (`owner/name`) from the user's server."""

    lab: str
    name: str | None = None


class Forked(Struct):
    """The fork, and the page that opens it."""

    lab: Lab
    open_url: str


class RunAllMark(Struct, forbid_unknown_fields=True):
    """A front end's word that it now runs these code cells, by id and in order, of the notebook at `path`."""

    path: str
    cells: Annotated[list[Annotated[str, Meta(max_length=255)]], Meta(max_length=100_000)]


class NotebookLab(Struct):
    """What a front end shows beside a notebook.

    `lab` is the owner's lab that it belongs to; `source` is somebody else's lab that it comes from while it
    belongs to none. `dirty`: the saved notebook differs from the latest version.
    """

    path: str
    owner: str
    lab: Lab | None
    source: str | None
    draft: bool
    foreign: bool
    dirty: bool


class RunPage(Struct):
    """A page of runs, newest first. `unavailable` says why runs that are not on this server are missing."""

    items: list[Run]
    next: str | None
    unavailable: str | None = None


class EmbedSnippet(Struct):
    """Ways to show a lab elsewhere; `markdown` and `rst` are badges that link to it."""

    url: str
    embed_url: str
    html: str
    markdown: str
    rst: str


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


class HubReport(Struct):
    """What the hub says about itself, at `at`. A part that is left out stays as it was last said."""

    at: datetime | None = None
    gpus: list[HubGpu] | UnsetType = UNSET
    queue: list[HubWaiting] | UnsetType = UNSET
    warm: list[HubWarm] | UnsetType = UNSET
    images: list[HubImage] | UnsetType = UNSET


class HubStatus(Struct):
    """The newest of what the hub said; a part that it never spoke of is null. `said` has the time of each."""

    gpus: list[HubGpu] | None = None
    queue: list[HubWaiting] | None = None
    warm: list[HubWarm] | None = None
    images: list[HubImage] | None = None
    said: dict[str, datetime] = {}


class ServerCreate(Struct, forbid_unknown_fields=True):
    """Asks for a place for a server; from the hub. The same id again gets the same answer."""

    id: RunId
    user: Annotated[str, Meta(min_length=1, max_length=255)]
    lab: Annotated[str, Meta(max_length=320)]
    server: Annotated[str, Meta(max_length=255)]
    environment: Annotated[str, Meta(max_length=60)]
    accelerator: Annotated[str, Meta(max_length=60)] = "none"
    admin: bool = False
    groups: list[str] = []


class Grant(Struct):
    """A place for a server, and what it may use: bytes, cores, seconds; null is no limit.

    `ends` is when it would be stopped if it started now.
    """

    id: str
    plan: str
    memory: int | None
    cpus: float | None
    idle_timeout: float | None
    ends: datetime | None


class ServerChange(Struct, forbid_unknown_fields=True):
    """What became of a server; from the hub. What is known already stays: the first word counts."""

    started: datetime | None = None
    ended: datetime | None = None
    image: Annotated[str, Meta(max_length=500)] | None = None
    reason: Annotated[str, Meta(max_length=500)] | None = None


class ServersAlive(Struct, forbid_unknown_fields=True):
    """The servers that start or run now; from the hub, about every ten seconds."""

    ids: Annotated[list[RunId], Meta(max_length=10_000)]


class ServerEnd(Struct):
    """When a server will be stopped at the latest, and why; null where nothing limits it."""

    id: str
    ends: datetime | None
    reason: str | None


class Server(Struct):
    """A server of a person's: asked for, and where it came to that, `started` and `ended`.

    `ends` is when it will be stopped at the latest. `reason` says why then; of an ended one, why it ended.
    """

    id: str
    user: str
    lab: str
    server: str
    environment: str
    accelerator: str
    image: str | None
    plan: str
    requested: datetime
    started: datetime | None
    ended: datetime | None
    ends: datetime | None
    reason: str | None


class Person(Struct):
    """A person as administrators see them; `override` is the plan that an administrator gave them."""

    name: str
    admin: bool
    groups: list[str]
    plan: Plan
    override: str | None
    usage: Usage
    servers: list[Server]
    seen: datetime


class Problem(Struct):
    """What keeps a lab from being started now: a stable code, and words for a person."""

    code: str
    message: str


class Preflight(Struct):
    """Whether the asker may start a lab now, all that is in the way, and what is left of their plan.

    Null is no limit.
    """

    ok: bool
    problems: list[Problem]
    plan: str
    cpu_hours_left: float | None
    gpu_hours_left: float | None
    places_left: int | None


class RuntimeChoice(Struct, forbid_unknown_fields=True):
    """Where a notebook is to run."""

    environment: str
    accelerator: str = "none"


class RuntimeRunning(Struct):
    """Where this server's kernels run. `image` is what a run records of it."""

    environment: str
    accelerator: str
    image: str | None


class RuntimeState(Struct):
    """Where a notebook is to run, and where it does.

    `lab` is the lab of one's own that it belongs to; without one there is nothing to restart. `restart`: the
    two differ, and `restart_url` leads to where it is as wanted. `problem` says why what the notebook asks for
    cannot be had. `environments` holds what this person may choose. `ends`, `reason` and `plan` are as in
    ServerLimits.
    """

    lab: str | None
    wanted: RuntimeChoice
    running: RuntimeRunning
    restart: bool
    restart_url: str
    problem: str | None
    ends: datetime | None
    reason: str | None
    plan: str | None
    environments: list[Environment]


class ServerLimits(Struct):
    """When this server will be stopped, if that is known, and why. `left` in seconds, by the server's clock.

    `lab_url` is the page of its lab, for when it is gone.
    """

    ends: datetime | None
    left: float | None
    reason: str | None
    plan: str | None
    lab_url: str
