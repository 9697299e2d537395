"""Datasets that are being made for notebooks here: of uploads, addresses and what runs made."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

from mlabs_ext.errors import MLabsError, NotFound, Unusable
from mlabs_ext.lab.client import DAY, Client
from mlabs_ext.wire import DataMake, Dataset, DatasetCreate, MadeData

KEPT = 100


class DataMaking:
    """Goes on while nobody looks: unpacking and fetching take minutes, and a tab may be closed meanwhile."""

    def __init__(self, client: Client):
        self._client = client
        self._made: dict[str, tuple[str, MadeData]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def of(self, path: str) -> list[MadeData]:
        """What is made for a notebook, and what was and nobody has taken note of yet."""
        return [made for at, made in self._made.values() if at == path]

    def begin(self, path: str, wish: DataMake) -> MadeData:
        """Begin to make a private dataset. Unusable where nothing says of what."""
        source = source_of(wish)
        if len(self._made) >= KEPT:
            raise Unusable("Very much is being made here already: wait for some of it.", "too_many_makings")
        made = MadeData(uuid4().hex, wish.title, source, "making", datetime.now(UTC))
        self._made[made.id] = path, made
        task = asyncio.create_task(self._make(made, wish))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return made

    def forget(self, id: str) -> None:
        """Somebody has taken note of it; what is still being made is made all the same."""
        if self._made.pop(id, None) is None:
            raise NotFound("That is not being made here any more.", "making_not_found")

    async def close(self) -> None:
        """Wait for nothing."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _make(self, made: MadeData, wish: DataMake) -> None:
        create = DatasetCreate(
            title=wish.title, license=wish.license, visibility="private", uploads=wish.uploads, url=wish.url,
            run=wish.run, paths=wish.paths,
        )  # fmt: skip
        try:
            found = await self._client.send("POST", "datasets", create, Dataset, made.id, timeout=DAY)
        except MLabsError as error:
            made.state, made.code, made.message = "failed", error.code, error.message
        else:
            made.state, made.dataset = "made", f"{found.owner}/{found.name}"


def source_of(wish: DataMake) -> str:
    """What it is made of, in words."""
    given = [name for name in ("uploads", "url", "run") if getattr(wish, name)]
    if len(given) != 1:
        raise Unusable("Say of what: give `uploads`, `url` or `run`, and one of them.", "source_missing")
    if wish.uploads:
        return "1 file" if len(wish.uploads) == 1 else f"{len(wish.uploads)} files"
    return wish.url or f"run {wish.run}"
