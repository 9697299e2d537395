"""What an administrator may set about the community pool, and what all of its rules stand on."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

from traitlets import Bool, Float, Integer
from traitlets.config import LoggingConfigurable

from mlabs_ext.errors import Forbidden
from mlabs_ext.service.rules import Rules, collaborator


class Community(LoggingConfigurable):
    """The limits of the pool. `chance` gives numbers from 0 up to 1 that nobody can foresee."""

    chance: Callable[[], float] = staticmethod(random.SystemRandom().random)
    # What an administrator switched off meanwhile, see `PoolSwitch`.
    paused: Callable[[], bool] = staticmethod(lambda: False)

    enabled = Bool(
        True,
        help="""Whether there is a community pool: whether people may ask for trainings, and lend for them.

        Switched off, what goes on rests where it is. Default: True. Example:

            c.Community.enabled = False
        """,
    ).tag(config=True)
    signed_out = Bool(
        False,
        help="""Whether those may lend who are not signed in.

        What they do is checked like all else, but who was sent away can come back as somebody new.
        Default: False. Example:

            c.Community.signed_out = True
        """,
    ).tag(config=True)
    max_jobs = Integer(
        128,
        min=1,
        help="""How many jobs of one person may be open at a time; more get a 429.

        Default: 128. Example:

            c.Community.max_jobs = 16
        """,
    ).tag(config=True)
    max_parameters = Integer(
        5_000_000,
        min=1,
        help="""How many numbers a network may learn; a checkpoint has up to three times as many, of 4 bytes.

        Default: 5,000,000. Example:

            c.Community.max_parameters = 500_000
        """,
    ).tag(config=True)
    max_rows_bytes = Integer(
        64 << 20,
        min=1,
        help="""The largest block of rows in bytes: each volunteer fetches it.

        Default: 64 MiB. Example:

            c.Community.max_rows_bytes = 16 * 1024**2
        """,
    ).tag(config=True)
    max_epochs = Integer(
        2000,
        min=1,
        help="""How many epochs a job may have.

        Default: 2000. Example:

            c.Community.max_epochs = 200
        """,
    ).tag(config=True)
    slice_work = Float(
        30_000.0,
        min=1,
        help="""How much work a slice is to be, in million multiply-adds, where nothing is said of it.

        A slice is at least one epoch, and at most a quarter of a job. Default: 30,000, which takes a browser
        with WebAssembly about half a minute. Example:

            c.Community.slice_work = 10_000
        """,
    ).tag(config=True)
    lease_seconds = Integer(
        60,
        min=3,
        help="""For how many seconds a worker that says nothing keeps its slice, at least; large slices last
        three times as long as the worker should need. Workers say every third of it that they go on.

        Default: 60. Example:

            c.Community.lease_seconds = 120
        """,
    ).tag(config=True)
    longest_slice = Integer(
        3600,
        min=60,
        help="""Seconds after which a slice is given to somebody else, whatever its worker says.

        Default: 3600. Example:

            c.Community.longest_slice = 900
        """,
    ).tag(config=True)
    max_tries = Integer(
        30,
        min=2,
        help="""How often a slice is begun before its job is given up.

        Slices that are given back, or whose worker was found to lie, count. Default: 30. Example:

            c.Community.max_tries = 10
        """,
    ).tag(config=True)
    check_share = Float(
        0.05,
        min=0,
        max=1,
        help="""The share of slices that another worker does once more, to see whether it comes to the same.

        The first slices of each worker, and those that make a job much worse, always are. Default: 0.05.
        Example:

            c.Community.check_share = 0.2
        """,
    ).tag(config=True)
    check_patience = Integer(
        60,
        min=0,
        help="""Seconds that a check waits for another worker; then the server does the slice itself.

        Default: 60. Example:

            c.Community.check_patience = 600
        """,
    ).tag(config=True)
    trust_after = Integer(
        2,
        min=0,
        help="""How many slices of a worker have to be confirmed before only a share of them is checked.

        Default: 2. Example:

            c.Community.trust_after = 5
        """,
    ).tag(config=True)
    tolerance = Float(
        0.05,
        min=0,
        help="""How far two workers may be apart that did the same slice: the distance of their weights, in
        units of how far training moved them. Backends round differently, and Adam and RMSprop make more of
        that: they get twice as much.

        Default: 0.05. Example:

            c.Community.tolerance = 0.1
        """,
    ).tag(config=True)
    claim_tolerance = Float(
        0.02,
        min=0,
        help="""How far the loss that a worker claims may be from what the server finds, as a share of 1 and
        it together.

        Default: 0.02. Example:

            c.Community.claim_tolerance = 0.05
        """,
    ).tag(config=True)
    keep_days = Integer(
        30,
        min=1,
        help="""For how many days a search is kept after its end, with the networks that came of it.

        Default: 30. Example:

            c.Community.keep_days = 7
        """,
    ).tag(config=True)

    def open(self) -> bool:
        """Whether anything is taken and given out."""
        return self.enabled and not self.paused()

    def need(self) -> None:
        """Go on only where there is a pool."""
        if not self.open():
            raise Forbidden("An administrator has switched the community pool off.", "community_disabled")

    @property
    def window(self) -> timedelta:
        """For how long a worker counts as there after it was heard."""
        return timedelta(seconds=2 * self.lease_seconds)


class PoolRules(Rules):
    """Rules about the pool."""

    community: Community = collaborator("The limits of the pool.")
