"""Who administers once people sign in elsewhere: not the `admin` whom MLabs' own password let in."""

from __future__ import annotations

from pathlib import Path

from jupyterhub import orm, roles
from jupyterhub.app import JupyterHub

from mlabs_ext.up.authenticator import OnePassword

FIRST = "admin"


def dismiss_first(mark: Path, app: JupyterHub) -> bool:
    """Whether `admin` administered and does no more, whose sessions and tokens then end, too.

    JupyterHub keeps a right that it was told of once. Elsewhere that name may be anybody's: it administers
    where the settings name it, or where another administrator said so since. The file `mark` is there as
    long as our own password was what let people in last.
    """
    if isinstance(app.authenticator, OnePassword):
        mark.touch(mode=0o600)
        return False
    if not mark.exists() or FIRST in app.authenticator.admin_users:
        return False
    dismissed = dismiss(app)
    mark.unlink()
    return dismissed


def dismiss(app: JupyterHub) -> bool:
    """Take the right from `admin`, if it has it."""
    first = app.db.query(orm.User).filter_by(name=FIRST, admin=True).one_or_none()
    if first is None:
        return False
    first.admin = False
    roles.assign_default_roles(app.db, first)
    first.cookie_id = orm.new_token()
    for token in list(first.api_tokens):
        app.db.delete(token)
    app.db.commit()
    app.log.warning(
        "admin, whom MLabs' own password let in, administers no more: people sign in elsewhere. Name "
        "administrators in c.Authenticator.admin_users."
    )
    return True
