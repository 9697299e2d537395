"""With whom the lab of a notebook is shared."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from mlabs_ext.errors import BadInput
from mlabs_ext.lab.web.base import Api
from mlabs_ext.wire import LinkCreate, ShareChange


class SharesHandler(Api):
    """`GET shares`, and with `?who=` the PUT and DELETE of one of them."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """With whom the lab is shared."""
        self.answer({"items": await self.rules.sharing.list(self.path_argument())})

    @web.authenticated
    @authorized
    async def put(self) -> None:
        """Share the lab, or change what somebody may do."""
        path, who = self.path_argument(), needed(self, "who")
        self.answer(await self.rules.sharing.set(path, who, self.body(ShareChange)))

    @web.authenticated
    @authorized
    async def delete(self) -> None:
        """End a share."""
        path, who = self.path_argument(), needed(self, "who")
        await self.rules.sharing.remove(path, who, self.get_query_argument("kind", "user"))
        self.set_status(204)


class LinksHandler(Api):
    """`POST shares/links`, and with `?link=` the DELETE of one."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Make a secret link; the answer alone holds it."""
        self.set_header("Cache-Control", "no-store")
        made = await self.rules.sharing.make_link(self.path_argument(), self.body(LinkCreate))
        self.answer(made, 201)

    @web.authenticated
    @authorized
    async def delete(self) -> None:
        """Revoke a link."""
        await self.rules.sharing.revoke(self.path_argument(), needed(self, "link"))
        self.set_status(204)


def needed(handler: Api, name: str) -> str:
    """An argument that there must be; BadInput `argument_missing`."""
    value = handler.get_query_argument(name, "")
    if not value:
        raise BadInput(f"Say which: ?{name}=…", "argument_missing")
    return value
