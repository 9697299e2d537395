"""The community pool: what people have trained there, and what those who lend a machine are given to do."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from mlabs_ext.wire.labs import Digest, Title

JobStatus = Literal["queued", "running", "checking", "succeeded", "failed", "stopped"]
SearchStatus = Literal["running", "succeeded", "failed", "stopped"]
Given = Literal["live", "received", "doubted", "accepted"]
SliceStatus = Given | Literal["refused", "undone", "expired", "released", "cancelled"]
Optimiser = Literal["adam", "sgd", "momentum", "rmsprop"]
Activation = Literal["relu", "tanh", "sigmoid", "elu", "linear"]
Initialiser = Literal["glorotUniform", "heNormal", "randomNormal", "zeros"]
Units = Annotated[int, Meta(ge=1, le=100_000)]
Epochs = Annotated[int, Meta(ge=1, le=1_000_000)]
Share = Annotated[float, Meta(ge=0, lt=1)]
Length = Annotated[int, Meta(ge=1, le=10_000_000)]


class Dense(Struct, tag="dense", tag_field="kind", forbid_unknown_fields=True):
    """Every unit looks at everything that comes in."""

    units: Units
    activation: Activation = "linear"
    initialiser: Initialiser = "glorotUniform"
    dropout: Share = 0


class Convolution(Struct, tag="convolution", tag_field="kind", forbid_unknown_fields=True):
    """Windows of `size` that slide over a series or a picture; `pool` halves what they give."""

    filters: Units
    size: Annotated[int, Meta(ge=1, le=64)]
    pool: bool = False
    activation: Activation = "linear"
    initialiser: Initialiser = "glorotUniform"
    dropout: Share = 0


class Recurrent(Struct, tag="recurrent", tag_field="kind", forbid_unknown_fields=True):
    """Reads one step after the other."""

    cell: Literal["gru", "lstm", "simple"]
    units: Units
    dropout: Share = 0


class Embedding(Struct, tag="embedding", tag_field="kind", forbid_unknown_fields=True):
    """Of texts: a point for each word."""

    units: Units
    dropout: Share = 0


class Pooling(Struct, tag="pooling", tag_field="kind", forbid_unknown_fields=True):
    """One step in the place of all."""

    how: Literal["average", "max"]
    dropout: Share = 0


Layer = Dense | Convolution | Recurrent | Embedding | Pooling


class NetworkOutput(Struct, forbid_unknown_fields=True):
    """The last layer."""

    units: Units
    activation: Literal["softmax", "sigmoid", "linear"]


class TrainingOptions(Struct, forbid_unknown_fields=True):
    """How a network is trained; `weighed` has rarer classes count more, by the job's `weights`."""

    optimiser: Optimiser
    rate: Annotated[float, Meta(gt=0, le=10)]
    batch: Annotated[int, Meta(ge=1, le=4096)]
    epochs: Epochs
    weighed: bool = False


class JobSpec(Struct, forbid_unknown_fields=True):
    """A network and how it is trained. `shape` is that of one example; `words` is how many different numbers
    the words of texts have, 0 where examples are none; `rows` are those of the block to train on.
    """

    seed: Annotated[int, Meta(ge=0, lt=2**32)]
    shape: Annotated[list[Length], Meta(min_length=1, max_length=3)]
    words: Annotated[int, Meta(ge=0, le=10_000_000)]
    layers: Annotated[list[Layer], Meta(max_length=64)]
    output: NetworkOutput
    options: TrainingOptions
    weights: Annotated[list[Annotated[float, Meta(ge=0, le=1_000_000)]], Meta(max_length=100_000)] | None
    rows: Annotated[int, Meta(ge=1)]


class JobData(Struct):
    """Rows that were sent: a block by its digest."""

    digest: str
    bytes: int


class SearchData(Struct, forbid_unknown_fields=True):
    """The rows by their digests. `train` is given to volunteers; `held_out` never leaves the server.

    `dataset` names the dataset of the library that they are of, as `owner/name`: it has to be public.
    """

    train: Digest
    held_out: Digest
    dataset: Annotated[str, Meta(max_length=320)] | None = None


class Halving(Struct, forbid_unknown_fields=True):
    """After each of these epochs the worse jobs stop; the share `keep` of them goes on."""

    rungs: Annotated[list[Epochs], Meta(min_length=1, max_length=16)]
    keep: Annotated[float, Meta(gt=0, lt=1)] = 0.5


