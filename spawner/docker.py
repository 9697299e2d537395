"""Servers as Docker containers: each lab in an image of the catalogue, apart from all others."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable
from typing import Any

from traitlets import Float, Integer

from mlabs_spawner import engine, processes, volumes
from mlabs_spawner.container import HOME, Image, LabContainer
from mlabs_spawner.environments import EnvironmentMixin
from mlabs_spawner.homes import Home
from mlabs_spawner.leftovers import Leftovers
from mlabs_spawner.network import NetworkFailed
from mlabs_spawner.options import Refused
from mlabs_spawner.tagged import GONE
from mlabs_spawner.warm_starts import WarmStarts

PINNED = re.compile(r"(?P<repository>[a-z0-9][a-z0-9./-]*)@(?P<id>sha256:[0-9a-f]{64})")


class DockerLabSpawner(WarmStarts, EnvironmentMixin, LabContainer):
    """Runs JupyterLab and its kernels in a container of the lab's environment; a waiting one if there is."""

    start_timeout = Integer(
        300,
        help="""Seconds that a start may take, beside the wait for an accelerator. Default: 300. Example::

            c.DockerLabSpawner.start_timeout = 600
        """,
    ).tag(config=True)

    began = Float(None, allow_none=True, help="When the container began, in seconds since 1970.")
    ended = Float(None, allow_none=True, help="When it ended.")

    def begin(self) -> None:
        """Clear away what a crash left, beside what else is done when the hub is up."""
        super().begin()
        Leftovers(self, config=self.config, log=self.log).begin()

    async def start(self) -> tuple[str, int]:
        """Make the container and start it; return when its server takes connections."""
        self.began = self.ended = None
        try:
            self.report("Looking for the environment's image", 10)
            self.found_image = await self.find_image()
            self.image = self.found_image.reference
            where = await super().start()
            self.report("Waiting for JupyterLab", 70)
            await self.wait_until_it_listens(*where)
        except NetworkFailed as failure:
            raise Refused(str(failure), 503, "network") from failure
        except engine.FAILURES as failure:
            self.log.exception("The engine failed the start of %s", self._log_name)
            raise engine.refused(failure) from failure
        self.report("Opening the notebook", 95)
        return where

    async def find_image(self) -> Image:
        """The image that the lab is pinned to, if it is here, else the environment's own; raise Refused."""
        if self.pinned:
            pinned = await self.pinned_image(self.pinned)
            if pinned:
                return pinned
            self.report(GONE, 15)
        name = self.chosen_spec.image(self.chosen.accelerator)
        found = await self.inspect_image(name)
        if found is None:
            raise Refused(self.how_to_build(), 503, "image")
        return Image.of(name.rpartition(":")[0], found)

    def how_to_build(self) -> str:
        """What is told where the environment has no image."""
        accelerator = self.chosen.accelerator
        variant = "" if accelerator == "none" else f" --accelerator {accelerator}"
        return (
            f"The image of {self.chosen_spec.title} is not on this machine. Its administrator can build it:\n"
            f"mlabs images build {self.chosen_spec.name}{variant}"
        )

    async def pinned_image(self, reference: str) -> Image | None:
        """The image of that reference, if it is here and is one of this very environment."""
        match = PINNED.fullmatch(reference)
        found = await self.inspect_image(match["id"]) if match else None
        if not match or not found:
            return None
        labels = engine.image_labels(found)
        wanted = (self.chosen_spec.name, self.chosen.accelerator)
        if (labels.get("org.mlabs.environment"), labels.get("org.mlabs.accelerator")) != wanted:
            self.log.warning("%s is not an image of %s", reference, self.chosen_spec.name)
            return None
        return Image.of(match["repository"], found)

    async def inspect_image(self, name: str) -> dict[str, Any] | None:
        """What the engine says of an image; None where it has none of that name."""
        try:
            return await self.docker("inspect_image", name)
        except engine.NotFound:
            return None

    async def pull_image(self, image: str) -> None:
        """Nothing: the image is here, or the start was refused."""

    async def get_command(self) -> list[str]:
        """What the image runs, with our arguments."""
        return [*(self.cmd or self.own_image.command), *self.get_args()]

    async def create_object(self) -> dict[str, Any]:
        """Create the container, in a network whose rules hold, with the user's volume."""
        self.report("Creating the container", 30)
        self.place = await self.in_thread(self.network.ready, self.client, self.own_image.id)
        await self.in_thread(volumes.provide, self.client, self.volume, self.homes, self.user.name)
        return await super().create_object()

    async def remove_object(self) -> None:
        """Remove the container, running or not, and its own volumes."""
        await self.remove_found(self.object_id)

    async def start_object(self) -> None:
        """Start what was created."""
        self.report("Starting the container", 50)
        await super().start_object()

    async def wait_until_it_listens(self, ip: str, port: int) -> None:
        """Return when the server takes connections; raise Refused with its last words when it ends before."""
        look = time.monotonic()
        while not await soon(processes.listens(ip, port)):
            # Every try costs little, every question to the engine more.
            if time.monotonic() >= look:
                await self.must_run()
                look = time.monotonic() + 0.5
            await asyncio.sleep(0.02)

    async def must_run(self) -> None:
        """Raise Refused where the container has ended."""
        container = await self.get_object()
        if container is None or not container["State"]["Running"]:
            last = await self.last_words() if container else "(the container is gone)"
            raise Refused(f"The server ended while it started. Its last words:\n{last}", 500, "exited")

    async def last_words(self, lines: int = 8) -> str:
        """The end of the container's output."""
        said = await self.docker("logs", self.object_id, tail=lines)
        return said.decode(errors="replace").strip()

    def get_env(self) -> dict[str, str]:
        """Hub and service are reached through the network's door; files are in the user's volume."""
        env = super().get_env()
        door, base = self.network.url(self.own_place), self.hub.base_url
        env["JUPYTERHUB_API_URL"] = f"{door}{base}api"
        env["JUPYTERHUB_ACTIVITY_URL"] = f"{door}{base}api/users/{self.user.escaped_name}/activity"
        env["MLABS_SERVICE_URL"] = f"{door}{base.removesuffix('hub/')}services/mlabs/"
        # Some images show all GPUs to whoever says nothing.
        env["NVIDIA_VISIBLE_DEVICES"] = ",".join(self.device_ids) or "void"
        return env | Home(HOME, self.name).variables()

    async def get_object(self) -> dict[str, Any] | None:
        """The container as the engine describes it; None where there is none."""
        try:
            found = await self.docker("inspect_container", self.object_name)
        except engine.NotFound:
            self.object_id = ""
            return None
        self.object_id = found["Id"]
        self.began = engine.moment(found["State"].get("StartedAt"))
        self.ended = None if found["State"]["Running"] else engine.moment(found["State"].get("FinishedAt"))
        return found

    async def started_at(self) -> float | None:
        """When the container began, by the engine's clock; one that waited became the user's later."""
        await self.get_object()
        return self.taken_at or self.began

    async def ended_at(self) -> float | None:
        """When the container ended, by the engine's clock."""
        return self.ended

    async def poll(self) -> Any:
        """None while it runs or is being started, else how it ended; what ended is removed."""
        if self._start_pending:
            return None
        try:
            status = await super().poll()
            if status is not None and self.object_id:
                await self.remove_object()
                self.object_id = ""
        except engine.FAILURES as failure:
            # The container may well run on; if it does not, that is found when the engine is back.
            self.log.warning("Docker does not say whether %s runs: %s", self._log_name, failure)
            return None
        return status

    async def drop(self) -> None:
        """Remove the container, which has nothing to save yet."""
        await self.remove_object()
        self.object_id = ""

    async def stop(self, now: bool = False) -> None:
        """End the server and remove its container."""
        if not self.object_id:
            return
        try:
            await super().stop(now)
        except engine.FAILURES as failure:
            raise engine.refused(failure) from failure


async def soon(answer: Awaitable[bool]) -> bool:
    """The answer, False where it takes long: an address without a container is silent for seconds."""
    try:
        async with asyncio.timeout(1):
            return await answer
    except TimeoutError:
        return False
