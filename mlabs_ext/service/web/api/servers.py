"""Servers over REST: the hub asks for places and reports, people see their own."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import Route, operation


class ServersHandler(BaseHandler):
    """Places for servers."""

    @operation(
        "From the hub: ask for a place for a server; the same id again gets the same answer",
        body=wire.ServerCreate,
        answer=wire.Grant,
        status=201,
        access="hub",
    )
    async def post(self) -> None:
        """Ask."""
        fields = self.body(wire.ServerCreate)
        self.answer(await self.run(self.app.data_mounts.reserve, self.viewer, fields), 201)


class ServerHandler(BaseHandler):
    """One server."""

    @operation(
        "From the hub: what became of a server", body=wire.ServerChange, answer=wire.Server, access="hub"
    )
    async def patch(self, server: str) -> None:
        """Report."""
        fields = self.body(wire.ServerChange)
        self.answer(await self.run(self.app.servers.change, self.viewer, server, fields))


class AliveHandler(BaseHandler):
    """The hub's word on which servers are there."""

    @operation(
        "From the hub: these servers are there; says when each has to end",
        body=wire.ServersAlive,
        answer=list[wire.ServerEnd],
        access="hub",
    )
    async def post(self) -> None:
        """Report."""
        ids = self.body(wire.ServersAlive).ids
        self.answer_list(await self.run(self.app.servers.alive, self.viewer, ids), None)


class MyServersHandler(BaseHandler):
    """The open servers of who asks."""

    @operation("My open servers, the oldest first", answer=list[wire.Server], access="read")
    async def get(self) -> None:
        """List."""
        self.answer_list(await self.run(self.app.servers.mine, self.viewer), None)


class MyServerHandler(BaseHandler):
    """An open server of who asks."""

    @operation(
        "Stop a server of mine; its files and the record of its runs are kept", status=204, access="write"
    )
    async def delete(self, server: str) -> None:
        """Begin to stop it: who asks may be that very server, and cannot wait for its end."""
        user, name = await self.run(self.app.overview.to_stop, self.viewer, server)
        if await self.app.stops.stop(user, name, 0):
            await self.run(self.app.servers.gone, server)
        self.set_status(204)


CALLS = [
    Route("/servers", ServersHandler),
    Route("/servers/alive", AliveHandler),
    Route("/servers/{server}", ServerHandler),
    Route("/me/servers", MyServersHandler),
    Route("/me/servers/{server}", MyServerHandler),
]
