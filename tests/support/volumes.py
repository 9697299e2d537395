"""The volumes of an `mlabs up` of the tests: files are in its data directory, names would be left."""

from __future__ import annotations

import contextlib
from pathlib import Path

from mlabs_ext.up.data import DataDir
from mlabs_spawner import engine


def forget(data: Path) -> None:
    """Remove the volumes of this data directory."""
    prefix = DataDir(data).prefix()
    with contextlib.closing(engine.connect()) as client:
        for volume in client.volumes(filters={"name": f"{prefix}-home-"})["Volumes"] or []:
            client.remove_volume(volume["Name"])
