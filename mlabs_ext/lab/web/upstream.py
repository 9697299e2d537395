"""The original of a fork."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from mlabs_ext.lab.web.base import Api
from mlabs_ext.wire import MergeRequest, ProposeRequest


class UpstreamHandler(Api):
    """`GET upstream`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """What is new in the original of a notebook's lab."""
        self.answer(await self.rules.upstreams.look(self.path_argument()))


class MergeHandler(Api):
    """`POST merge`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Work out a merge of the notebook that is sent along; nothing is written."""
        self.answer(await self.rules.upstreams.merge(self.path_argument(), self.body(MergeRequest)))


class ProposeHandler(Api):
    """`POST propose`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Offer what was published to the original."""
        made = await self.rules.upstreams.propose(self.path_argument(), self.body(ProposeRequest))
        self.answer(made, 201)
