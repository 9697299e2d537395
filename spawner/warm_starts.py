"""Docker servers that start in a container which waits, where there is one that would be just as good."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mlabs_spawner import warm_claim
from mlabs_spawner.container import LabContainer
from mlabs_spawner.environments import EnvironmentMixin, at_most
from mlabs_spawner.options import Choice
from mlabs_spawner.warm import WarmPool

if TYPE_CHECKING:

    class Host(EnvironmentMixin, LabContainer):
        """What it is put before."""
else:
    Host = object


class Nobody:
    """The user of a container that waits."""

    name = escaped_name = "nobody"
    admin, groups, url = False, (), "/user/nobody/"


class WarmStarts(Host):
    """Before a Docker spawner: where a container waits that would be just as good, a start takes that one."""

    # What the container that was taken must be told, until it was; and when it was taken, since the time that
    # it waited is nobody's.
    untold: dict[str, Any] | None = None
    taken_at: float | None = None

    def begin(self) -> None:
        """Fill the pool as soon as the hub is up."""
        super().begin()
        WarmPool.of(self)

    async def docker(self, method: str, *arguments: Any, **options: Any) -> Any:
        """Where a container is about to be created, see whether one waits."""
        if method == "create_container":
            self.untold = self.taken_at = None
            if self.chosen.accelerator == "none" and (pool := WarmPool.of(self)).sizes:
                taken = await pool.claim(self.chosen.environment, options)
                if taken:
                    self.untold, self.taken_at = options, time.time()
                    return {"Id": taken}
        return await super().docker(method, *arguments, **options)

    async def start_object(self) -> None:
        """Start what was created, or tell the one that waited whose it is."""
        if self.untold is None:
            await super().start_object()
            return
        told, self.untold = self.untold, None
        await self.in_thread(warm_claim.tell, self.client, self.object_id, told)

    async def describe(self, environment: str) -> dict[str, Any]:
        """What a container for nobody in particular would be made of."""
        self.spec = spec = self.catalogue.check(environment, "none")
        self.choice = Choice("", environment, "none")
        self.mem_limit = at_most(self.max_memory, spec.resources.memory_bytes)
        self.cpu_limit = at_most(self.max_cpus, spec.resources.cpus)
        self.found_image = image = await self.find_image()
        self.place = await self.in_thread(self.network.ready, self.client, image.id)
        found: dict[str, Any] = {}

        async def docker(method: str, *arguments: Any, **options: Any) -> Any:
            found.update(options)

        own: dict[str, Any] = {"docker": docker, "get_env": dict, "get_args": list}
        for name, stand_in in own.items():
            setattr(self, name, stand_in)
        try:
            # Not a subclass's own: it would make what belongs to a user.
            await LabContainer.create_object(self)
        finally:
            for name in own:
                delattr(self, name)
        return found

    def for_nobody(self) -> Any:
        """A spawner with the same configuration, which only describes."""
        return type(self)(user=Nobody(), hub=self.hub, config=self.config, log=self.log)
