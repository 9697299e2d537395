"""The runs of a notebook: those the service knows, and those that are still on their way to it."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from mlabs_ext import names
from mlabs_ext.errors import NotFound, Unavailable
from mlabs_ext.lab.client import Client, lab_path
from mlabs_ext.lab.kept import Kept
from mlabs_ext.lab.notebooks import Notebooks
from mlabs_ext.lab.outbox import Outbox
from mlabs_ext.wire import Run, RunPage


class Page(msgspec.Struct):
    """A list as the service answers it."""

    items: list[Run]
    next: str | None = None


class Wanted(NamedTuple):
    """Which runs are asked for; all where nothing is said."""

    status: str | None = None
    kind: str | None = None

    def fits(self, run: Run) -> bool:
        """Whether a run is one of them."""
        return self.status in (None, run.status) and self.kind in (None, run.kind)


ALL = Wanted()


class History:
    """Merges two sources, so that a run shows at once, also while the service is down."""

    def __init__(self, client: Client, notebooks: Notebooks, outbox: Outbox, owner: str):
        self._client = client
        self._notebooks = notebooks
        self._outbox = outbox
        self._owner = owner
        # A path, as the browser may reach the service at another address than this server does.
        self._base = urlsplit(client.url).path

    async def page(self, path: str, limit: int, cursor: str | None, wanted: Wanted = ALL) -> RunPage:
        """A page of the runs of the notebook at `path`, newest first."""
        lab = await self._notebooks.lab_of(path)
        if lab is None:
            return RunPage([], None)
        here = {kept.create.id: kept for kept in self._outbox.runs.values() if kept.create.lab == lab}
        page = await self._from_service(lab, limit, cursor, wanted)
        items = [self._merged(run, here.pop(run.id)) if run.id in here else run for run in page.items]
        if cursor is None:
            items += [self._local(kept) for kept in here.values() if not known(kept, page)]
        items = [run for run in items if wanted.fits(run)]
        items.sort(key=lambda run: (run.started, run.id), reverse=True)
        return msgspec.structs.replace(page, items=items)

    async def _from_service(self, lab: str, limit: int, cursor: str | None, wanted: Wanted) -> RunPage:
        path = lab_path(*names.split_lab(lab), "runs")
        try:
            found = await self._client.get(path, Page, limit=limit, cursor=cursor, **wanted._asdict())
        except NotFound:
            return RunPage([], None)
        except Unavailable as error:
            return RunPage([], None, error.message)
        return RunPage(found.items, found.next)

    def _local(self, kept: Kept) -> Run:
        run = kept.summary.run(kept.create, self._owner, self._base)
        return msgspec.structs.replace(run, watching=kept.watching)

    def _merged(self, run: Run, kept: Kept) -> Run:
        """The service's record, as of the newest event here."""
        if kept.partial:
            return run
        mine = self._local(kept)
        newer = {
            field: getattr(mine, field) for field in ("status", "busy", "ended", "duration", "cells", "error")
        }
        newer["metrics"] = run.metrics | mine.metrics
        return msgspec.structs.replace(run, **newer)


def known(kept: Kept, page: RunPage) -> bool:
    """Whether the run is on a later page of the service's list."""
    return kept.registered and page.next is not None and kept.create.started < page.items[-1].started
