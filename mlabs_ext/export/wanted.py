"""What an export is to hold: one lab, all of a person's public labs, or all of everybody's."""

from __future__ import annotations

from urllib.parse import quote

from msgspec import Struct

from mlabs_ext import names
from mlabs_ext.errors import NotFound
from mlabs_ext.export.links import Scope
from mlabs_ext.export.source import Reader

ALL = "--all"


class Lab(Struct):
    """What an export has to know of a lab."""

    owner: str
    name: str
    title: str
    description: str
    tags: list[str]
    environment: str
    accelerator: str
    visibility: str
    version: int

    @property
    def ref(self) -> str:
        """Its name among all."""
        return f"{self.owner}/{self.name}"

    @property
    def path(self) -> str:
        """The same as part of an address of the API."""
        return f"{quote(self.owner, safe='')}/{self.name}"

    @property
    def page(self) -> str:
        """The address of its page."""
        return f"@{self.path}"


class Run(Struct):
    """What an export has to know of a run."""

    id: str
    ended: str | None


class Asset(Struct):
    """What an export has to know of a file."""

    path: str
    digest: str
    size: int
    run: str | None

    @property
    def sha256(self) -> str:
        """The digest as the folder knows it."""
        return self.digest.removeprefix("sha256:")


async def read(reader: Reader, what: str) -> tuple[Scope, list[Lab]]:
    """The labs that `what` names (`--all`, `@owner` or `owner/lab`) as anybody sees them."""
    if what == ALL:
        labs = await reader.list("api/v1/labs", Lab)
        return Scope(True, {lab.owner for lab in labs}, {lab.ref for lab in labs}), labs
    if "/" in what:
        owner, name = names.split_lab(what)
        lab = await reader.get(f"api/v1/labs/{quote(owner, safe='')}/{name}", Lab)
        return Scope(labs={lab.ref}), [lab]
    owner = what.removeprefix("@")
    labs = await reader.list("api/v1/labs", Lab, owner=owner)
    if not labs:
        raise NotFound(f"{owner} has no public lab here.", "owner_not_found")
    return Scope(people={owner}, labs={lab.ref for lab in labs}), labs
