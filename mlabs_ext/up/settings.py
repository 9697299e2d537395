"""The administrator's settings, as all programs but hub and service read them, and tell of what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from mlabs_ext.errors import Unusable

if TYPE_CHECKING:
    from traitlets.config.loader import Config

    from mlabs_ext.catalogue import Catalogue


class Settings:
    """The settings in `file`; none where it is empty. Raise Unusable where they cannot be read."""

    def __init__(self, file: str):
        self.config: Config | dict[str, Any] = read(file) if file else {}

    def catalogue(self, named: list[str]) -> Catalogue:
        """The environments, with the administrator's own: those named, else all that the settings enable."""
        from traitlets.config.loader import Config

        from mlabs_ext.catalogue import Catalogue  # only here: it costs a tenth of the time to ready

        own = Config({"Catalogue": self.config.get("Catalogue", {})})
        return Catalogue(config=own, **({"enabled": named} if named else {}))

    @property
    def one_password(self) -> bool:
        """Whether people sign in with MLabs' one password, and not by an authenticator of choice."""
        return not self._said("JupyterHub", "authenticator_class")

    @property
    def password(self) -> str:
        """The password that the settings give; empty where they give none."""
        return str(self._said("OnePassword", "password"))

    @property
    def public_url(self) -> str:
        """The address that people use; empty where the settings do not say."""
        address = str(self._said("MLabsService", "public_url"))
        return urljoin(address, "/") if address else ""

    @property
    def homes_are_folders(self) -> bool:
        """Whether homes on a Swarm are in a directory: that of MLabs where no other is named."""
        return bool(self.config.get("SwarmLabSpawner", {}).get("homes", "volumes"))

    def _said(self, section: str, name: str) -> Any:
        return self.config.get(section, {}).get(name, "")


def read(file: str) -> Config:
    """The settings in a file."""
    from traitlets.config.loader import PyFileConfigLoader

    if not Path(file).is_file():
        raise unreadable(f"The settings file {file} is not there.")
    try:
        return PyFileConfigLoader(Path(file).name, str(Path(file).parent)).load_config()
    except PermissionError as error:
        raise unreadable(f"This user may not read {error.filename}.") from error
    except (Exception, SystemExit) as error:
        # Whatever an administrator's own lines raise.
        raise unreadable(f"{where(error, file)}: {type(error).__name__}: {error}") from error


def unreadable(message: str) -> Unusable:
    """Why there are no settings, in words."""
    return Unusable(message, "settings_unreadable")


def where(error: BaseException, file: str) -> str:
    """The settings file, and the last line of it that took part in the error."""
    line = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace and not isinstance(error, SyntaxError):
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"The settings file {file} cannot be used, line {line}"
