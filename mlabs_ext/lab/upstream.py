"""What a front end asks about the original of a notebook's lab: what is new, a merge, and proposing back."""

from __future__ import annotations

from uuid import uuid4

from mlabs_ext import names
from mlabs_ext.errors import NotFound, Unusable
from mlabs_ext.lab.client import Client, lab_path
from mlabs_ext.lab.labs import Labs
from mlabs_ext.wire import (
    Lab,
    MergeRequest,
    NotebookUpstream,
    Proposal,
    ProposalCreate,
    ProposeRequest,
    Upstream,
    UpstreamMerge,
)


class Upstreams:
    """Asks the service, as this server's owner, about the lab that a notebook belongs to."""

    def __init__(self, client: Client, labs: Labs):
        self._client = client
        self._labs = labs

    async def look(self, path: str) -> NotebookUpstream:
        """What is new in the original; nothing where the notebook belongs to no fork of a lab to be seen."""
        try:
            lab = await self._labs.of(path)
            if lab.version == 0 or lab.forked_from is None:
                return NotebookUpstream(None)
            found = await self._client.get(lab_path(lab.owner, lab.name, "upstream"), Upstream)
        except NotFound:
            return NotebookUpstream(None)
        return NotebookUpstream(found)

    async def merge(self, path: str, request: MergeRequest) -> UpstreamMerge:
        """What the notebook, as the front end has it, is with what the original changed."""
        lab = await self._fork(path)
        at = lab_path(lab.owner, lab.name, "upstream", "merge")
        return await self._client.send("POST", at, request, UpstreamMerge)

    async def propose(self, path: str, request: ProposeRequest) -> Proposal:
        """Offer the latest published version to the original."""
        lab = await self._fork(path)
        found = await self._client.get(lab_path(lab.owner, lab.name, "upstream"), Upstream)
        create = ProposalCreate(f"{lab.owner}/{lab.name}", request.title, request.message, lab.version)
        at = lab_path(*names.split_lab(found.lab), "proposals")
        return await self._client.send("POST", at, create, Proposal, str(uuid4()))

    async def _fork(self, path: str) -> Lab:
        lab = await self._labs.of(path)
        if lab.forked_from is None:
            raise Unusable(f"{lab.owner}/{lab.name} is no fork: there is no original.", "not_a_fork")
        return lab
