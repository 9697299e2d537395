"""What a copy of a lab holds: its notebook, what is known of it, and the newest files of its runs."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from mlabs_ext import names
from mlabs_ext.errors import Conflict, Unavailable, Unusable
from mlabs_ext.remote.site import Site
from mlabs_ext.wire import Asset, AssetPage, Lab, Version

ABOUT = "lab.json"


class Copied(Struct):
    """What `lab.json` says: the lab, its versions up to the one of the notebook, and the digests of files."""

    id: str
    owner: str
    name: str
    title: str
    description: str
    tags: list[str]
    environment: str
    accelerator: str
    version: int
    versions: list[dict[str, Any]]
    files: dict[str, str] = {}

    def dumped(self) -> bytes:
        """The same every time."""
        facts = msgspec.to_builtins(self)
        return json.dumps(facts, indent=2, ensure_ascii=False, sort_keys=True).encode() + b"\n"


class Page(Struct):
    """A page of versions."""

    items: list[Version]
    next: str | None = None


class Original:
    """A lab at an MLabs, read with the person's token."""

    def __init__(self, site: Site, ref: str):
        self.site = site
        self.path = "/".join(quote(part, safe="") for part in names.split_lab(ref))
        self.lab = site.get(f"labs/{self.path}", Lab)
        if not self.lab.version:
            raise Unusable("This lab is a draft: publish it first, then it can be saved.", "lab_draft")

    @property
    def name(self) -> str:
        """The folder of the copy, and its notebook's name."""
        return names.check_name(self.lab.name)

    def versions(self) -> list[Version]:
        """All versions, the oldest first."""
        found: list[Version] = []
        cursor: str | None = None
        while True:
            page = self.site.get(f"labs/{self.path}/versions", Page, limit=100, cursor=cursor)
            found += page.items
            if (cursor := page.next) is None:
                return found[::-1]

    def files(self) -> list[Asset]:
        """The newest file of each path."""
        found = self.site.get(f"labs/{self.path}/assets", AssetPage).items
        return [checked(asset) for asset in found]

    def about(self, versions: list[Version], files: list[Asset]) -> Copied:
        """What is known of it at the last of these versions."""
        last = versions[-1]
        facts = ("number", "author", "message", "created", "notebook_sha256", "environment", "accelerator")
        return Copied(
            id=self.lab.id,
            owner=self.lab.owner,
            name=self.name,
            title=self.lab.title,
            description=self.lab.description,
            tags=self.lab.tags,
            environment=last.environment,
            accelerator=last.accelerator,
            version=last.number,
            versions=[{name: msgspec.to_builtins(getattr(one, name)) for name in facts} for one in versions],
            files={asset.path: asset.digest for asset in files},
        )

    def notebook(self, version: Version) -> bytes:
        """A version's notebook, as it was published."""
        out = io.BytesIO()
        self.site.download(f"api/v1/labs/{self.path}/versions/{version.number}/notebook", out)
        data = out.getvalue()
        if f"sha256:{hashlib.sha256(data).hexdigest()}" != version.notebook_sha256:
            raise Unavailable("A notebook did not come whole; try again.", "file_incomplete")
        return data

    @contextmanager
    def file(self, asset: Asset) -> Iterator[Path]:
        """A file's bytes on this machine's disk, for as long as they are needed."""
        address = f"assets/{self.path}/{asset.run or 'latest'}/{quote(asset.path)}"
        with TemporaryDirectory(prefix="mlabs-copy-") as folder:
            place = Path(folder, "file")
            with place.open("wb+") as out:
                self.site.download(address, out)
                out.seek(0)
                digest = hashlib.file_digest(out, "sha256").hexdigest()
            if f"sha256:{digest}" != asset.digest:
                raise Unavailable(f"{asset.path} did not come whole; try again.", "file_incomplete")
            yield place


def checked(asset: Asset) -> Asset:
    """The asset, if its path stays inside the folder that it is written to."""
    parts = asset.path.split("/")
    if any(part in ("", ".", "..", ".git") or "\\" in part or "\0" in part for part in parts):
        raise Unusable(f"{asset.path!r:.100} cannot be the path of a file in a copy.", "path_invalid")
    return asset


def known(data: bytes | None, original: Original) -> dict[str, str]:
    """The files that an earlier copy has, by their digests; Conflict where the place is another lab's."""
    about = parsed(data, original)
    return about.files if about else {}


def parsed(data: bytes | None, original: Original) -> Copied | None:
    """What an earlier copy says; Conflict where it is of another lab, or no copy."""
    if data is None:
        return None
    try:
        about = msgspec.json.decode(data, type=Copied)
    except msgspec.MsgspecError as error:
        reason = f"{original.name}/{ABOUT} there is no copy's: choose another place."
        raise Conflict(reason, "copy_of_another") from error
    if about.id != original.lab.id:
        reason = f"{original.name} there is a copy of {about.owner}/{about.name}: choose another place."
        raise Conflict(reason, "copy_of_another")
    return about
