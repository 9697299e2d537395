"""A provider that knows this MLabs is well; a wrong secret, or an address where no provider is, is found."""

from __future__ import annotations

import pytest
from support.oidc import provider
from support.waiting import free_port

from mlabs_ext.doctor.found import FAULT, WARNING

CALLBACK = "http://127.0.0.1:8000/hub/oauth_callback"


@pytest.fixture(scope="module")
def known():
    """What the settings say of a provider, and of a client that it knows."""
    with provider("ada") as running:
        described = running.described()
        client, secret = running.register(CALLBACK)
        yield {
            "client_id": client,
            "client_secret": secret,
            "oauth_callback_url": CALLBACK,
            "authorize_url": described["authorization_endpoint"],
            "token_url": described["token_endpoint"],
            "userdata_url": described["userinfo_endpoint"],
        }


NOBODY = f"http://127.0.0.1:{free_port()}/token"
WRONG = {
    "secret": ({"client_secret": "another"}, FAULT, "refuses client_id and client_secret"),
    "id": ({"client_id": "another"}, FAULT, "refuses client_id and client_secret"),
    "no secret": ({"client_secret": ""}, FAULT, "c.GenericOAuthenticator.client_secret is not set"),
    "nobody there": ({"token_url": NOBODY}, FAULT, "does not answer"),
    "another page": ({"token_url": "{authorize_url}/none"}, FAULT, "answers as no provider does"),
    "no such page": ({"authorize_url": "{token_url}/none"}, FAULT, "nothing is there"),
    "unchecked": ({"validate_server_cert": False}, WARNING, "certificate is not checked"),
}


def said(values):
    lines = [f"c.GenericOAuthenticator.{name} = {value!r}" for name, value in values.items()]
    first = "c.JupyterHub.authenticator_class = 'generic-oauth'\nc.Authenticator.admin_users = {'ada'}"
    return "\n".join([first, *lines])


def test_a_provider_that_knows_this_mlabs_is_well(known, write_settings, examine):
    write_settings(said(known))
    assert examine() == {}


@pytest.mark.parametrize(("change", "level", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_found(known, write_settings, examine, change, level, words):
    change = {
        name: value.format(**known) if isinstance(value, str) else value for name, value in change.items()
    }
    write_settings(said(known | change))
    found = examine()
    assert set(found) == {"sign_in"}, found
    assert [one.level for one in found["sign_in"].found] == [level]
    assert words in found["sign_in"].found[0].words
