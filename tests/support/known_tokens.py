"""The one fake of JupyterHub's that services meet in tests: its answer about a token."""

from __future__ import annotations

from typing import Any

from jupyterhub.services.auth import HubOAuth

ACCESS = "access:services!service=mlabs"
SERVER = [ACCESS, "custom:mlabs:read", "custom:mlabs:write"]
FULL = [*SERVER, "custom:mlabs:admin"]


def person(name: str, scopes: list[str] = FULL, admin: bool = False) -> dict[str, Any]:
    """JupyterHub's model of a user."""
    return {"kind": "user", "name": name, "admin": admin, "groups": [], "scopes": scopes}


TOKENS = {
    "ada-token": person("ada"),
    "bob-token": person("bob"),
    "carol-token": person("carol"),
    "dan-token": person("dan") | {"groups": ["team"]},
    "eve-token": person("eve"),
    "frank-token": person("frank"),
    "admin-token": person("admin", admin=True),
    # What a lab of the administrator's has.
    "admin-server-token": person("admin", SERVER, admin=True),
    "ada-read-token": person("ada", [ACCESS, "custom:mlabs:read"]),
    "ada-lend-token": person("ada", [ACCESS, "custom:mlabs:lend"]),
    "ada-bare-token": person("ada", [ACCESS]),
    "stranger-token": person("stranger", []),
    "spawner-token": {"kind": "service", "name": "mlabs-spawner", "scopes": [ACCESS, "custom:mlabs:hub"]},
    "service-ada-token": {"kind": "service", "name": "ada", "scopes": FULL},
    "metrics-token": {"kind": "service", "name": "prometheus", "scopes": [ACCESS, "read:metrics"]},
}


class KnownTokens(HubOAuth):
    """HubOAuth that knows some tokens, instead of asking a hub; `asked` counts the questions."""

    asked = 0
    down = False
    tokens = TOKENS

    def token_for_code(self, code: str, *, code_verifier: str | None = None, sync: bool = True):
        async def answer() -> str:
            return f"{code}-token"

        return self._call_coroutine(sync, answer)

    def user_for_token(self, token: str, use_cache: bool = True, session_id: str = "", *, sync: bool = True):
        async def answer() -> dict[str, Any] | None:
            type(self).asked += 1
            if KnownTokens.down:
                from tornado.web import HTTPError

                raise HTTPError(502, "Failed to check authorization (upstream problem)")
            model = KnownTokens.tokens.get(token)
            return dict(model) if model else None

        return self._call_coroutine(sync, answer)
