"""What an administrator may set about the service as a whole, and where the settings come from."""

from __future__ import annotations

import logging
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from urllib.parse import urljoin

from jupyterhub.services.auth import HubOAuth
from traitlets import Bool, Bunch, Bytes, Integer, List, TraitError, Type, Unicode, default, validate
from traitlets.config import Application

from mlabs_ext.errors import Unusable
from mlabs_ext.service.blobs_writer import unfinished_file
from mlabs_ext.service.folders import make_folder, sync_folder

SECRET = 32
FOLDER = re.compile(r"https?://[\w.:\[\]-]+(/[\w.~%@+-]+)*/", re.ASCII)


def kept_secret(path: Path) -> bytes:
    """Read a secret, or make it if this is the first time; nobody else may read it.

    It is whole or absent, whenever the process ends, and one that another process made meanwhile wins.
    """
    make_folder(path.parent)
    with unfinished_file(path.parent) as draft:
        if not path.exists():
            draft.write(secrets.token_bytes(SECRET))
            draft.flush()
            os.fsync(draft.fileno())
            with suppress(FileExistsError):
                os.link(draft.name, path)
            sync_folder(path.parent)
    found = path.read_bytes()
    if len(found) < SECRET:
        raise Unusable(f"{path} is no secret of {SECRET} bytes: remove it, and another one is made.")
    return found