class SearchCreate(Struct, forbid_unknown_fields=True):
    """What the community is asked to train. `consent` says that volunteers may see the rows of `train`;
    `every` is how many epochs a slice has, without it about half a minute's work."""

    data: SearchData
    jobs: Annotated[list[JobSpec], Meta(min_length=1, max_length=64)]
    consent: bool = False
    title: Title = ""
    every: Epochs | None = None
    halving: Halving | None = None


class JobCreate(Struct, forbid_unknown_fields=True):
    """A search of one job."""

    data: SearchData
    spec: JobSpec
    consent: bool = False
    title: Title = ""
    every: Epochs | None = None


class JobScore(Struct):
    """What the referee found of the held-out rows; `train_loss` is the worker's word."""

    epoch: int
    loss: float | None
    score: float | None
    train_loss: float | None


class JobSlice(Struct, rename={"from_": "from"}):
    """Epochs after `from` up to `to`, done by a worker; with `check` once more, to compare.

    `worker` is its public name, null for the server itself.
    """

    from_: int
    to: int
    status: SliceStatus
    worker: str | None
    started: datetime
    ended: datetime | None
    seconds: float | None
    check: bool
    reason: str | None


class Job(Struct):
    """A network that is trained. `epoch` is how far it is; `best` is its score with the least held-out loss.

    `reason` says why it stopped (`person`, `halving`) or what it waits for (`rung`). `error` says why it
    failed: its `code` is `diverged` or `refused_too_often`.
    """

    id: str
    search: str
    status: JobStatus
    epoch: int
    epochs: int
    seed: int
    parameters: int
    layers: list[Layer]
    output: NetworkOutput
    options: TrainingOptions
    scores: list[JobScore]
    best: JobScore | None
    waiting_since: datetime | None
    slices: list[JobSlice]
    created: datetime
    ended: datetime | None
    reason: str | None
    error: dict[str, str] | None


class Search(Struct):
    """What somebody asked the community to train."""

    id: str
    owner: str
    title: str
    status: SearchStatus
    created: datetime
    ended: datetime | None
    every: int | None
    halving: Halving | None
    jobs: list[Job]


class WorkerCreate(Struct, forbid_unknown_fields=True):
    """Who lends: `speed` is measured, in million multiply-adds a second."""

    kind: Literal["tab", "machine"]
    backend: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9._-]+$(?!\n)")]
    speed: Annotated[float, Meta(gt=0, le=1e9)]


class WorkerCreated(Struct):
    """A registration. Its `token` is told this once: `Authorization: worker <token>` on the calls of workers.
    `name` is what others see; `key` is the server's Ed25519 public key, the 32 bytes in base64.
    """

    worker: str
    token: str
    name: str
    key: str


class Lease(Struct, rename={"from_": "from"}):
    """The right and the duty to do one slice: train from the checkpoint `start` (null: from new weights)
    until the epoch `to` is done, and send the checkpoint.

    `person` tells those apart for whom it is, and not who they are.
    `signed` is the JSON of all the other fields but `signature`, which is the server's Ed25519 signature of
    its UTF-8 bytes in base64.
    """

    lease: str
    job: str
    spec: JobSpec
    start: str | None
    from_: int
    to: int
    data: str
    person: str
    expires: datetime
    renew_every: float
    signed: str = ""
    signature: str = ""


class LeaseRenew(Struct, forbid_unknown_fields=True):
    """A worker says that it is still at it; `epoch` is the last that is done."""

    lease: str
    epoch: int = 0


class LeaseRenewed(Struct):
    """Until when the lease lasts now; without `go_on` it was cancelled."""

    expires: datetime
    go_on: bool


class LeaseRelease(Struct, forbid_unknown_fields=True):
    """A worker gives a slice back undone."""

    lease: str


class ResultReceived(Struct):
    """The checkpoint is here, and will be looked at."""

    status: Literal["received"]


class CommunityWorker(Struct):
    """Somebody who lends now; `busy` says whether it has a slice."""

    name: str
    kind: Literal["tab", "machine"]
    backend: str
    since: datetime
    busy: bool
    slices: int


class Community(Struct):
    """The pool as everybody sees it. `seconds_lent_month` are of this calendar month (UTC)."""

    enabled: bool
    signed_out: bool
    workers: list[CommunityWorker]
    waiting: int
    running: int
    done_today: int
    seconds_lent_month: float
