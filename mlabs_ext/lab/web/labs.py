"""Labs: publish, fork, open, and what a front end shows beside a notebook."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import uuid4

from jupyter_server.auth.decorator import authorized
from tornado import web

from mlabs_ext.errors import MLabsError
from mlabs_ext.lab.embed import snippet
from mlabs_ext.lab.pages import error_page
from mlabs_ext.lab.web.base import Api, Mine
from mlabs_ext.wire import Forked, ForkRequest, LabChange, PublishRequest


class PublishHandler(Api):
    """`POST publish`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Publish a notebook."""
        published = await self.rules.publishing.publish(self.body(PublishRequest))
        self.answer(published, 201 if published.created else 200)


class ForkHandler(Api):
    """`POST fork`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Fork a lab; the answer says where the fork is opened."""
        asked = self.body(ForkRequest)
        lab = await self.rules.labs.fork(asked.lab, asked.name, str(uuid4()))
        self.answer(Forked(lab, f"{self.app.base_path}open/@{quote(lab.owner)}/{lab.name}"), 201)


class EmbedHandler(Api):
    """`GET embed`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Snippets for the lab of a notebook, or any lab."""
        reference = self.get_query_argument("lab", "")
        labs = self.rules.labs
        self.answer(
            snippet(await (labs.get(reference) if reference else labs.of(self.path_argument())), self.here)
        )


class LabHandler(Api):
    """`GET lab` and `PATCH lab`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """What a front end shows beside a notebook."""
        self.answer(await self.rules.labs.beside(self.path_argument(), self.app.owner))

    @web.authenticated
    @authorized
    async def patch(self) -> None:
        """Change the lab of a notebook."""
        self.answer(await self.rules.labs.change(self.path_argument(), self.body(LabChange)))


class OpenHandler(Mine):
    """`GET open`: a page that people come to by redirects, so its errors are pages too."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Fetch the lab's notebook if it is absent, and go to it."""
        if self.app.run:
            self.redirect(f"{self.base_url}mlabs/api/run")
            return
        path = await self.rules.opening.open(self.get_query_argument("lab", ""))
        front_end = "notebooks" if self.get_query_argument("ui", "lab") == "notebook" else "lab/tree"
        self.redirect(f"{self.base_url}{front_end}/{quote(path)}")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """An error that a person can read, with a way on."""
        error = kwargs.get("exc_info", (None, None))[1]
        if not isinstance(error, MLabsError):
            super().write_error(status_code, **kwargs)
            return
        self.set_status(error.status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(error_page(error, self.app.base_path, self.get_query_argument("lab", "")))
