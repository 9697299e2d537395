"""Names of containers, services, pods and volumes: no two servers, and no two users, ever share one."""

from __future__ import annotations

import base64
import hashlib
import re


def server_object(user: str, server: str) -> str:
    """The name of what runs a server; fit for Docker, Swarm and Kubernetes: a DNS label.

    With a prefix of 14 characters instead of `mlabs` it still is one, of at most 63.
    """
    return f"mlabs-{readable(user, 10)}{readable(server, 10)}{digest(user, server)}"


def home_object(user: str) -> str:
    """The name of the volume, or claim, that holds a user's home."""
    return f"mlabs-home-{readable(user, 16)}{digest(user)}"


def readable(text: str, longest: int) -> str:
    """What of `text` a DNS label may hold, for the eyes of an administrator, and a dash; or nothing."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower())[:longest].strip("-")
    return f"{plain}-" if plain else ""


def digest(*parts: str) -> str:
    """26 characters, 128 bits: names are people's own choice, so a shorter one could be made to collide."""
    # Lengths first: `user-a` and `b` must differ from `user` and `a-b`.
    whole = "".join(f"{len(part)}:{part}" for part in parts)
    return base64.b32encode(hashlib.sha256(whole.encode()).digest()[:16]).decode().rstrip("=").lower()
