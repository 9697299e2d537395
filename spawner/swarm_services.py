"""How a server that is a Swarm service is started, found, watched and removed."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

from docker.errors import NotFound
from dockerspawner import SwarmSpawner

from mlabs_spawner import engine, swarm_tasks
from mlabs_spawner.options import Refused


class SwarmServices(SwarmSpawner):
    """One service of one task for each server; upstream's, with ports in host mode and dead nodes noticed.

    A subclass makes the service in `create_object`, named `object_name`, and has `report`, `grace` and
    `how_to_provide`.
    """

    async def start_object(self) -> None:
        """Return when the task runs; say what it waits for."""
        while True:
            task = await self.get_task()
            if task:
                self.report(*swarm_tasks.waiting_for(task, self.image))
                if swarm_tasks.state(task) == "running" and task["Status"].get("PortStatus"):
                    return
                if swarm_tasks.state(task) in swarm_tasks.ENDED:
                    raise await self.failure(task)
            elif await self.get_object() is None:
                raise Refused("The server was stopped while it started.", 409, "engine")
            await asyncio.sleep(0.3)

    async def failure(self, task: dict[str, Any]) -> Exception:
        """Why a task ended before it ran; its service is removed."""
        node = await self.get_node(task)
        await self.remove_object()
        return swarm_tasks.failure(task, node, self.image, self.how_to_provide())

    async def get_task(self) -> dict[str, Any] | None:
        """The service's task; None where there is no service, or no task yet."""
        try:
            return swarm_tasks.newest(await self.docker("tasks", filters={"service": self.object_name}))
        except NotFound:
            return None

    async def get_node(self, task: dict[str, Any]) -> dict[str, Any] | None:
        """The node that a task is on; None where it was removed, or not chosen yet."""
        if not task.get("NodeID"):
            return None
        try:
            return await self.docker("inspect_node", task["NodeID"])
        except NotFound:
            return None

    async def get_ip_and_port(self) -> tuple[str, int]:
        """Where the task's node publishes the server."""
        task = await self.get_task()
        node = task and await self.get_node(task)
        if not task or not node:
            raise Refused("The server was stopped while it started.", 409, "engine")
        return swarm_tasks.address(task, node, self.port)

    async def poll(self) -> int | str | None:
        """None while it runs or is being started; else how it ended. What ended is cleared away."""
        if self._start_pending:
            return None
        try:
            task = await self.get_task()
            status = swarm_tasks.exit_status(task, task and await self.get_node(task))
            if task and status is not None:
                self.log.warning("Server %s ended: %s", self.object_name, status)
                self.ended = swarm_tasks.since(task)
                await self.remove_object()
        except engine.FAILURES as error:
            # Servers may well run on; those that do not are found when the manager is back, or has a leader.
            self.log.warning("The Swarm manager does not say whether %s runs: %s", self._log_name, error)
            return None
        return status

    async def stop(self, now: bool = False) -> None:
        """Remove the service, and wait until its container is gone: two must not share a server's files."""
        task = await self.get_task()
        await self.remove_object()
        self.object_id = ""
        deadline = time.monotonic() + self.grace + 10
        while task and time.monotonic() < deadline and not await self.is_over(task):
            await asyncio.sleep(0.2)
        self.clear_state()

    async def is_over(self, task: dict[str, Any]) -> bool:
        """Whether nothing of a removed service's task runs any more."""
        try:
            now = await self.docker("inspect_task", task["ID"])
        except NotFound:
            return True
        return swarm_tasks.exit_status(now, await self.get_node(now)) is not None

    async def remove_object(self) -> None:
        """Remove the service, if it is there."""
        await self.remove_found(self.object_name)

    async def found_servers(self) -> dict[str, str]:
        """The names of all servers' services of this MLabs, by their ids."""
        listed = await self.docker("services", filters={"label": f"org.mlabs.instance={self.prefix}"})
        return {one["ID"]: one["Spec"]["Name"] for one in listed}

    async def remove_found(self, service: str) -> None:
        """Remove a service, if it is there."""
        with suppress(NotFound):
            await self.docker("remove_service", service)
