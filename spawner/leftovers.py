"""Servers in the engine that no hub knows of: left by a start that was cut short, found and removed."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyterhub.app import JupyterHub
from traitlets import Float
from traitlets.config import LoggingConfigurable

from mlabs_spawner import engine


class Leftovers(LoggingConfigurable):
    """Looks for what a hub that crashed left, and for what came when its start had been given up.

    The names of what belongs to a server follow from its user's and its own, so whatever is there and
    belongs to no server that runs, or is being started or stopped, is nobody's.
    """

    interval = Float(
        60,
        help="""Seconds between two looks for containers, or services of a Swarm, that belong to no server of
        the hub; they are removed. 0: one look, when the hub starts. Default: 60. Example::

            c.Leftovers.interval = 600
        """,
    ).tag(config=True)

    task: asyncio.Task[None] | None = None

    def __init__(self, spawner: Any, **traits: Any):
        super().__init__(**traits)
        # A spawner of nobody's, which knows what is in the engine.
        self.spawner = spawner

    def begin(self) -> None:
        """Look in the background, from now on."""
        self.task = asyncio.get_running_loop().create_task(self.run())

    async def run(self) -> None:
        """Look again and again."""
        while True:
            try:
                await self.remove()
            except engine.FAILURES as failure:
                self.log.warning("What crashes may have left could not be looked for: %s", failure)
            if not self.interval:
                return
            await asyncio.sleep(self.interval)

    async def remove(self) -> None:
        """Remove what belongs to no server.

        First it is listed, then seen who holds what: a server that is started meanwhile is spared, and so is
        what it makes, which has another id.
        """
        found = await self.spawner.found_servers()
        held = names_held()
        for one, name in found.items():
            if name not in held:
                self.log.warning("Removing %s, which belongs to no server", name)
                await self.spawner.remove_found(one)


def names_held() -> set[str]:
    """The names of what belongs to servers that run, or are being started, stopped or looked for."""
    users = JupyterHub.instance().users.values()
    return {one.object_name for user in users for one in user.spawners.values() if one.active}
