"""Models: uploaded or taken from runs, in versions that never change, for front ends to load."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, structs
from sqlalchemy import ColumnElement, and_, or_, select
from traitlets import Enum

from mlabs_ext import wire
from mlabs_ext.errors import Forbidden, NotFound, Unusable
from mlabs_ext.names import check_name, name_from
from mlabs_ext.service import model_rows, storage
from mlabs_ext.service.fields import plain
from mlabs_ext.service.idempotency import Key, once
from mlabs_ext.service.model_adding import ModelAdding, begun, touch
from mlabs_ext.service.model_lists import ModelLists
from mlabs_ext.service.model_rows import STORAGES, Number, edited, find, find_version
from mlabs_ext.service.model_texts import Text, looks_up, text_of
from mlabs_ext.service.model_trash import ModelTrash
from mlabs_ext.service.model_upload import Stored
from mlabs_ext.service.orm_models import ModelFile
from mlabs_ext.service.rules import need_write
from mlabs_ext.service.tfjs_files import MODEL
from mlabs_ext.service.viewers import Viewer


class Models(ModelAdding, ModelLists, ModelTrash):
    """The rules about models. All answers are shapes of `mlabs_ext.wire`."""

    default_visibility: Enum[wire.Visibility] = Enum(
        ["public", "unlisted", "private"], "public", help="Who sees a new model: what is said of labs."
    )

    def create(
        self, viewer: Viewer, fields: wire.ModelCreate, files: Sequence[Stored], key: Key | None = None
    ) -> wire.Model:
        """A new model with its first version, which waits to be converted.

        A name that is given must be free (Conflict); one made from the title or a file is numbered where it
        is taken. A model under it of which all was refused goes on with what comes now.
        """
        owner = need_write(viewer)
        if fields.name is not None:
            check_name(fields.name, "model")
        kept, said = self.checked(files), said_of(fields)

        def make() -> wire.Model:
            storage.turn(session, owner)
            title = title_of(fields, kept)
            row = begun(session, owner, fields.name or name_from(title, "model"), bool(fields.name))
            if row is None:
                row = self.new_row(
                    session, owner, fields.name, title, fields.visibility or self.default_visibility
                )
            for name, value in said.items():
                setattr(row, name, value)
            version = self.add(session, viewer, row, owner, fields.message, kept)
            return model_rows.shown(session, viewer, self.addresses, row, version)

        with self.store.write() as session:
            return once(session, owner, key, wire.Model, make)

    def add_version(
        self,
        viewer: Viewer,
        owner: str,
        name: str,
        fields: wire.ModelVersionCreate,
        files: Sequence[Stored],
        key: Key | None = None,
    ) -> wire.Model:
        """The next version of a model, which waits to be converted; the newest where that is the same."""
        author = need_write(viewer)
        kept = self.checked(files)

        def make() -> wire.Model:
            storage.turn(session, owner)
            row = edited(session, viewer, owner, name)
            version = self.add(session, viewer, row, author, fields.message, kept)
            return model_rows.shown(session, viewer, self.addresses, row, version)

        with self.store.write() as session:
            return once(session, author, key, wire.Model, make)

    def may_add(self, viewer: Viewer, owner: str, name: str) -> None:
        """Go on only where the viewer may add a version: asked before the files come."""
        need_write(viewer)
        with self.store.read() as session:
            edited(session, viewer, owner, name)

    def get(self, viewer: Viewer, owner: str, name: str, number: Number = "latest") -> wire.Model:
        """A version of a model: its latest that is ready, or for who may edit it the newest where none is."""
        return self.get_with_etag(viewer, owner, name, number)[0]

    def get_with_etag(
        self, viewer: Viewer, owner: str, name: str, number: Number = "latest"
    ) -> tuple[wire.Model, str]:
        """The same, and what `If-Match` takes for the model as it is."""
        with self.store.read() as session:
            row = find(session, viewer, owner, name)
            version = find_version(session, viewer, row, number)
            shape = model_rows.shown(session, viewer, self.addresses, row, version)
            return shape, model_rows.etag(row)

    def change(
        self, viewer: Viewer, owner: str, name: str, fields: wire.ModelChange, if_match: str | None = None
    ) -> wire.Model:
        """Change what is given, leave the rest; only the owner says who sees a model."""
        said = said_of(fields)
        with self.store.write() as session:
            row = edited(session, viewer, owner, name, if_match)
            if said.get("visibility", row.visibility) != row.visibility and not viewer.acts_for(owner):
                raise Forbidden(f"Only {owner} changes who can see this model.", "owner_required")
            for field, value in said.items():
                setattr(row, field, value)
            if fields.follows is None:
                row.path = None
            touch(row, self.now())
            session.flush()
            version = find_version(session, viewer, row, "latest")
            return model_rows.shown(session, viewer, self.addresses, row, version)

    def file(self, viewer: Viewer, owner: str, name: str, number: Number, path: str) -> wire.Asset:
        """The file that an address means: that of a variant where it begins so, as `float16/model.json`.

        `latest` has a `model.json` of its own, see `ModelFile`.
        """
        with self.store.read() as session:
            row = find(session, viewer, owner, name)
            version = find_version(session, viewer, row, number)
            moves = number == "latest" and version.status == "ready"
            same = ModelFile.model_id == row.id, ModelFile.number == version.number
            query = select(ModelFile).where(*same, _means(path.replace("\0", "\ufffd"), moves))
            # A variant's before what came under such a name.
            found = session.scalars(query.order_by(ModelFile.kind == "source")).first()
            if found is None:
                raise NotFound(f"{owner}/{name} has no file {path!r:.100} there.", "file_not_found")
            shape = model_rows.file_shape(self.addresses, row, found)
            number_of = str(version.number)
            return wire.Asset(
                shape.path, shape.size, shape.type, shape.digest, number_of, version.created, shape.url
            )

    def text(self, viewer: Viewer, model: wire.Model) -> Text | None:
        """The text that this version of a model takes, as it says itself; None of all others."""
        if model.status != "ready" or not looks_up(model):
            return None
        file = self.file(viewer, model.owner, model.name, model.version, MODEL)
        with self.blobs.open(file.digest) as opened:
            return text_of(opened.read())


def title_of(fields: wire.ModelCreate, files: Sequence[Stored]) -> str:
    """The title that is given, else the name of the model or of its one file."""
    stem = files[0].path.rpartition(".")[0] if len(files) == 1 else ""
    return ((fields.title or "").strip() or fields.name or stem or "Model")[:200]


def _means(path: str, moves: bool) -> ColumnElement[bool]:
    """Which files a path means; `moves` is of the address that follows the model."""
    variant, _, below = path.partition("/")
    if moves and (path == MODEL or (variant in STORAGES and below == MODEL)):
        return and_(ModelFile.kind == "latest", ModelFile.path == path)
    plain = and_(ModelFile.kind.in_(("served", "source")), ModelFile.path == path)
    if variant not in STORAGES:
        return plain
    return or_(plain, and_(ModelFile.kind == variant, ModelFile.path == below))


def said_of(fields: wire.ModelCreate | wire.ModelChange | wire.ModelTake) -> dict[str, str]:
    """The fields of the model itself that are given, as they are kept; Unusable where none can be so."""
    given: dict[str, Any] = {name: v for name, v in structs.asdict(fields).items() if v not in (None, UNSET)}
    words = given.keys() & {"title", "description"}
    said = {name: plain(given[name].strip(), name) for name in words}
    if not said.get("title", "-"):
        raise Unusable("A model needs a title.", "fields_invalid", {"field": "title"})
    return said | {name: given[name] for name in given.keys() & {"visibility"}}
