"""The check of where people sign in: that it answers, and knows this MLabs by its id and secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING, Any

from traitlets import import_item

from mlabs_ext.doctor import asking
from mlabs_ext.doctor.found import Found, NotHere, fault, warning
from mlabs_ext.doctor.here import Here
from mlabs_ext.doctor.people import one_password

if TYPE_CHECKING:
    from oauthenticator.oauth2 import OAuthenticator

NEEDED = ("client_id", "client_secret", "authorize_url", "token_url")
# No provider gave this out. Who is not known is refused before it is looked at (RFC 6749, 4.1.3 and 5.2).
CODE = "mlabs-doctor"
# Of the standard; of Keycloak; of GitHub.
UNKNOWN = {"invalid_client", "unauthorized_client", "incorrect_client_credentials"}


def provider(here: Here) -> Iterator[Found]:
    """People who come from there can be told who they are."""
    place = authenticator(here)
    if missing := [name for name in NEEDED if not getattr(place, name)]:
        names = ", ".join(f"c.{type(place).__name__}.{name}" for name in missing)
        yield fault(f"Nobody can sign in: {names} is not set.")
        return
    if not place.validate_server_cert:
        yield warning("The provider's certificate is not checked: who stands between can sign in as anybody.")
        return
    yield from answers(place)
    yield from knows(place, asked_back(here, place))


def authenticator(here: Here) -> OAuthenticator:
    """As the settings make it."""
    if one_password(here):
        raise NotHere("people sign in by MLabs' own password")
    try:
        from oauthenticator.oauth2 import OAuthenticator
    except ImportError:
        raise NotHere("people do not sign in by OAuth") from None
    kind = named(here.setting("JupyterHub", "authenticator_class"))
    if not issubclass(kind, OAuthenticator):
        raise NotHere("people do not sign in by OAuth")
    made: OAuthenticator = kind(config=here.config)
    return made


def named(kind: Any) -> type:
    """A class by itself, by its name, or by the short name that its package registers."""
    if isinstance(kind, type):
        return kind
    short = metadata.entry_points(group="jupyterhub.authenticators", name=str(kind).lower())
    found: type = next(iter(short)).load() if short else import_item(str(kind))
    return found


def answers(place: OAuthenticator) -> Iterator[Found]:
    """Its pages are where the settings say."""
    for name in ("authorize_url", "userdata_url"):
        url = getattr(place, name)
        reply = asking.get(url) if url else None
        # Others say that something is missing, as it is.
        if reply and reply.status in (0, 404):
            yield fault(f"{name} is {url}, and nothing is there: {reply.words}.")


def knows(place: OAuthenticator, callback: str) -> Iterator[Found]:
    """A code that was never given out is refused for itself alone."""
    url = place.token_url
    form = {"grant_type": "authorization_code", "code": CODE, "redirect_uri": callback}
    if not place.basic_auth:
        form |= {"client_id": place.client_id, "client_secret": place.client_secret}
    reply = asking.post(url, form, place.build_token_info_request_headers())
    if reply.status == 0:
        yield fault(f"token_url is {url}, and it does not answer: {reply.words}.")
        return
    error = error_of(reply.body)
    if error in UNKNOWN or reply.status == 401:
        yield fault(f"The provider refuses client_id and client_secret ({error or reply.words}).")
    elif error == "redirect_uri_mismatch":
        yield fault(f"The provider does not send people back to {callback}.")
    elif not error:
        yield fault(f"token_url is {url}, and it answers as no provider does: {reply.words}.")


def error_of(body: bytes) -> str:
    """The code of an answer that refuses; empty where it is none."""
    try:
        said = json.loads(body)
    except ValueError:
        return ""
    return str(said.get("error") or "") if isinstance(said, dict) else ""


def asked_back(here: Here, place: OAuthenticator) -> str:
    """Where the provider sends people back to."""
    return str(place.oauth_callback_url or f"{here.public_url}/hub/oauth_callback")
