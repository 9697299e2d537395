"""Who asks: the one place that turns JupyterHub's answer about a credential into what rules may ask of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

READ = "custom:mlabs:read"
WRITE = "custom:mlabs:write"
LEND = "custom:mlabs:lend"
ADMIN = "custom:mlabs:admin"
HUB = "custom:mlabs:hub"
METRICS = "read:metrics"


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person, the hub, or nobody.

    `name` is the JupyterHub user, None for the signed-out and for services. `admin` says whether it is an
    administrator whose credential is good for that: the one that a lab's server has is not, since what runs
    there may be somebody else's code. `can_read` says whether what is this person's own may be shown,
    `can_write` whether anything may be changed, `can_lend` whether a machine may be lent in their name, even
    where nothing else may be changed, `hub` whether every lab's runtime may be asked for, `metrics` whether
    the service's own numbers may be read. `groups` are JupyterHub's, None where it does not say. `links` are
    the secret links that their browser has opened.
    """

    name: str | None = None
    admin: bool = False
    hub: bool = False
    can_read: bool = False
    can_write: bool = False
    can_lend: bool = False
    metrics: bool = False
    groups: tuple[str, ...] | None = None
    links: tuple[str, ...] = ()

    @classmethod
    def anonymous(cls) -> Viewer:
        """Nobody in particular: sees what is public."""
        return cls()

    @classmethod
    def from_model(cls, model: dict[str, Any]) -> Viewer:
        """Make a viewer from JupyterHub's user or service model.

        A service has no name here: else one called like a person would be taken for that person.
        """
        scopes: Collection[str] = model.get("scopes", ())
        person = model.get("kind", "user") == "user"
        admin = person and bool(model.get("admin")) and ADMIN in scopes
        can_write = WRITE in scopes
        return cls(
            name=model["name"] if person else None,
            admin=admin,
            hub=HUB in scopes,
            can_read=can_write or READ in scopes,
            can_write=person and can_write,
            can_lend=person and LEND in scopes,
            metrics=admin or METRICS in scopes,
            groups=tuple(model["groups"]) if person and "groups" in model else None,
        )

    def owns(self, owner: str) -> bool:
        """Whether what belongs to `owner` is this viewer's own to see."""
        return self.name == owner and self.can_read

    def holds(self) -> Iterator[str]:
        """By what something may be shared with this viewer, as `share_key` writes it."""
        if self.name is not None and self.can_read:
            yield share_key("user", self.name)
            yield from (share_key("group", group) for group in self.groups or ())
        yield from (share_key("link", link) for link in self.links)

    def acts_for(self, owner: str) -> bool:
        """Whether this viewer sees all that is `owner`'s: the owner does, and the administrator."""
        return self.owns(owner) or (self.admin and self.can_read)


def share_key(kind: str, name: str) -> str:
    """With whom a lab is shared, as its row says it: a person, a group, or who has opened a link."""
    return f"{kind} {name}"
