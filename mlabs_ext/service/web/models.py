"""Serves the files of models: what `tf.loadLayersModel` loads, on other sites as well."""

from __future__ import annotations

from mlabs_ext.service.web.files import FileHandler
from mlabs_ext.service.web.requested import version_number

MODEL = r"([^/]+)/([a-z0-9-]{1,60})"


class ModelFile(FileHandler):
    """`BASE/models/{owner}/{model}/{version|latest}/{path}`."""

    async def get(self, owner: str, model: str, which: str, path: str) -> None:
        """Send it."""
        number = version_number(which)
        asset, public = await self.public_first(self.app.modelling.models.file, owner, model, number, path)
        await self.send_file(asset, public, number != "latest")


ROUTES = [(rf"models/{MODEL}/(latest|[1-9][0-9]{{0,8}})/(.+)", ModelFile)]
