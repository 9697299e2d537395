"""Ends tokens of services that were exchanged: JupyterHub itself goes on believing them."""

from __future__ import annotations

from jupyterhub import orm
from jupyterhub.app import JupyterHub

# What JupyterHub notes of tokens that it was given, or made for who was given none.
OWN = ("from config", "generated at startup")


def forget_exchanged(app: JupyterHub) -> int:
    """Remove what services had earlier, and how many tokens that are."""
    gone = 0
    for service in app.db.query(orm.Service):
        current = [token for token, name in app.service_tokens.items() if name == service.name]
        if running := app._service_map.get(service.name):
            current.append(running.api_token)
        for token in [token for token in service.api_tokens if token.note in OWN]:
            if not any(token.match(one) for one in current):
                app.db.delete(token)
                gone += 1
    app.db.commit()
    return gone
