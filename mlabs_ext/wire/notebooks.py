"""What a user's server and its front ends tell each other about notebooks."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from mlabs_ext.wire.guard import FindingIds
from mlabs_ext.wire.labs import Description, Lab, License, Tags, Title, Visibility

__all__ = [
    "EmbedSnippet",
    "ForkRequest",
    "Forked",
    "NotebookLab",
    "PublishRequest",
    "Published",
    "RunAllMark",
]


class Published(Struct):
    """What the user's server answers to a publish. `created` is true for a first version.

    `metadata` is what the notebook's `mlabs` metadata should now hold; an open front end sets it. `note` says
    in words what was decided that nobody had asked for.
    """

    lab: Lab
    created: bool
    unchanged: bool
    metadata: dict[str, Any] = {}
    note: str | None = None


class PublishRequest(Struct, forbid_unknown_fields=True):
    """Publishes the notebook at `path`, relative to the server's root, as it is saved.

    `write_metadata` has the server write the `mlabs` metadata into the file: for callers without a front end,
    which would otherwise find the file changed under it. `acknowledged` are ids of findings of `POST check`
    that are meant to be published; a secret that is not among them stops the publish.
    """

    path: str
    name: str | None = None
    title: Title | None = None
    description: Description | None = None
    tags: Tags | None = None
    visibility: Visibility | None = None
    message: Annotated[str, Meta(max_length=1000)] | None = None
    write_metadata: bool = False
    acknowledged: FindingIds = []
    license: License | None = None


class ForkRequest(Struct, forbid_unknown_fields=True):
    """Forks a lab (`owner/name`) from the user's server."""

    lab: str
    name: str | None = None


class Forked(Struct):
    """The fork, and the page that opens it."""

    lab: Lab
    open_url: str


class RunAllMark(Struct, forbid_unknown_fields=True):
    """A front end's word that it now runs these code cells, by id and in order, of the notebook at `path`."""

    path: str
    cells: Annotated[list[Annotated[str, Meta(max_length=255)]], Meta(max_length=100_000)]


class NotebookLab(Struct):
    """What a front end shows beside a notebook.

    `lab` is the lab that it belongs to: the owner's, or somebody else's that is shared with them to edit.
    `source` is another's lab that it comes from while it belongs to none. `dirty`: the saved notebook
    differs from the latest version. `visibility` is what a publish leads to that says nothing of it, null
    for the service's default. `lost`: the notebook names a lab that is not there for this person, or not any
    more; a publish makes a new one.
    """

    path: str
    owner: str
    lab: Lab | None
    source: str | None
    draft: bool
    foreign: bool
    dirty: bool
    visibility: Visibility | None = None
    lost: bool = False


class EmbedSnippet(Struct):
    """Ways to show a lab elsewhere; `markdown` and `rst` are badges that link to it.

    `html` is an iframe; `paragraph` is a link that the script with it turns into one that fits its content.
    """

    url: str
    embed_url: str
    html: str
    markdown: str
    rst: str
    paragraph: str = ""
