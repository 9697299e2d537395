"""What stands between a person and a running lab, looked up before anything is started."""

from __future__ import annotations

from dataclasses import dataclass, field

from mlabs_ext import wire
from mlabs_ext.accelerators import COMMUNITY, NONE, label
from mlabs_ext.errors import Unusable
from mlabs_ext.names import run_of_server
from mlabs_ext.service.hub_status import HubStatus
from mlabs_ext.service.plans import Runtime
from mlabs_ext.service.queues import FRESH, Queues
from mlabs_ext.service.rules import Rules, collaborator, need_read
from mlabs_ext.service.servers import Servers
from mlabs_ext.service.viewers import Viewer

NOBODY_LENDS = (
    "No machine is lent right now. Choose another accelerator, or try again later: the lab starts as soon as "
    "somebody lends one."
)


@dataclass(frozen=True)
class Outlook:
    """A start as it would go now. `running` is the server that the lab has already, `others` its person's.

    `restart`: the running one has to be stopped first. `without`: it could start at once with no accelerator.
    `wait` is the queue for an accelerator, None where one is free or there is no telling.
    """

    environment: wire.Environment | None
    problems: list[wire.Problem]
    plan: wire.Preflight
    running: wire.Server | None = None
    others: list[wire.Server] = field(default_factory=list)
    restart: bool = False
    without: bool = False
    wait: wire.Queue | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is in the way."""
        return not self.problems

    def has(self, *codes: str) -> bool:
        """Whether one of these problems is in the way."""
        return any(problem.code in codes for problem in self.problems)


class Starts(Rules):
    """The rules about what a start needs. Nothing is reserved: the hub decides when it starts a server."""

    servers: Servers = collaborator("The ledger.")
    queues: Queues = collaborator("Who waits for accelerators.")
    hub_status: HubStatus = collaborator("What the hub said.")

    def look(
        self, viewer: Viewer, wanted: Runtime, lab: wire.Lab | None = None, restart: bool = False
    ) -> Outlook:
        """How starting what is `wanted` would go; `lab` is the viewer's own that it is for, if there is one.

        `restart` asks for a new start of a server that runs as wanted.
        """
        need_read(viewer)
        mine = [server for server in self.servers.mine(viewer) if run_of_server(server.server) is None]
        reference = f"{lab.owner}/{lab.name}" if lab else ""
        running = next((server for server in mine if server.lab == reference), None)
        differs = running is not None and runtime(running) != runtime(wanted)
        goes_on = running is not None and not differs and not restart
        plan, problems = self._problems(viewer, wanted, running, goes_on)
        bare = wire.RuntimeChoice(wanted.environment)
        without = bool(problems) and wanted.accelerator != "none"
        return Outlook(
            environment=self._entry(wanted.environment),
            problems=problems,
            plan=plan,
            running=running,
            others=[server for server in mine if server is not running],
            restart=running is not None and (restart or differs),
            without=without and not self._problems(viewer, bare, running)[1],
            wait=self._wait(viewer, wanted.accelerator) if not problems and not running else None,
        )

    def _problems(
        self, viewer: Viewer, wanted: Runtime, running: wire.Server | None, goes_on: bool = False
    ) -> tuple[wire.Preflight, list[wire.Problem]]:
        """All that is in the way. A server that goes on needs nothing; one that restarts leaves its place."""
        plan = self.plans.preflight(viewer, None, wanted)
        if goes_on:
            return plan, []
        absent = self.absent(wanted)
        found = [problem for problem in plan.problems if not (running and problem.code == "too_many_servers")]
        known = any(problem.code in ("environment_unknown", "accelerator_unknown") for problem in found)
        return plan, found if known or absent is None else [absent, *found]

    def absent(self, wanted: Runtime) -> wire.Problem | None:
        """Why this machine cannot run what is wanted, whoever asks."""
        entry = self._entry(wanted.environment)
        if entry is None:
            return wire.Problem("environment_absent", f"There is no environment {wanted.environment!r} here.")
        if not entry.available:
            reason = entry.reason or "It is not installed."
            return wire.Problem("environment_absent", f"{entry.title} cannot be used here. {reason}")
        if wanted.accelerator not in entry.accelerators:
            name = label(wanted.accelerator)
            return wire.Problem(
                "accelerator_absent", f"There is no {name} here that {entry.title} could use."
            )
        if wanted.accelerator == COMMUNITY and self._nobody_lends():
            return wire.Problem("accelerator_absent", NOBODY_LENDS)
        return None

    def _nobody_lends(self) -> bool:
        """Whether the hub said lately that no machine is lent."""
        status = self.hub_status.newest()
        heard = status.said.get("lent")
        return heard is not None and self.now() - heard <= FRESH and not status.lent

    def _entry(self, name: str) -> wire.Environment | None:
        try:
            self.catalogue.get(name)
        except Unusable:
            return None
        return next(entry for entry in self.catalogue.public() if entry.name == name)

    def _wait(self, viewer: Viewer, accelerator: str) -> wire.Queue | None:
        """The queue that a start would have to stand in; None where one is free, or nobody knows."""
        queue = self.queues.of(viewer, accelerator) if accelerator not in (NONE, COMMUNITY) else None
        return queue if queue and queue.free == 0 else None


def runtime(of: Runtime) -> tuple[str, str]:
    """What two runtimes are compared by."""
    return of.environment, of.accelerator
