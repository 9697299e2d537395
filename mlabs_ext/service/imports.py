"""Imports: a notebook from elsewhere is looked at, shown, and becomes a lab if a person says so.

Until then it is a blob that no row names, and so goes by itself; what a person holds of it is a signed text
that any process of the service understands.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePosixPath
from typing import NamedTuple

import msgspec
from nbformat import NotebookNode

from mlabs_ext import notebook as notebooks
from mlabs_ext import wire
from mlabs_ext.errors import NotFound
from mlabs_ext.notebook_changes import Change, noted
from mlabs_ext.service import storage
from mlabs_ext.service.assets import Assets
from mlabs_ext.service.idempotency import Key
from mlabs_ext.service.import_archive import Archive
from mlabs_ext.service.import_files import beside
from mlabs_ext.service.import_guess import data_of, guess
from mlabs_ext.service.labs import Labs
from mlabs_ext.service.rules import Rules, collaborator, need_write
from mlabs_ext.service.seals import Seals
from mlabs_ext.service.unpacking import Unpacked
from mlabs_ext.service.viewers import Viewer

FILE, NOTEBOOK, DOCUMENT = "import file", "import notebook", "import document"
# Blobs that no row names are kept for longer.
LASTS = timedelta(days=1)
# More than may come along: these are all named.
FILES_SHOWN = 600


class Taken(NamedTuple):
    """A file, its name, and the address that it was fetched from, empty where it was sent."""

    name: str
    source: str
    data: bytes


class Imports(Rules):
    """The rules about imports."""

    labs: Labs = collaborator("The rules about labs.")
    assets: Assets = collaborator("The rules about files.")
    seals: Seals = collaborator("Signs what a person holds of an import.")

    def keep(self, viewer: Viewer, taken: Taken) -> str:
        """Keep a file for a day; a text that stands for it, for this person."""
        owner = need_write(viewer)
        self._need_room(viewer, owner, len(taken.data))
        return self.seals.seal(FILE, owner, self.blobs.put(taken.data), taken.name, taken.source, lasts=LASTS)

    def kept(self, viewer: Viewer, token: str) -> Taken:
        """The file that a text stands for; NotFound `import_expired` for one that is not, or not any more."""
        digest, name, source = self._opened(viewer, FILE, token)[:3]
        return Taken(name, source, self.blobs.get(digest))

    def look(self, viewer: Viewer, taken: Taken, found: Unpacked) -> wire.Import:
        """What would become of a notebook in a file; BadInput `notebook_invalid` where it is none."""
        owner = need_write(viewer)
        shown = wire.Import(None, taken.source, found.name, found.notebooks, made_of=found.made_of)
        if not found.notebook:
            return shown
        along = set(beside(found.path, found.files).values())
        listed = sorted(found.files.items(), key=lambda file: file[0] not in along)[:FILES_SHOWN]
        shown.files = [wire.ImportFile(path, size, path in along) for path, size in listed]
        with noted() as changes:
            nb = notebooks.clean(notebooks.parse(found.notebook))
        # What was made of a script here has nothing of its own to be repaired.
        shown.changes = [] if found.made_of else [_change(change) for change in changes]
        named = notebooks.runtime_of(nb).lab
        notebooks.set_source(nb, taken.source)
        self._describe(shown, nb)
        if not taken.source:
            # What was fetched was there for anybody; a file may be of a private lab.
            with self.store.read() as session:
                shown.visibility = self.labs.usual_visibility(session, viewer, named)
        data = notebooks.dumps(nb)
        self._need_room(viewer, owner, len(data) + sum(found.files[path] for path in along))
        shown.size, shown.notebook_sha256 = len(data), self.blobs.put(data)
        words = [owner, shown.notebook_sha256, found.name, taken.source]
        if along:
            words += [self.blobs.put(taken.data), found.path]
        shown.id = self.seals.seal(NOTEBOOK, *words, lasts=LASTS)
        return shown

    def again(self, viewer: Viewer, token: str) -> wire.Import:
        """The same for what was looked at before; what was changed in it is not known any more."""
        digest, name, source, *archive = self._opened(viewer, NOTEBOOK, token)
        taken, found = Taken(name, source, b""), Unpacked(name, self.blobs.get(digest))
        if archive:
            taken = taken._replace(data=self.blobs.get(archive[0]))
            found.files, found.path = Archive(taken.data).files, archive[1]
        return self.look(viewer, taken, found)

    def create(
        self, viewer: Viewer, token: str, fields: wire.ImportCreate, key: Key | None = None
    ) -> tuple[wire.Lab, str]:
        """Make the lab of what was looked at, and give its notebook's digest too.

        What `fields` leave out is as it was proposed.
        """
        digest, name, source, *archive = self._opened(viewer, NOTEBOOK, token)
        data = self.blobs.get(digest)
        proposed = wire.Import(None, source, name)
        self._describe(proposed, notebooks.parse(data))
        given = {name: value for name, value in msgspec.structs.asdict(fields).items() if value is not None}
        wanted = given.pop("files")
        usual = {name: getattr(proposed, name) for name in ("title", "description")}
        if "environment" not in given:
            usual |= {"environment": proposed.environment, "accelerator": proposed.accelerator}
        described = wire.LabCreate(**(usual | {"message": _message(proposed)} | given))
        lab = self.labs.create(viewer, described, data, key=key)
        if archive and wanted:
            self._bring(viewer, lab, *archive)
        return lab, digest

    def _bring(self, viewer: Viewer, lab: wire.Lab, archive: str, notebook: str) -> None:
        """Put what comes along beside the lab; once more changes nothing."""
        packed = Archive(self.blobs.get(archive))
        files = packed.files
        for name, path in beside(notebook, files).items():
            data = packed.read(path, files[path])
            self.assets.put(viewer, lab.owner, lab.name, name, self.blobs.put(data), len(data))

    def document_token(self, digest: str) -> str:
        """What the rendered document of a notebook that was looked at is asked for by."""
        return self.seals.seal(DOCUMENT, digest, lasts=LASTS)

    def document(self, token: str) -> tuple[bytes, str]:
        """That notebook, and its digest."""
        words = self.seals.open(DOCUMENT, token)
        if words is None:
            raise _expired()
        return self.blobs.get(words[0]), words[0]

    def _opened(self, viewer: Viewer, purpose: str, token: str) -> list[str]:
        """What a text says: a blob, a file's name, where it came from, and more for an archive."""
        owner = need_write(viewer)
        words = self.seals.open(purpose, token)
        # Somebody else's is like one that never was.
        if words is None or words[0] != owner or not self.blobs.exists(words[1]):
            raise _expired()
        return words[1:]

    def _describe(self, shown: wire.Import, nb: NotebookNode) -> None:
        proposal = guess(nb, self.catalogue)
        shown.environment, shown.environment_why, shown.accelerator, shown.accelerator_why = proposal
        shown.title = title_of(nb, shown.file)
        shown.description = f"Imported from {shown.source}" if shown.source else ""
        shown.visibility = self.labs.default_visibility
        shown.cells, shown.data = len(nb.cells), data_of(nb)

    def _need_room(self, viewer: Viewer, owner: str, size: int) -> None:
        with self.store.read() as session:
            storage.check_size(session, self.plans.of(session, owner, viewer), owner, size)


def title_of(nb: NotebookNode, file: str) -> str:
    """A title: what the notebook calls itself, else its first heading, else the file's name."""
    colab = nb.metadata.get("colab")
    named = PurePosixPath(str(colab.get("name") or "")).stem if isinstance(colab, dict) else ""
    stem = PurePosixPath(file).stem.replace("_", " ").strip()
    candidates = (nb.metadata.get("title"), notebooks.title_of(nb), named, stem)
    texts = (" ".join(text.replace("\0", "").split()) for text in candidates if isinstance(text, str))
    return next((text[: notebooks.TITLE_MAX].strip() for text in texts if text), "Untitled")


def _change(change: Change) -> wire.ImportChange:
    return wire.ImportChange(change.kind, change.what, change.count, change.text)


def _message(proposed: wire.Import) -> str:
    return f"Imported from {proposed.source or proposed.file}"[:1000]


def _expired() -> NotFound:
    return NotFound(
        "This preview has expired, or is not yours: import the notebook once more.", "import_expired"
    )
