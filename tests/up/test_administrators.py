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


@pytest.fixture
def mark(tmp_path):
    """As our own password leaves it, by which people signed in until now."""
    mark = tmp_path / "first_administrator"
    mark.touch()
    return mark


def test_where_people_sign_in_elsewhere_it_is_nobody_special(hub, mark):
    cookies = user(hub, "admin").cookie_id
    assert dismiss_first(mark, hub)
    admin, ada = user(hub, "admin"), user(hub, "ada")
    assert (admin.admin, [role.name for role in admin.roles], list(admin.api_tokens)) == (False, ["user"], [])
    assert admin.cookie_id != cookies, "who signed in by the password is signed out"
    assert (ada.admin, len(list(ada.api_tokens))) == (True, 1)
    assert not dismiss_first(mark, hub)


def test_who_is_made_administrator_since_stays_it(hub, mark):
    assert dismiss_first(mark, hub)
    user(hub, "admin").admin = True
    assert not dismiss_first(mark, hub)
    assert user(hub, "admin").admin


def test_a_hub_that_never_had_our_password_keeps_its_admin(hub, tmp_path):
    assert not dismiss_first(tmp_path / "none", hub)
    assert user(hub, "admin").admin


@pytest.mark.parametrize(
    "authenticator",
    [OnePassword(), DummyAuthenticator(admin_users={"admin"})],
    ids=["our own password", "named in the settings"],
)
def test_who_is_meant_stays(hub, mark, authenticator):
    hub.authenticator = authenticator
    assert not dismiss_first(mark, hub)
    assert user(hub, "admin").admin


def test_our_own_password_is_remembered(hub, tmp_path):
    mark = tmp_path / "first_administrator"
    hub.authenticator = OnePassword()
    dismiss_first(mark, hub)
    assert mark.exists()
