"""The rules about what a person may ask of a server, and the words in which it is refused."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from jupyterhub.spawner import SpawnException
from msgspec import Struct

from mlabs_ext import names
from mlabs_ext.errors import BadInput

OPTIONS = ("lab", "environment", "accelerator", "run")


class Refused(SpawnException):
    """A server that is not started, with the reason in words for the person who asked."""

    def __init__(
        self, message: str, status: int = 400, label: str = "options", retry_after: int | None = None
    ):
        lines = html.escape(message).replace("\n", "<br>")
        super().__init__(message, reason=label, status_code=status, message_html=lines)
        # The pages after a failed start read these two names.
        self.jupyterhub_message = message
        self.jupyterhub_html_message = lines
        # JupyterHub's answers carry them, on pages and in its API.
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}


class Runtime(Struct):
    """What the service says that a lab needs. `image`: what it is pinned to, where it is."""

    environment: str
    accelerator: str = "none"
    image: str | None = None
    title: str = ""


class Choice(Struct, frozen=True):
    """What a server was started for."""

    lab: str
    environment: str
    accelerator: str


def choose(lab: str, given: Mapping[str, str], runtime: Runtime) -> Choice:
    """What a server of the lab is started for; an accelerator is never taken over to another environment."""
    environment = given.get("environment", runtime.environment)
    accelerator = given.get("accelerator")
    if accelerator is None:
        accelerator = runtime.accelerator if environment == runtime.environment else "none"
    return Choice(lab, environment, accelerator)


def pinned(choice: Choice, runtime: Runtime) -> str | None:
    """The image that the lab asks for; one of another environment or accelerator is of no use."""
    same = (choice.environment, choice.accelerator) == (runtime.environment, runtime.accelerator)
    return runtime.image if same else None


def read_options(options: Mapping[str, Any]) -> dict[str, str]:
    """Return the options that a server takes, less the empty ones; raise Refused for any other."""
    for key, value in options.items():
        if key not in OPTIONS:
            raise Refused(f"A server has no option {key!r:.80}. It has: {', '.join(OPTIONS)}.")
        if not isinstance(value, str) or len(value) > 200:
            raise Refused(f"The option {key!r} must be one short text, as in {key}=…")
    return {key: value for key, value in options.items() if value}


def own_lab(options: Mapping[str, str], user: str, server: str) -> str:
    """Return the lab, as `owner/name`, that this server of this user is for; raise Refused if none."""
    if not server:
        raise Refused("There is one server for each lab, and none beside them: open a lab from its page.")
    # JupyterHub's own pages start a server by its name alone.
    reference = options.get("lab") or f"{user}/{server}"
    try:
        owner, name = names.split_lab(reference)
    except BadInput as error:
        raise Refused(error.message) from error
    if options.get("run"):
        return own_run(options["run"], reference, user, server)
    if owner != user:
        raise Refused(f"{reference} belongs to {owner}. Fork it, and open your fork.", 403, "owner")
    if names.server_name(name) != server:
        raise Refused(f"The server of {reference} is named {names.server_name(name)!r}, not {server!r}.")
    return f"{owner}/{name}"


def own_run(run: str, lab: str, user: str, server: str) -> str:
    """Return the lab of the batch run that this server is for; raise Refused where it is for none."""
    owner, name = names.split_lab(lab)
    if owner != user:
        raise Refused(f"{lab} belongs to {owner}: only its owner runs it.", 403, "owner")
    if names.run_of_server(server) is None or names.run_server(run) != server:
        raise Refused(f"The server of the run {run!r:.40} is not named {server!r}.")
    return f"{owner}/{name}"
