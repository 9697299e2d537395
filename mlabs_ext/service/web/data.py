"""Serves files of datasets as raw files: what notebooks, front ends and the trainer load."""

from __future__ import annotations

from mlabs_ext.service.web.files import FileHandler


class DataFile(FileHandler):
    """`BASE/data/{owner}/{dataset}/{version|latest}/{path}`."""

    async def get(self, owner: str, dataset: str, which: str, path: str) -> None:
        """Send it."""
        found, public = await self.public_first(self.app.datasets.file, owner, dataset, which, path)
        await self.send_file(found.asset, public, found.fixed)


ROUTES = [(r"data/([^/]+)/([a-z0-9-]{1,60})/(latest|[0-9]{1,9})/(.+)", DataFile)]
