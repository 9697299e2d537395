"""The datasets of a notebook: which it uses, what else there is, and what is in them."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from mlabs_ext.errors import BadInput, Unusable
from mlabs_ext.lab.web.base import Api
from mlabs_ext.wire import DataMake, DataWish

# What a browser shows by itself and no program runs in.
IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
IMAGE_MAX = 8 << 20


class DataHandler(Api):
    """`GET`, `PUT` and `DELETE data`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """What a notebook uses."""
        self.answer(await self.rules.data.look(self.path_argument()))

    @web.authenticated
    @authorized
    async def put(self) -> None:
        """Use a dataset."""
        self.answer(await self.rules.data.attach(self.path_argument(), self.body(DataWish)))

    @web.authenticated
    @authorized
    async def delete(self) -> None:
        """Use it no more."""
        write = self.get_query_argument("write_metadata", "false") == "true"
        self.answer(await self.rules.data.detach(self.path_argument(), wanted(self), write))


class DataMakeHandler(Api):
    """`POST data/make` and `DELETE data/make`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Begin to make a dataset for a notebook."""
        self.answer(self.rules.making.begin(self.path_argument(), self.body(DataMake)), 202)

    @web.authenticated
    @authorized
    async def delete(self) -> None:
        """Take note of what came of it."""
        self.rules.making.forget(self.get_query_argument("id", ""))
        self.set_status(204)
        self.finish()


class FindHandler(Api):
    """`GET data/find`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Search."""
        kind, whose = self.get_query_argument("kind", "dataset"), self.get_query_argument("whose", "all")
        q, cursor = self.get_query_argument("q", ""), self.get_query_argument("cursor", None)
        self.answer(await self.rules.finding.find(kind, whose, q, cursor))


class DataFilesHandler(Api):
    """`GET data/files`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """The files of a version of a dataset."""
        version = self.get_query_argument("version", "")
        self.answer(await self.rules.finding.files(wanted(self), number(version) if version else None))


class PreviewHandler(Api):
    """`GET data/preview`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """What is in a file."""
        version, file = number(self.get_query_argument("version", "")), self.get_query_argument("file", "")
        self.answer(await self.rules.finding.preview(wanted(self), version, file))


class DataFileHandler(Api):
    """`GET data/file`: an image, for an `img`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Its bytes."""
        version, path = number(self.get_query_argument("version", "")), self.get_query_argument("file", "")
        file, address = await self.rules.finding.file(wanted(self), version, path)
        if file.type not in IMAGES or file.size > IMAGE_MAX:
            raise Unusable(f"{path!r:.100} is no image that is shown here.", "not_shown")
        answer = await self.app.client.request("GET", address)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "private, max-age=3600")
        self.finish(answer.body, set_content_type=file.type)


class OutputsHandler(Api):
    """`GET data/outputs`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """The files that the runs of a lab made."""
        self.answer(await self.rules.finding.outputs(self.get_query_argument("lab", "")))


def wanted(handler: Api) -> str:
    """`?dataset=`, as owner/name."""
    dataset = handler.get_query_argument("dataset", "")
    if not dataset:
        raise BadInput("Say which dataset: ?dataset=owner/name", "dataset_missing")
    return dataset


def number(text: str) -> int:
    """A version's number."""
    if not (text.isdecimal() and 0 < int(text[:18]) < 2**31):
        raise BadInput("`version` is the number of a version.", "version_invalid")
    return int(text)
