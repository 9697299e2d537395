"""A place from its plan, a line in the ledger, its turn for an accelerator: for servers of any spawner."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec
import traitlets
from traitlets import Instance, List, Unicode
from traitlets.config import LoggingConfigurable
from ulid import ULID

from mlabs_ext import wire
from mlabs_spawner.book import Entry
from mlabs_spawner.gpus import Gpus
from mlabs_spawner.ledger import BY_ITSELF, Ledger
from mlabs_spawner.options import Choice

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner as Host
else:
    Host = LoggingConfigurable

CUT_SHORT = "the hub ended while it started"


class Metered(Host):
    """Put before an upstream Spawner, it writes down when servers begin and end, and what they hold.

    Whatever ends a start or a server, JupyterHub then calls `clear_state`: nothing is held after that.
    """

    # False where something else gives out the accelerators, as a cluster does: nobody queues here.
    queues_gpus = True

    ledger = Instance(Ledger)
    gpus = Instance(Gpus)
    choice = Instance(Choice, allow_none=True, help="What the server was started for.")
    grant = Instance(wire.Grant, allow_none=True, help="What the plan allows this server, while it starts.")
    session = Instance(Entry, allow_none=True, help="The server's line in the ledger.")
    device_ids = List(Unicode(), help="The accelerators that the server holds.")

    @traitlets.default("ledger")
    def _ledger(self) -> Ledger:
        return Ledger.shared(self.service, config=self.config, log=self.log)

    @traitlets.default("gpus")
    def _gpus(self) -> Gpus:
        return Gpus.shared(self.service, config=self.config, log=self.log)

    @property
    def chosen(self) -> Choice:
        """What the server is started for; asked only while it starts or runs."""
        assert self.choice is not None
        return self.choice

    def begin(self) -> None:
        """What the hub does when it is up, before anybody comes; asked of a spawner of nobody's."""
        self.ledger.wake()
        self.gpus.news.said()

    @property
    def holder(self) -> str:
        """What no two servers share; names of servers hold no space."""
        return f"{self.name} {self.user.name}"

    async def ask_for_a_place(self, choice: Choice) -> wire.Grant:
        """Reserve what the plan allows, until the session ends; raise Refused where it allows nothing."""
        about = msgspec.structs.asdict(choice)
        self.session = Entry(str(ULID()), self.user.name, self.name, requested=time.time(), **about)
        groups = [group.name for group in self.user.groups]
        return await self.ledger.grant(self.session, bool(self.user.admin), groups)

    async def acquire(self) -> None:
        """Wait for an accelerator where one is needed; done again it returns at once."""
        if self.chosen.accelerator == "none" or self.device_ids or not self.queues_gpus:
            return
        who = wire.HubPerson(self.user.name, self.chosen.lab)
        self.device_ids = [await self.gpus.acquire(self.holder, who, self.report)]

    def release(self) -> None:
        """Give the accelerator back; done again it does nothing."""
        if self.device_ids:
            self.gpus.release(self.holder)
        self.device_ids = []

    async def start(self, *arguments: Any, **options: Any) -> Any:
        """Start it, and write down when it began."""
        await self.acquire()
        at = time.time()
        where = await super().start(*arguments, **options)
        # What ends the session calls the start off, too.
        assert self.session is not None
        self.ledger.began(self.session, await self.started_at() or at, self.image, self.process())
        return where

    def process(self) -> str | None:
        """The name of the process that was started; None where that is not one of this machine's."""
        return None

    async def started_at(self) -> float | None:
        """When the server really began, in seconds since 1970; None where its machine does not say."""
        return None

    async def ended_at(self) -> float | None:
        """When a server that is found ended did so, in seconds since 1970; None where nobody knows."""
        return None

    async def poll(self) -> Any:
        """None while it runs, else its exit status; what ended by itself is written down."""
        session = self.session
        status = await super().poll()
        if status is None and self.cut_short:
            await self.drop()
            status = CUT_SHORT
        if session and session.started is not None:
            if status is None:
                self.ledger.goes_on(session)
            else:
                self.over(session, await self.ended_at())
        return status

    @property
    def cut_short(self) -> bool:
        """Whether a hub ended while this started: its place was given back, and nobody reached it."""
        return self.session is None and "session" not in (self.orm_spawner.state or {})

    async def drop(self) -> None:
        """End at once what nobody ever reached."""
        await super().stop(now=True)

    async def stop(self, *arguments: Any, **options: Any) -> None:
        """Stop it, and write down when it ended."""
        session = self.session
        await super().stop(*arguments, **options)
        self.over(session)

    def over(self, session: Entry | None, at: float | None = None) -> None:
        """Write down that the server ended, at this time where it is known; the first word counts."""
        by_itself = session and session.started is not None and not self._stop_pending
        self.ledger.end(session, at, BY_ITSELF if by_itself else None)

    def get_state(self) -> dict[str, Any]:
        """Session and accelerators survive a restart of the hub."""
        state = super().get_state()
        if self.session:
            state["session"] = self.session.id
        if self.device_ids:
            state["gpus"] = list(self.device_ids)
        return state

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up what `get_state` wrote, before anybody new gets what is held."""
        super().load_state(state)
        # Also without a session of its own: what the last hub left is settled now.
        self.ledger.wake()
        if "session" in state:
            self.session = self.ledger.claim(state["session"])
        if "gpus" in state:
            self.device_ids = state["gpus"]
            lab = state.get("mlabs", {}).get("lab", "")
            who = wire.HubPerson(self.user.name, lab)
            since = self.session.started if self.session else None
            self.gpus.claim(self.holder, who, self.device_ids[0], since)

    def clear_state(self) -> None:
        """A stopped server holds nothing; a start that fails or is called off ends here too."""
        super().clear_state()
        self.release()
        self.over(self.session)
        self.session = self.grant = None
