"""Thumbnails: the first figure of each notebook, made small, as cards of labs show it."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.errors import NotFound
from mlabs_ext.service import statements
from mlabs_ext.service.orm_thumbnails import Thumbnail
from mlabs_ext.service.rendering.model import Picture
from mlabs_ext.service.rules import Rules, find_lab
from mlabs_ext.service.versions import find_version
from mlabs_ext.service.viewers import Viewer

MEDIA = "image/webp"


class Thumbnails(Rules):
    """The rules about thumbnails. They are kept by notebook, so that forks and versions share them."""

    def keep(self, notebook: str, picture: Picture | None) -> None:
        """Keep the picture of a notebook, or note that there is none."""
        row = {"notebook": notebook, "blob": None, "alt": "", "width": 0, "height": 0, "size": 0}
        if picture is not None:
            blob = self.blobs.put(picture.data)
            row |= {"blob": blob, "alt": picture.alt, "width": picture.width, "height": picture.height}
            row["size"] = len(picture.data)
        with self.store.write() as session:
            insert = statements.insert(session, Thumbnail)
            session.execute(insert.values(row).on_conflict_do_nothing())

    def find(self, viewer: Viewer, owner: str, name: str, number: int) -> wire.Asset:
        """The picture of a version as a file; it never changes."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            version = find_version(session, lab, number)
            row = session.get(Thumbnail, version.notebook)
            if row is None or row.blob is None:
                raise NotFound(f"Version {number} of {owner}/{name} has no picture.", "thumbnail_not_found")
            url = self.addresses.thumbnail(owner, name, number)
            path = url.rpartition("/")[2]
            return wire.Asset(path, row.size, MEDIA, row.blob, None, version.created, url)
