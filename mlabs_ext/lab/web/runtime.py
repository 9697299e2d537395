"""Where a notebook runs, and for how long it still may."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from mlabs_ext.lab.web.base import Api
from mlabs_ext.wire import RuntimeChoice


class RuntimeHandler(Api):
    """`GET runtime` and `PUT runtime`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Where a notebook is to run, and where it does."""
        self.answer(await self.rules.runtimes.look(self.path_argument()))

    @web.authenticated
    @authorized
    async def put(self) -> None:
        """Choose another runtime."""
        choice = self.body(RuntimeChoice)
        self.answer(await self.rules.runtimes.change(self.path_argument(), choice))


class LimitsHandler(Api):
    """`GET limits`: cheap, for front ends ask again and again."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """When this server will be stopped, and why."""
        self.answer(self.rules.limits.now())


class ResourcesHandler(Api):
    """`GET resources`: asked by a panel that is looked at, again and again."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """What this server, and the kernel that is asked for, use now."""
        self.answer(await self.rules.resources.now(self.get_query_argument("kernel", None)))


class StopHandler(Api):
    """`POST stop`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Begin to stop this server."""
        await self.rules.stopping.stop()
        self.set_status(202)
        self.finish()
