"""What the hub does when it starts, before anybody comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from jupyterhub.app import JupyterHub

from mlabs_spawner.metered import Metered
from mlabs_spawner.tokens import forget_exchanged

# A task that nobody holds may vanish.
BEGUN: list[asyncio.Task[None]] = []


def begin_with_hub(*also: Callable[[JupyterHub], object]) -> None:
    """For JupyterHub's configuration file: have spawners begin before anybody comes, and do that `also`."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        # Other programs than the hub read that file too.
        return
    BEGUN.append(loop.create_task(begin_when_up(*also)))


async def begin_when_up(*also: Callable[[JupyterHub], object]) -> None:
    """Wait for the hub, which finds the running servers again before it listens; then begin."""
    app = JupyterHub.instance()
    while getattr(app, "http_server", None) is None:
        await asyncio.sleep(0.2)
    for each in also:
        each(app)
    if gone := forget_exchanged(app):
        app.log.info("%d tokens that services had earlier open nothing any more", gone)
    if issubclass(app.spawner_class, Metered):
        app.spawner_class(hub=app.hub, config=app.config, log=app.log).begin()
