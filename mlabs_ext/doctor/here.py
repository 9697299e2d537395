"""The installation that is looked at: where it is, how it is set, and whether it runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import psutil
from traitlets.config.loader import Config, LazyConfigValue

from mlabs_ext.catalogue import Catalogue
from mlabs_ext.doctor.found import NotHere
from mlabs_ext.errors import MLabsError
from mlabs_ext.up import processes
from mlabs_ext.up.address import Address
from mlabs_ext.up.data import DataDir
from mlabs_ext.up.settings import read

KEEPER = "mlabs_ext.up.keeper"


class Here:
    """An installation; what a running one was started with wins over what is said here."""

    def __init__(self, data: DataDir, environ: Mapping[str, str], url: str = ""):
        self.data = data
        self.said = dict(environ)
        self.url = url

    @cached_property
    def hub(self) -> int | None:
        """The process of the hub that runs on this data directory; None where none is seen."""
        for process in psutil.process_iter():
            try:
                line = process.cmdline()
                if KEEPER not in line or process.environ().get("MLABS_DATA", "") == "":
                    continue
                if Path(process.environ()["MLABS_DATA"]).resolve() == self.data.path:
                    return int(line[line.index(KEEPER) + 1])
            except (psutil.Error, ValueError, IndexError):
                continue  # it ended meanwhile, or is another user's
        return None

    @cached_property
    def environ(self) -> dict[str, str]:
        """The variables of MLabs: those of the hub that runs, else those that are set here."""
        return processes.variables(self.hub, ("MLABS_",)) if self.hub else self.said

    @property
    def spawner(self) -> str:
        """Where servers run: `local`, `docker`, `swarm` or `kube`."""
        return self.environ.get("MLABS_SPAWNER") or "local"

    @property
    def address(self) -> Address:
        """Where MLabs listens."""
        return Address.of(self.environ)

    @property
    def settings(self) -> str:
        """The administrator's file, empty where there is none."""
        return self.data.settings(self.environ)

    @cached_property
    def config(self) -> Config:
        """What the settings file says; nothing where it cannot be read, which a check of its own says."""
        try:
            return self.load()
        except MLabsError:
            return Config()

    def load(self) -> Config:
        """Read the settings file; MLabsError where it cannot be used."""
        return read(self.settings) if self.settings else Config()

    def setting(self, owner: str, name: str, default: Any = None) -> Any:
        """A setting of the file, or the default where it does not say."""
        value = self.config.get(owner, {}).get(name, default)
        return value.get_value(default) if isinstance(value, LazyConfigValue) else value

    @cached_property
    def catalogue(self) -> Catalogue:
        """The environments that are offered; raises MLabsError where one cannot be read."""
        named = [name for name in self.environ.get("MLABS_ENVIRONMENTS", "").split(",") if name]
        own = Config({"Catalogue": self.config.get("Catalogue", {})})
        given = {"enabled": named} if named and "enabled" not in own.Catalogue else {}
        return Catalogue(config=own, local=self.spawner == "local", **given)

    @property
    def public_url(self) -> str:
        """The address of the hub that people use, without a slash at its end."""
        said = self.url or self.setting("MLabsService", "public_url") or self.environ.get("MLABS_PUBLIC_URL")
        return urljoin(said or self.address.local_url, self.base).rstrip("/")

    @property
    def base(self) -> str:
        """The path that the hub is served under, with a slash at both ends."""
        path = (
            self.setting("JupyterHub", "base_url")
            or urlsplit(self.setting("JupyterHub", "bind_url", "")).path
        )
        return f"/{path.strip('/')}/".replace("//", "/")

    @property
    def database_url(self) -> str:
        """The service's database."""
        return self.setting("Store", "url") or f"sqlite:///{self.data / 'mlabs.sqlite'}"

    def need_data(self) -> None:
        """Go on only with a data directory."""
        if not self.data.path.is_dir():
            raise NotHere("there is no data directory")

    def need_running(self) -> None:
        """Go on only while MLabs runs."""
        if not self.hub:
            raise NotHere("MLabs does not run")

    def need_spawner(self, *names: str) -> None:
        """Go on only where servers run so."""
        if self.spawner not in names:
            raise NotHere(f"servers run by the spawner {self.spawner}")


def here(data: str | None, url: str | None, **given: str | None) -> Here:
    """The installation that the options name; `given` are variables by their names without MLABS_."""
    environ = {name: value for name, value in os.environ.items() if name.startswith("MLABS_")}
    environ |= {f"MLABS_{name.upper()}": value for name, value in given.items() if value}
    return Here(DataDir(data) if data else DataDir.of(environ), environ, url or "")
