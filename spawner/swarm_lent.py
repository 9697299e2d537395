"""Labs on machines that others lend to a Swarm: where they are placed, what they get, how files travel.

Such a machine has no homes. A lab's own files are fetched when it starts there, and sent back while it runs
and when it ends; nothing else of its user's home ever goes there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import traitlets
from docker.types import Mount
from jupyterhub.traitlets import ByteSpecification
from traitlets import Float, Instance, Integer, Unicode
from traitlets.config import LoggingConfigurable

from mlabs_ext import names
from mlabs_ext.accelerators import COMMUNITY, NONE
from mlabs_spawner import lent
from mlabs_spawner.beneath import Beneath
from mlabs_spawner.container import HOME
from mlabs_spawner.leases import Lease, Leases, default_directory
from mlabs_spawner.lent import Offer
from mlabs_spawner.options import Refused

if TYPE_CHECKING:
    from mlabs_spawner.environments import EnvironmentMixin as Host
else:
    Host = LoggingConfigurable

NOBODY_LENDS = (
    "No machine is lent to this MLabs right now. Choose the accelerator none on the lab's page, or try again "
    "later. Administrators lend one with: mlabs nodes lend NODE"
)
CARRIED = ["/opt/mlabs/bin/python", "-m", "mlabs_ext.lab.carried"]
# Seconds within which a server that fetches its files first has to answer.
PATIENCE = 600


class SwarmLent(Host):
    """The part of the Swarm spawner that says so."""

    community_files = ByteSpecification(
        "10G",
        help="""How large a lab's files may be to travel to a machine that is lent, and back. Default: 10G.
        Example::

            c.SwarmLent.community_files = "50G"
        """,
    ).tag(config=True)

    community_grace = Integer(
        120,
        help="""Seconds that a server on a lent machine has to end and send its files, before it is killed.
        What was not sent by then stays on that machine, and is sent when the lab comes there again. Default:
        120. Example::

            c.SwarmLent.community_grace = 600
        """,
    ).tag(config=True)

    community_interval = Float(
        5,
        min=0.1,
        help="""Seconds between two looks of a server on a lent machine for files that have changed: so much
        work is lost at most when that machine dies. Default: 5. Example::

            c.SwarmLent.community_interval = 1
        """,
    ).tag(config=True)

    leases = Unicode(
        help="""Where the hub notes which files servers on lent machines may fetch and send. Default: `leases`
        in `MLABS_DATA`, or in `mlabs-data` below the working directory. Example::

            c.SwarmLent.leases = "/var/lib/mlabs/leases"
        """,
    ).tag(config=True)

    offer = Instance(Offer, allow_none=True, help="What a lab on a lent machine gets.")
    homes: str

    @traitlets.default("leases")
    def _leases(self) -> str:
        return str(default_directory())

    @property
    def lent(self) -> bool:
        """Whether the server runs on a machine that somebody lends."""
        return self.choice is not None and self.choice.accelerator == COMMUNITY

    @property
    def variant(self) -> str:
        """The accelerator that the image is made for."""
        if not self.lent:
            return self.chosen.accelerator
        return "gpu" if self.offer and self.offer.gpu else NONE

    @property
    def grace(self) -> int:
        """Seconds for a server to end."""
        return self.community_grace if self.lent else self.stop_grace

    @property
    def constraints(self) -> list[str]:
        """On which nodes it may run: lent ones get what is chosen for them and no more, whatever is set."""
        own = self.placement.get(self.chosen.accelerator, [])
        return [*own, lent.ONLY_LENT if self.lent else lent.NEVER_LENT]

    async def take_offer(self) -> None:
        """See what machines are lent; raise Refused where none is, or the files cannot travel."""
        if not self.homes:
            raise Refused(
                "Files in volumes cannot travel to lent machines. Choose the accelerator none on the lab's "
                "page, or ask your administrator to set c.SwarmLabSpawner.homes.",
                503,
                "accelerator",
            )
        gpus = self.generic_resources.get("gpu", {}) if "gpu" in self.chosen_spec.accelerators else {}
        wanted = (self.cpu_limit, int(self.mem_limit), gpus)
        self.offer = await self.in_thread(lent.offer, self.client, *wanted)
        if self.offer is None:
            raise Refused(NOBODY_LENDS, 503, "accelerator")
        files = await self.in_thread(Beneath(str(self.home_path), 0).every, self.travels)
        if sum(stamp.size for stamp in files.values()) > self.community_files:
            raise Refused(
                f"The files of this lab are larger than the {self.community_files >> 20} MiB that travel to "
                "a lent machine. Remove what is not needed, or choose the accelerator none on its page.",
                413,
                "accelerator",
            )
        self.cpu_limit, self.mem_limit = self.offer.cpus, self.offer.memory

    @property
    def travels(self) -> list[str]:
        """What of the home goes along: the lab's folder, what was fetched into it, undelivered records."""
        lab = self.chosen.lab.rpartition("/")[2]
        return [lab, f".mlabs/files/{lab}.json", f".mlabs/outbox/{names.server_name(lab)}"]

    def lent_mount(self) -> Mount:
        """A volume for this server alone, which is empty unless files could not be sent."""
        labels = {"org.mlabs.lent": self.prefix}
        return Mount(str(HOME), f"{self.object_name}-files", type="volume", labels=labels)

    def lent_env(self) -> dict[str, str]:
        """What the server's files are fetched by."""
        where = Lease(str(self.home_path), self.travels, self.community_files)
        base = self.hub.base_url.removesuffix("hub/")
        return {
            "MLABS_FILES_URL": f"{self.url}{base}services/mlabs-files/",
            "MLABS_FILES_TOKEN": Leases(Path(self.leases)).grant(self.object_name, where),
            "MLABS_FILES_FOLDERS": json.dumps(self.travels),
            "MLABS_FILES_INTERVAL": str(self.community_interval),
            # Less than Swarm waits: the last word is its own.
            "MLABS_FILES_GRACE": str(max(1, self.community_grace - 2)),
        }

    def clear_state(self) -> None:
        """A server that is gone has nothing to send any more."""
        Leases(Path(self.leases)).end(self.object_name)
        self.offer = None
        super().clear_state()
