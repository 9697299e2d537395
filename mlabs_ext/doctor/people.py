"""Checks of who may come in, and who administers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from mlabs_ext.doctor.database import reading
from mlabs_ext.doctor.found import Found, NotHere, fault, warning
from mlabs_ext.doctor.here import Here

SHORT = 8
GUESSED = {
    "password",
    "passw0rd",
    "12345678",
    "123456789",
    "changeme",
    "jupyterhub",
    "administrator",
    "letmein1",
}
USUAL = {"admin"}


def administrator(here: Here) -> Iterator[Found]:
    """Somebody administers, and it is not whoever calls themselves `admin` elsewhere."""
    # Without a word about it `admin` administers, where people sign in by the one password alone.
    named = set(here.setting("Authenticator", "admin_users", USUAL if one_password(here) else ()))
    for owner in here.config:
        named |= set(here.setting(owner, "admin_users", ())) if owner.endswith("Authenticator") else set()
    if not named and not kept(here) and not by_groups(here):
        yield fault("Nobody administers this MLabs.")
    if named == USUAL and not one_password(here):
        yield warning("Whoever has the name admin where people sign in administers this MLabs.")


def kept(here: Here) -> bool:
    """Whether the hub's database knows an administrator."""
    file = here.data / "hub.sqlite"
    if not file.exists():
        return False
    with closing(reading(file)) as connection:
        try:
            return bool(connection.execute("SELECT 1 FROM users WHERE admin LIMIT 1").fetchone())
        except sqlite3.Error:
            return False


def by_groups(here: Here) -> bool:
    """Whether the settings make administrators by what the place of sign-in says."""
    return any(
        here.setting(owner, name) for owner in here.config for name in ("admin_groups", "admin_google_groups")
    ) or bool(here.setting("JupyterHub", "load_roles"))


def password(here: Here) -> Iterator[Found]:
    """The one password is not one that is guessed."""
    if not one_password(here):
        raise NotHere("people sign in elsewhere")
    here.need_data()
    file = here.data / "secrets" / "password"
    word = here.setting("OnePassword", "password") or here.environ.get("MLABS_PASSWORD")
    if not word and not file.exists():
        raise NotHere("the password is made at the first start")
    word = word or file.read_text(encoding="utf-8").strip()
    if len(word) < SHORT or word.lower() in GUESSED:
        level = warning if here.address.loopback else fault
        yield level("The password is short, or one of those that are tried first.")


def one_password(here: Here) -> bool:
    """Whether people sign in with any name and the one password."""
    said = here.setting("JupyterHub", "authenticator_class", "")
    return not said or "OnePassword" in str(said)
