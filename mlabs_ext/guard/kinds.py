"""What each kind of finding is called, why it matters, and whether it stops a publish."""

from __future__ import annotations

from dataclasses import dataclass

from mlabs_ext.guard.findings import Severity
from mlabs_ext.guard.matches import TOO_MUCH
from mlabs_ext.guard.tokens import SHAPES

ACTING = "Whoever reads it can act in your name. If it was ever published, revoke it where it was made."


@dataclass(frozen=True)
class Kind:
    """`variable` is where a program would keep a secret of the kind; `instead` what may stand there."""

    title: str
    why: str
    severity: Severity = "secret"
    variable: str = ""
    instead: str = "[removed]"


KINDS = {
    **{shape.kind: Kind(shape.title, ACTING, variable=shape.variable) for shape in SHAPES},
    "private_key": Kind("Private key", "Whoever has it can sign in and sign as you.", variable="PRIVATE_KEY"),
    "server_token": Kind("Token of this server", "Whoever reads it can use your server and your labs."),
    "password": Kind("Password", "Everybody who may read the notebook could use it.", variable="PASSWORD"),
    "key": Kind("Key or secret", ACTING, variable="API_KEY"),
    "token": Kind("Token", ACTING, variable="TOKEN"),
    "header": Kind("Credentials of a request", ACTING, variable="TOKEN"),
    "url": Kind(
        "Password in an address",
        "Everybody who may read the notebook could sign in there.",
        variable="PASSWORD",
    ),
    TOO_MUCH: Kind(
        "More than can be looked through",
        "There is so much here that looks like a secret or an address that not all of it was looked at.",
    ),
    "email": Kind(
        "E-mail address", "Published addresses get unwanted mail.", "personal", instead="[e-mail removed]"
    ),
    "path": Kind(
        "Private path", "It holds the name of an account, and it works on this machine alone.", "personal"
    ),
    "name": Kind("Your name", "It says who you are.", "personal", instead="[name removed]"),
    "host": Kind(
        "Address of a private network",
        "It tells how your network is built.",
        "personal",
        instead="[address removed]",
    ),
}