class Settings(Application):
    """The settings of the service itself; JupyterHub's environment gives most defaults."""

    config_file = Unicode(
        help="""File with the service's configuration, in the language of jupyterhub_config.py.

        Default: the environment variable MLABS_CONFIG, which the hub sets; empty for none. Example of such
        a file:

            c.Labs.default_visibility = "unlisted"
        """
    ).tag(config=True)

    data_dir = Unicode(
        help="""Directory that holds the database, the blobs and the rendered documents.

        Default: the environment variable MLABS_DATA, else `mlabs-data` in the current directory. Example:

            c.MLabsService.data_dir = "/srv/mlabs"
        """
    ).tag(config=True)

    base_url = Unicode(
        help="""The path that the service is served under, with a slash at both ends.

        Default: JUPYTERHUB_SERVICE_PREFIX, which JupyterHub sets. Example:

            c.MLabsService.base_url = "/services/mlabs/"
        """
    ).tag(config=True)

    hub_base = Unicode(
        help="""The path that JupyterHub is served under, with a slash at both ends.

        Default: JUPYTERHUB_BASE_URL, which JupyterHub sets. Example:

            c.MLabsService.hub_base = "/"
        """
    ).tag(config=True)

    public_url = Unicode(
        help="""The address at which browsers reach JupyterHub; links are absolute where it is known.

        Default: the environment variable MLABS_PUBLIC_URL, else JUPYTERHUB_PUBLIC_URL; empty if neither is
        set: answers then carry paths. Reads back as the address of the service itself. Example:

            c.MLabsService.public_url = "https://labs.example.org"
        """
    ).tag(config=True)

    listen = Unicode(
        help="""The address that the service listens on.

        Default: JUPYTERHUB_SERVICE_URL, which JupyterHub sets. Example:

            c.MLabsService.listen = "http://127.0.0.1:10101"
        """
    ).tag(config=True)

    render_url = Unicode(
        "",
        help="""A second, cookieless address of this service that rendered notebooks are shown from.

        Default: empty, the service's own address. Rendered notebooks are sandboxed either way. Example:

            c.MLabsService.render_url = "https://labs-content.example.net/services/mlabs/"
        """,
    ).tag(config=True)

    pyodide_url = Unicode(
        "",
        help="""The address of a Pyodide distribution, by which readers run embedded code in their browsers.

        Embeds with `run-here=1` then have a Run button; their notebook may load scripts and data from this
        address, and from no other. It has to answer with `Access-Control-Allow-Origin: *`. Default: empty, no
        embed runs anything. Example:

            c.MLabsService.pyodide_url = "https://static.example.org/pyodide/v314.0.7/"
        """,
    ).tag(config=True)

    embed_ancestors = List(
        Unicode(),
        ["*"],
        help="""The sites that may embed labs, as in a `frame-ancestors` policy.

        Default: every site. Example:

            c.MLabsService.embed_ancestors = ["'self'", "https://blog.example.org"]
        """,
    ).tag(config=True)

    max_body_size = Integer(
        50 * 1024**2,
        help="""The largest request body in bytes, and so the largest notebook; more gets a 413.

        Default: 50 MiB. Example:

            c.MLabsService.max_body_size = 100 * 1024**2
        """,
    ).tag(config=True)

    threads = Integer(
        8,
        help="""How many requests may use the disk at the same time.

        Default: 8. Example:

            c.MLabsService.threads = 16
        """,
    ).tag(config=True)

    processes = Integer(
        1,
        min=1,
        help="""How many service processes answer at the one address. More than one need PostgreSQL.

        Each takes about 150 MB, and has its own rendering workers and its own `Traffic`; one of them does
        what is done in the background. One that is killed is started again. Default: 1. Example:

            c.MLabsService.processes = 4
        """,
    ).tag(config=True)

    render_ahead = Bool(
        True,
        help="""Whether notebooks are rendered when they are published, by a worker that is started with the
        service; otherwise when somebody looks first.

        Default: True. Example:

            c.MLabsService.render_ahead = False
        """,
    ).tag(config=True)

    session_cache = Integer(
        30,
        help="""For how many seconds JupyterHub's answer about a session or token is believed.

        A revoked token works for that long at most; a larger value asks the hub less often. Default: 30.
        Example:

            c.MLabsService.session_cache = 300
        """,
    ).tag(config=True)

    stop_grace = Integer(
        10,
        help="""How many seconds open requests get to finish when the service is stopped.

        Default: 10. Example:

            c.MLabsService.stop_grace = 30
        """,
    ).tag(config=True)

    sweep_interval = Integer(
        30,
        help="""Seconds between rounds of housekeeping: lost runs, emptied trash, forgotten request keys.

        Default: 30. Example:

            c.MLabsService.sweep_interval = 60
        """,
    ).tag(config=True)

    hub_auth_class = Type(
        HubOAuth,
        klass=HubOAuth,
        help="""How JupyterHub is asked about a credential.

        Default: JupyterHub's own HubOAuth. Example:

            c.MLabsService.hub_auth_class = "my_module.MyHubOAuth"
        """,
    ).tag(config=True)

    cookie_secret = Bytes(
        help="""Signs the session cookies.

        Default: made at the first start and kept in the data directory. Example:

            c.MLabsService.cookie_secret = bytes.fromhex("…64 digits…")
        """
    ).tag(config=True)

    @default("cookie_secret")
    def _cookie_secret(self) -> bytes:
        return kept_secret(Path(self.data_dir) / "secrets" / "service_cookie_secret")

    @default("config_file")
    def _config_file(self) -> str:
        return os.environ.get("MLABS_CONFIG", "")

    @default("data_dir")
    def _data_dir(self) -> str:
        return os.environ.get("MLABS_DATA", "mlabs-data")

    @default("base_url")
    def _base_url(self) -> str:
        return os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "/services/mlabs/")

    @default("hub_base")
    def _hub_base(self) -> str:
        return os.environ.get("JUPYTERHUB_BASE_URL", "/")

    @default("listen")
    def _listen(self) -> str:
        return os.environ.get("JUPYTERHUB_SERVICE_URL", "http://127.0.0.1:10101")

    @default("log_level")
    def _log_level(self) -> int:
        return logging.INFO

    @default("log")
    def _log(self) -> logging.Logger:
        return logging.getLogger("mlabs")

    @default("public_url")
    def _public_url(self) -> str:
        known = os.environ.get("MLABS_PUBLIC_URL") or os.environ.get("JUPYTERHUB_PUBLIC_URL", "")
        return self._of_service(known)

    @validate("public_url")
    def _valid_public_url(self, proposal: Bunch) -> str:
        return self._of_service(proposal.value)

    @validate("pyodide_url")
    def _valid_pyodide_url(self, proposal: Bunch) -> str:
        """An address that a policy can name: its folder, whole and without anything that ends a source."""
        address = proposal.value and proposal.value.rstrip("/") + "/"
        if address and not FOLDER.fullmatch(address):
            raise TraitError(f"pyodide_url is an http(s) address of a folder, not {proposal.value!r:.200}.")
        return address

    def _of_service(self, address: str) -> str:
        return urljoin(address, self.base_url) if address else ""
