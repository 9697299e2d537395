"""What a fork and its original have to do with each other, over REST."""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from mlabs_ext import wire
from mlabs_ext.errors import Conflict
from mlabs_ext.notebook import set_upstream
from mlabs_ext.service.comparisons import facts
from mlabs_ext.service.idempotency import Key
from mlabs_ext.service.upstreams import Sides
from mlabs_ext.service.web.api.fields import notebook_text
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import Route, operation
from mlabs_ext.wire.comparisons import Comparison


async def merged(
    handler: BaseHandler,
    owner: str,
    lab: str,
    choices: dict[str, wire.MergeChoice] | None = None,
    version: int | None = None,
    into: int | None = None,
    notebook: bytes | None = None,
) -> tuple[Sides, wire.Merged]:
    """Work out what a fork is with what its original has changed; nothing is stored."""
    handler.costs()
    rule = handler.app.upstreams.sides
    sides = await handler.run(rule, handler.viewer, owner, lab, version, into, notebook)
    found = await handler.app.differ.merge(*sides.notebooks, choices)
    set_upstream(found.notebook, sides.lab, sides.version)
    return sides, found


async def pulled(
    handler: BaseHandler, owner: str, lab: str, asked: wire.PullRequest, key: Key | None
) -> tuple[wire.Version, bool]:
    """Publish a merge as the fork's next version; Conflict where somebody has to choose yet, and the latest
    version and False where there is nothing new.
    """
    app, viewer = handler.app, handler.viewer
    answered = await handler.run(app.upstreams.may_pull, viewer, owner, lab, handler.if_match, key)
    if answered is not None:
        return answered
    sides, found = await merged(handler, owner, lab, asked.choices, asked.version, asked.into)
    if sides.version <= sides.base:
        return await handler.run(app.versions.get, viewer, owner, lab, "latest"), False
    need_choices(found)
    message = asked.message or f"Took in version {sides.version} of the original"
    given = wire.VersionCreate(message=message), msgspec.json.encode(found.notebook), sides.etag, key
    version, created = await handler.run(app.versions.add, viewer, owner, lab, *given)
    app.ahead.render(version.notebook_sha256)
    return version, created


def need_choices(found: wire.Merged) -> None:
    """Go on only with a merge that leaves nothing to choose."""
    if found.conflicts:
        left = {"conflicts": [conflict.id for conflict in found.conflicts]}
        reason = "Both sides changed the same: choose for each such cell what it is to be."
        raise Conflict(reason, "merge_conflicts", left)


async def compared_with_upstream(handler: BaseHandler, owner: str, lab: str) -> Comparison:
    """What a fork's latest version differs in from its original's."""
    handler.costs()
    first, second = await handler.run(handler.app.comparisons.with_original, handler.viewer, owner, lab)
    found = await handler.app.differ.difference(first.notebook, second.notebook, code_only=False)
    return Comparison(first.shown, second.shown, found.diff, found.cells, **facts(first, second))


class UpstreamHandler(BaseHandler):
    """A fork's original."""

    @operation("What a fork's original has that the fork has not", answer=wire.Upstream)
    async def get(self, owner: str, lab: str) -> None:
        """Look."""
        self.answer(await self.run(self.app.upstreams.get, self.viewer, owner, lab))


class UpstreamCompareHandler(BaseHandler):
    """Both."""

    @operation(
        "What the latest version of a fork differs in from the latest of its original", answer=Comparison
    )
    async def get(self, owner: str, lab: str) -> None:
        """Compare."""
        self.answer(await compared_with_upstream(self, owner, lab))


class UpstreamMergeHandler(BaseHandler):
    """A merge that changes nothing."""

    @operation(
        "Work out a three-way merge of a fork, or of the notebook sent along, with its original",
        body=wire.MergeRequest,
        answer=wire.UpstreamMerge,
        access="read",
    )
    async def post(self, owner: str, lab: str) -> None:
        """Merge."""
        self.require_user()
        asked = self.body(wire.MergeRequest)
        notebook = None if asked.notebook is UNSET else notebook_text(asked.notebook)
        sides, found = await merged(self, owner, lab, asked.choices, version=asked.version, notebook=notebook)
        self.answer(wire.UpstreamMerge(sides.lab, sides.base, sides.version, sides.into, found))


class PullHandler(BaseHandler):
    """A merge that becomes a version."""

    @operation(
        "Take what a fork's original changed into a new version; 409 with the conflicts that are left, 200 "
        "with the latest version where there is nothing new",
        body=wire.PullRequest,
        body_needed=False,
        answer=wire.Version,
        status=201,
        other_statuses=(200,),
        access="write",
        idempotent=True,
        conditional=True,
    )
    async def post(self, owner: str, lab: str) -> None:
        """Pull."""
        self.require_user()
        asked = self.optional_body(wire.PullRequest)
        version, created = await pulled(self, owner, lab, asked, self.idempotency_key())
        self.answer(version, 201 if created else 200, location=version.url)


CALLS = [
    Route("/labs/{owner}/{lab}/upstream", UpstreamHandler),
    Route("/labs/{owner}/{lab}/upstream/compare", UpstreamCompareHandler),
    Route("/labs/{owner}/{lab}/upstream/merge", UpstreamMergeHandler),
    Route("/labs/{owner}/{lab}/upstream/pull", PullHandler),
]
