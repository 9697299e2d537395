"""`mlabs login`: keeps a token, so that other commands may act for its person."""

from __future__ import annotations

import argparse
import getpass
import sys

from mlabs_ext.errors import BadInput, Forbidden
from mlabs_ext.remote.site import Login, Site, hub_url, keep
from mlabs_ext.wire import Me


def run(options: argparse.Namespace) -> int:
    """Ask for a token, try it, keep it."""
    url = hub_url(options.url)
    login = Login(url, ask_for_token(url))
    said = whose(login)
    file = keep(login)
    print(f"Signed in at {url} {said}. The token is in {file}, which only you may read.")
    return 0


def whose(login: Login) -> str:
    """As whom a token signs in, in words; raise what the service says of one that it does not know."""
    try:
        return f"as {Site(login).get('me', Me).name}"
    except Forbidden as error:
        # It is known, and opens nothing that is its person's own: such is one to lend with.
        if error.code != "scope_missing":
            raise
        return "with a token that opens nothing of yours; to lend, it needs the scope custom:mlabs:lend"


def ask_for_token(url: str) -> str:
    """The token, pasted at a terminal, or on standard input."""
    if sys.stdin.isatty():
        print(f"Make a token at {url}/hub/token and paste it here.", file=sys.stderr)
        token = getpass.getpass("Token: ")
    else:
        token = sys.stdin.readline()
    if not token.strip():
        raise BadInput("No token was given.", "token_missing")
    return token.strip()
