"""When this server will be stopped, as the service says: for the front end, which warns in time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from msgspec import Struct
from traitlets import Float, Instance, Unicode
from traitlets.config import LoggingConfigurable

from mlabs_ext.errors import MLabsError
from mlabs_ext.lab.client import Client
from mlabs_ext.names import run_of_server
from mlabs_ext.wire import ServerLimits

# Near the end a server asks ten times in what is left, but never more often than this, in seconds.
OFTEN = 5.0


class OpenServer(Struct):
    """What matters here of a server as the service lists it."""

    lab: str
    id: str = ""
    server: str = ""
    plan: str | None = None
    ends: datetime | None = None
    reason: str | None = None


class OpenServers(Struct):
    """A person's open servers."""

    items: list[OpenServer]


class Limits(LoggingConfigurable):
    """The newest word on this server; while the service does not answer, its last one."""

    client = Instance(Client)
    lab = Unicode(help="The lab that this server was started for, as owner/name.")
    server = Unicode(help="The name of this server in JupyterHub.")
    interval = Float(
        60.0,
        help="""Seconds between two questions to the service about when this server ends; near the end it asks
        more often. Default: 60. Example: `c.Limits.interval = 20`.""",
    ).tag(config=True)
    known = Instance(OpenServer, args=("",))

    @property
    def left(self) -> float | None:
        """Seconds until the end, negative after it; None where there is none."""
        ends = self.known.ends
        return None if ends is None else (ends - datetime.now(UTC)).total_seconds()

    def now(self) -> ServerLimits:
        """What a front end is told."""
        known = self.known
        return ServerLimits(known.ends, self.left, known.reason, known.plan)

    async def watch(self) -> None:
        """Ask again and again, until cancelled."""
        while True:
            await self.ask()
            await asyncio.sleep(self.pause())

    async def ask(self) -> None:
        """Ask once; without an answer what was known stays."""
        try:
            servers = (await self.client.get("me/servers", OpenServers)).items
        except MLabsError as error:
            self.log.debug("MLabs: when this server ends is not known: %s", error.message)
            return
        self.known = self._mine(servers) or OpenServer(self.lab)

    def pause(self) -> float:
        """Seconds until the next question."""
        left = self.left
        return self.interval if left is None else min(max(left / 10, OFTEN), self.interval)

    def _mine(self, servers: list[OpenServer]) -> OpenServer | None:
        """This server among those of its owner: by its name, or where that is not known by its lab."""
        named = [each for each in servers if each.server == self.server and each.lab == self.lab]
        alike = [each for each in servers if each.lab == self.lab and not run_of_server(each.server)]
        return next(iter(named or alike), None)
