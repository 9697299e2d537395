"""A spawner that starts nothing, and what JupyterHub hands to it."""

from __future__ import annotations

from typing import Any

from jupyterhub.spawner import Spawner

from mlabs_spawner.environments import EnvironmentMixin


class Upstream(Spawner):
    async def start(self) -> tuple[str, int]:
        return "127.0.0.1", 1

    async def stop(self, now: bool = False) -> None:
        pass

    async def poll(self) -> int:
        return 0


class Bare(EnvironmentMixin, Upstream):
    pass


async def start(spawner: Bare, options: dict[str, Any]) -> None:
    await spawner._run_apply_user_options(options)
