"""The stages of a campaign: which site, which faults; each is a process of its own."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from support import needs
from support.preloaded import may_compile

from campaign import database, sites
from campaign.campaign import Campaign, Result, order
from campaign.faults import kills
from campaign.site import may_mount

PROCESSES = ("service", "hub", "proxy", "server")
DISK = ("disk full",) if may_mount() else ()


@dataclass(frozen=True)
class Stage:
    """`faults` are the kinds; `absent` says why it cannot be had here, None where it can."""

    title: str
    faults: tuple[str, ...]
    absent: Callable[[], str | None]


# What the whole campaign consists of; the short ones are for every change.
WHOLE = ("sqlite", "disk", "clock", "postgresql", "network", "docker")


def _root(may: bool) -> str | None:
    return None if may else "only root can do that"


def _postgresql() -> str | None:
    return needs.absent("postgresql")


def _docker() -> str | None:
    return needs.absent("docker") or _root(database.may_cut())


STAGES = {
    "short": Stage("SQLite", ("service", "hub", "server", *DISK), lambda: None),
    "short-postgresql": Stage("PostgreSQL", ("service", "proxy", "database"), _postgresql),
    "short-docker": Stage("SQLite, labs in containers", ("engine",), _docker),
    "sqlite": Stage("SQLite", PROCESSES, lambda: None),
    "disk": Stage("SQLite, a disk that fills", ("disk full",), lambda: _root(may_mount())),
    "clock": Stage("SQLite, the clock", ("clock",), lambda: None if may_compile() else "there is no cc"),
    "postgresql": Stage("PostgreSQL", (*PROCESSES, "database"), _postgresql),
    "network": Stage(
        "PostgreSQL, the network to it", ("network",), lambda: _postgresql() or _root(database.may_cut())
    ),
    "docker": Stage("SQLite, labs in containers", ("engine", "hub", "server"), _docker),
}


def run(name: str, count: int, seed: int) -> Result:
    """Do a stage with so many faults of each kind. What was found is kept where something is wrong."""
    stage = STAGES[name]
    folder = Path(tempfile.mkdtemp(prefix=f"mlabs-campaign-{name}-"))
    with ExitStack() as stack:
        site, more = stack.enter_context(sites.ready(name, folder))
        campaign = Campaign(stage.title, site, folder, seed)
        stack.callback(campaign.close)
        campaign.prepare()
        faults = {fault.kind: fault for fault in (*kills(site, campaign.lab), *more(campaign.lab))}
        strikes = order(dict.fromkeys(stage.faults, count), random.Random(f"{seed}/{name}"))
        result = campaign.run(list(faults.values()), strikes)
        if result.findings:
            result.kept = str(folder)
            shutil.copytree(site.data, folder / "found", ignore=shutil.ignore_patterns("users", "filler"))
    if not result.findings:
        shutil.rmtree(folder)
    return result
