"""Files that come in pieces, on their way to the service."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from mlabs_ext.lab.web.base import Api
from mlabs_ext.wire import UploadStart


class UploadsHandler(Api):
    """`POST data/uploads`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Announce a file."""
        self.answer(await self.rules.uploading.begin(self.body(UploadStart)), 201)


class UploadHandler(Api):
    """`GET`, `PATCH` and `DELETE data/uploads/{id}`."""

    @web.authenticated
    @authorized
    async def get(self, upload: str) -> None:
        """How far it is."""
        self.answer(await self.rules.uploading.look(upload))

    @web.authenticated
    @authorized
    async def patch(self, upload: str) -> None:
        """Send more of it, from the header Upload-Offset on."""
        offset = self.request.headers.get("Upload-Offset")
        self.answer({"offset": await self.rules.uploading.send(upload, offset, self.request.body)})

    @web.authenticated
    @authorized
    async def delete(self, upload: str) -> None:
        """Give it up."""
        await self.rules.uploading.stop(upload)
        self.set_status(204)
        self.finish()
