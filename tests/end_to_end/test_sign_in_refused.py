"""Where people sign in elsewhere, and that place does not accept this hub, a page says so and whose it is."""

from __future__ import annotations

import re

import httpx
from support.oidc import provider
from support.up import Up
from support.waiting import free_port

SETTINGS = """
c.JupyterHub.authenticator_class = "generic-oauth"
c.Authenticator.allow_all = True
c.GenericOAuthenticator.client_id = {client!r}
c.GenericOAuthenticator.client_secret = "mistyped"
c.GenericOAuthenticator.oauth_callback_url = {callback!r}
c.GenericOAuthenticator.authorize_url = {authorization_endpoint!r}
c.GenericOAuthenticator.token_url = {token_endpoint!r}
c.GenericOAuthenticator.userdata_url = {userinfo_endpoint!r}
c.GenericOAuthenticator.scope = ["openid", "profile"]
c.GenericOAuthenticator.username_claim = "sub"
"""


def test_who_cannot_sign_in_by_a_wrong_secret_is_told_whose_that_is(tmp_path):
    data, port = tmp_path / "data", free_port()
    data.mkdir()
    with provider("ada") as known:
        callback = f"http://127.0.0.1:{port}/hub/oauth_callback"
        client, _ = known.register(callback)
        said = SETTINGS.format(client=client, callback=callback, **known.described())
        (data / "mlabs_config.py").write_text(said)
        up = Up(data, "--port", str(port))
        try:
            up.wait_said("Ready in")
            with httpx.Client(follow_redirects=True, timeout=60) as visitor:
                page = visitor.get(f"http://127.0.0.1:{port}/hub/oauth_login")
                assert str(page.url).startswith(known.url)
                page = visitor.post(str(page.url), data={"sub": "ada"})
        finally:
            up.stop()
    assert page.status_code == 500
    shown = " ".join(re.sub(r"<[^>]+>", " ", page.text).split())
    assert "Sign-in does not work here yet" in shown
    assert "does not accept this hub: it answered 401" in shown
    assert "mlabs doctor says what is wrong" in shown
    assert "mistyped" not in page.text
