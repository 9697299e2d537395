"""Makes something of files that came, once for each Idempotency-Key: what is repeated may have none left."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeVar

import msgspec

from mlabs_ext import wire
from mlabs_ext.errors import NotFound
from mlabs_ext.service.dataset_files import Kept
from mlabs_ext.service.idempotency import Key
from mlabs_ext.service.web.bringing import BringingHandler

T = TypeVar("T")


class OnceHandler(BringingHandler):
    """A handler that keeps what came as blobs, and makes something of these."""

    async def once(
        self, fields: wire.DataSources, shape: type[T], make: Callable[[list[Kept], Key | None], T]
    ) -> T:
        """What is made of the files that are wanted, or what the same request was answered before."""
        key = await self.run(self._key, fields)
        if (made := await self._answered(key, shape)) is not None:
            return made
        try:
            kept = await self.app.bringing.bring(self.viewer, fields, self.folder, self.came)
        except NotFound:
            # The same request, at the same time, may have made something of the uploads.
            if (made := await self._answered(key, shape)) is not None:
                return made
            raise
        made = await self.run(make, kept, key)
        self.app.pool.submit(self.app.staging.remove, *fields.uploads or ())
        return made

    def _key(self, fields: wire.DataSources) -> Key | None:
        """The request's key, tied to what came and not to the form that brought it."""
        given = self.request.headers.get("Idempotency-Key")
        if given is None:
            return None
        came = []
        for path, file in self.came:
            with file.open("rb") as opened:
                came.append((path, hashlib.file_digest(opened, "sha256").hexdigest()))
        said = msgspec.json.encode([self.request.path, fields, came])
        return Key.checked(given, hashlib.sha256(said).hexdigest())

    async def _answered(self, key: Key | None, shape: type[T]) -> T | None:
        return await self.run(self.app.datasets.answered, self.viewer, key, shape) if key else None
