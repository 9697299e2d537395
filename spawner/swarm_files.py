"""The files that a server in a Swarm sees: its user's, the datasets, and what it may write beside them."""

from __future__ import annotations

import os
from pathlib import Path

from docker.types import DriverConfig, Mount

from mlabs_spawner import objects
from mlabs_spawner.container import DATA, HOME, TMP
from mlabs_spawner.homes import OWNER, folder
from mlabs_spawner.options import Refused
from mlabs_spawner.swarm_lent import SwarmLent

MEBIBYTE = 1 << 20


class SwarmFiles(SwarmLent):
    """The part of the Swarm spawner that says so; its settings are the spawner's."""

    @property
    def mounts(self) -> list[Mount]:
        """The user's files, and the datasets for reading."""
        mounts = [self.lent_mount() if self.lent else self.home_mount()]
        if self.data_folder:
            mounts.append(Mount(DATA, str(Path(self.data_folder).absolute()), type="bind", read_only=True))
        else:
            # The server puts links to those here that it fetches.
            mounts.append(Mount(DATA, None, type="tmpfs", tmpfs_size=MEBIBYTE, tmpfs_mode=0o1777))
        return mounts

    def home_mount(self) -> Mount:
        """The user's files: a folder that all nodes share, or a volume of a driver."""
        if self.homes:
            return Mount(str(HOME), str(self.home_path), type="bind")
        names = {"home": folder(self.user.name)}
        options = {key: value.format(**names) for key, value in self.volume_driver_options.items()}
        driver = DriverConfig(self.volume_driver or "local", options)
        volume = objects.home_object(self.user.name).replace("mlabs", self.prefix, 1)
        return Mount(str(HOME), volume, type="volume", driver_config=driver)

    def scratch(self) -> list[Mount]:
        """What a read-only container may write; volumes without a name go with it."""
        memory = {"/run": 16 * MEBIBYTE, "/dev/shm": self.shared_memory}  # noqa: S108
        sized = [
            Mount(path, None, type="tmpfs", tmpfs_size=size, tmpfs_mode=0o1777)
            for path, size in memory.items()
        ]
        return [*sized, *(Mount(path, None, type="volume") for path in (TMP, "/var/tmp"))]  # noqa: S108

    @property
    def home_path(self) -> Path:
        """The user's folder among the homes."""
        return Path(self.homes).absolute() / folder(self.user.name)

    def make_home(self) -> None:
        """Make the user's folder: Swarm mounts only what exists."""
        if not self.homes:
            return
        try:
            self.home_path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.home_path.stat().st_uid != OWNER:
                os.chown(self.home_path, OWNER, OWNER)
        except OSError as error:
            how = f"The hub has to be root's, or the user {OWNER}'s, whose homes are."
            self.log.error("The home of %s cannot be made: %s. %s", self.user.name, error, how)
            raise Refused(
                "Your files cannot be reached right now. The hub's log says why.", 503, "home"
            ) from error
