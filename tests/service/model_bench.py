"""All rules about models over one store, and the converter at hand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from support.models import RememberingConverter, doubling

from mlabs_ext import wire
from mlabs_ext.errors import MLabsError
from mlabs_ext.service.model_moderation import ModelModeration
from mlabs_ext.service.model_queue import ModelQueue
from mlabs_ext.service.model_shares import ModelShares
from mlabs_ext.service.model_upload import Stored
from mlabs_ext.service.models import Models

SHARED = ("store", "blobs", "catalogue", "addresses", "plans")


class Bench(SimpleNamespace):
    """The rules about models, and the converter at hand."""

    def stored(self, files: dict[str, bytes]) -> list[Stored]:
        return [Stored(name, self.blobs.put(data), len(data)) for name, data in files.items()]

    def create(self, viewer=None, files=None, key=None, **fields) -> wire.Model:
        made = wire.ModelCreate(**fields)
        return self.models.create(viewer or self.ada, made, self.stored(files or doubling()), key)

    def add(self, name: str, files: dict[str, bytes], viewer=None) -> wire.Model:
        fields = wire.ModelVersionCreate("New")
        return self.models.add_version(viewer or self.ada, "ada", name, fields, self.stored(files))

    async def convert(self, tmp_path) -> list[str]:
        """Convert all that waits; what became of each."""
        settled = []
        for number, job in enumerate(self.queue.claim(10)):
            target = tmp_path / f"{len(list(tmp_path.iterdir()))}-{number}"
            target.mkdir()
            files = {path: self.blobs.local_path(stored.digest) for path, stored in job.files.items()}
            try:
                self.queue.done(job, await RememberingConverter().convert(files, target), target)
            except MLabsError as error:
                self.queue.refused(job, error)
            settled.append(job.key)
        return settled


@pytest.fixture
def bench(rules) -> Bench:
    shared = {name: getattr(rules, name) for name in SHARED}
    kinds = {"models": Models, "queue": ModelQueue, "shares": ModelShares, "moderation": ModelModeration}
    return Bench(**vars(rules), **{name: kind(**shared) for name, kind in kinds.items()})
