"""The datasets that labs use, over REST."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import Route, operation


class LabDataHandler(BaseHandler):
    """What a lab uses."""

    @operation("The datasets that a lab uses, as far as the asker may see them", answer=list[wire.LabDataset])
    async def get(self, owner: str, lab: str) -> None:
        """List."""
        self.answer_list(await self.run(self.app.lab_datasets.list, self.viewer, owner, lab), None)


class LabDatasetHandler(BaseHandler):
    """One of them."""

    @operation(
        "Have a lab use a dataset: its servers have it read-only, as data/{of}/{dataset} beside the notebook",
        body=wire.DataAttach,
        body_needed=False,
        answer=wire.LabDataset,
        access="write",
    )
    async def put(self, owner: str, lab: str, of: str, dataset: str) -> None:
        """Attach."""
        self.require_user()
        fields = self.optional_body(wire.DataAttach)
        rule = self.app.lab_datasets.attach
        self.answer(await self.run(rule, self.viewer, (owner, lab), (of, dataset), fields))

    @operation("Have a lab use a dataset no more", status=204, access="write")
    async def delete(self, owner: str, lab: str, of: str, dataset: str) -> None:
        """Detach."""
        self.require_user()
        await self.run(self.app.lab_datasets.detach, self.viewer, (owner, lab), (of, dataset))
        self.set_status(204)


CALLS = [
    Route("/labs/{owner}/{lab}/data", LabDataHandler),
    Route("/labs/{owner}/{lab}/data/{of}/{dataset}", LabDatasetHandler),
]
