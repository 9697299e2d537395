"""What is fetched from the service for a lab when its server starts, as soon as the service answers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from traitlets import Instance
from traitlets.config import LoggingConfigurable

from mlabs_ext import names
from mlabs_ext.errors import MLabsError, Unavailable
from mlabs_ext.lab.client import Client, lab_path
from mlabs_ext.wire import Lab


class Providing(LoggingConfigurable):
    """Fetches once; what is there stays as it is. `what` names it in the log."""

    client = Instance(Client)
    root = Instance(Path)
    what = "what belongs to"

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.lock = asyncio.Lock()
        self.pause = 10.0

    async def keep_trying(self, reference: str) -> None:
        """Provide what a lab needs, as soon as the service answers."""
        while reference and not await self.attempt(reference):
            await asyncio.sleep(self.pause)

    async def attempt(self, reference: str) -> bool:
        """Provide it; False where that may succeed later. A lab without it works all the same."""
        try:
            lab = await self.client.get(lab_path(*names.split_lab(reference)), Lab)
            async with self.lock:
                await self.provide(lab)
        except (Unavailable, OSError) as error:
            self.log.info("MLabs: %s %s: it waits: %s", self.what, reference, error)
            return False
        except MLabsError as error:
            self.log.warning("MLabs: %s %s cannot be had: %s", self.what, reference, error.message)
        return True

    async def provide(self, lab: Lab) -> None:
        """Return when what the lab needs is there."""
        raise NotImplementedError

    def folder_of(self, lab: Lab) -> Path:
        """The folder of the lab's notebook."""
        return self.root / Path(names.notebook_path(lab.name)).parent
