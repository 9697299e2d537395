"""What takes the files of a model, over the API and from pages."""

from __future__ import annotations

import asyncio

from mlabs_ext import wire
from mlabs_ext.service.model_upload import MAX_FILES, Arriving
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.form_handler import FormHandler
from mlabs_ext.service.web.multipart import Form
from mlabs_ext.service.web.requested import announced

# Seconds between two looks whether a model is converted.
LOOK = 0.2


class ModelFormHandler(FormHandler):
    """A handler whose POST is a form with the files of one model."""

    async def begin(self) -> None:
        """Take files from who may add a model, where there is room for them."""
        self.require_user()
        self.costs()
        await self.run(self.expect, announced(self.request.headers))
        media, limit = self.request.headers.get("Content-Type", ""), self.app.modelling.models.max_size
        self.form = Form(media, self._opened, limit, MAX_FILES)

    def expect(self, size: int) -> None:
        """Ask the rules; runs in a thread."""
        self.app.modelling.models.expect(self.viewer, size)

    def _opened(self, path: str) -> Arriving:
        return Arriving(path, self.app.blobs.writer())


async def settled(handler: BaseHandler, model: wire.Model, patience: float) -> wire.Model:
    """The version once it is ready or refused, or as it is after `patience` seconds."""
    place, clock = (model.owner, model.name, model.version), asyncio.get_running_loop().time
    until = clock() + patience
    while model.status in ("queued", "converting") and clock() < until:
        await asyncio.sleep(LOOK)
        model = await handler.run(handler.app.modelling.models.get, handler.viewer, *place)
    return model
