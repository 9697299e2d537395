"""`admin` administers by MLabs' own password; elsewhere only where the settings say so."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest
from jupyterhub import orm, roles
from jupyterhub.auth import DummyAuthenticator

from mlabs_ext.up.administrators import dismiss_first
from mlabs_ext.up.authenticator import OnePassword


@pytest.fixture
def hub():
    """A hub's database in which `admin` and ada administer."""
    db = orm.new_session_factory("sqlite:///:memory:")()
    # Whom tokens are for that no service asked for.
    db.add(orm.OAuthClient(identifier="jupyterhub"))
    for role in roles.get_default_roles():
        roles.create_role(db, role)
    for name in ("admin", "ada"):
        user = orm.User(name=name, admin=True)
        db.add(user)
        db.commit()
        roles.assign_default_roles(db, user)
        user.new_api_token()
    yield SimpleNamespace(db=db, log=logging.getLogger("hub"), authenticator=DummyAuthenticator())
    db.close()


def user(hub, name: str) -> orm.User:
    return hub.db.query(orm.User).filter_by(name=name).one()


def test_where_people_sign_in_elsewhere_it_is_nobody_special(hub):
    cookies = user(hub, "admin").cookie_id
    assert dismiss_first(hub)
    admin, ada = user(hub, "admin"), user(hub, "ada")
    assert (admin.admin, [role.name for role in admin.roles], list(admin.api_tokens)) == (False, ["user"], [])
    assert admin.cookie_id != cookies, "who signed in by the password is signed out"
    assert (ada.admin, len(list(ada.api_tokens))) == (True, 1)
    assert not dismiss_first(hub)


@pytest.mark.parametrize(
    "authenticator",
    [OnePassword(), DummyAuthenticator(admin_users={"admin"})],
    ids=["our own password", "named in the settings"],
)
def test_who_is_meant_stays(hub, authenticator):
    hub.authenticator = authenticator
    assert not dismiss_first(hub)
    assert user(hub, "admin").admin
