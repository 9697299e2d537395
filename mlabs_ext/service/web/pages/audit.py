"""The administrators' page of who did what, with a form for what to see of it."""

from __future__ import annotations

from urllib.parse import urlencode

from mlabs_ext.errors import BadInput
from mlabs_ext.service.web.api.audit import FILTERS, wanted
from mlabs_ext.service.web.pages.admin import AdminOnly

PAGE = 50
ACTIONS = {
    "published": "Published",
    "forked": "Forked",
    "created": "Created",
    "renamed": "Renamed",
    "made_public": "Made public",
    "made_unlisted": "Made unlisted",
    "made_private": "Made private",
    "shared": "Shared",
    "unshared": "Ended a share",
    "link_made": "Made a secret link",
    "link_accepted": "Accepted a secret link",
    "link_revoked": "Revoked a secret link",
    "deleted": "Deleted",
    "restored": "Restored",
    "removed": "Removed for good",
    "taken_down": "Took down",
    "dismissed": "Dismissed a report",
    "plan_given": "Gave a plan",
    "pool_on": "Switched the pool on",
    "pool_off": "Switched the pool off",
    "worker_joined": "Lent a worker",
    "quarantined": "Sent a worker away",
}
# What has a page at BASE/@OWNER/…
PLACES = {"lab": "", "dataset": "datasets/", "model": "models/", "collection": "collections/"}


class AuditPage(AdminOnly):
    """`BASE/admin/audit`."""

    async def get(self) -> None:
        """Show what was done; what the form cannot be used with is said beside it."""
        asked = {name: self.get_query_argument(name, "") for name in FILTERS}
        cursor, problem = self.get_query_argument("cursor", None), ""
        try:
            found = await self.run(self.app.audits.list, self.viewer, wanted(self), PAGE, cursor)
        except BadInput as error:
            found, problem = ([], None), error.message
        query = {name: value for name, value in asked.items() if value}
        self.page(
            "audit.html",
            entries=found[0],
            next=found[1] and f"?{urlencode(query | {'cursor': found[1]})}",
            asked=asked,
            problem=problem,
            actions=ACTIONS,
            place=place,
            keep_days=self.app.audits.keep_days,
        )


def place(kind: str, about: str) -> str | None:
    """The page of what an entry is about, below BASE; None where it has none."""
    owner, _, name = about.partition("/")
    return f"@{owner}/{PLACES[kind]}{name}" if kind in PLACES and name else None
