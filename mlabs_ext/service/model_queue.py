"""Which models wait to be converted, and what becomes of them: all that is known lies in their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import or_, select, text, update
from sqlalchemy.orm import Session
from traitlets import Integer

from mlabs_ext.errors import Full, MLabsError
from mlabs_ext.service import model_files, model_variants, storage
from mlabs_ext.service.conversion.task import Compared, Converted
from mlabs_ext.service.model_adding import touch
from mlabs_ext.service.model_files import Kept
from mlabs_ext.service.model_upload import Stored
from mlabs_ext.service.orm_models import WAITING, Model, ModelVersion
from mlabs_ext.service.rules import Rules

# One whose service said nothing for so long is begun again: that service has ended.
SILENT = timedelta(seconds=30)
NONE: Mapping[str, tuple[Converted, Path]] = {}


class Job(NamedTuple):
    """A version that is converted now, and the files that came by their paths."""

    model: str
    number: int
    files: dict[str, Stored]

    @property
    def key(self) -> str:
        """What tells it from the others."""
        return f"{self.model}/{self.number}"


class ModelQueue(Rules):
    """The rules about conversions. Several services may take part."""

    at_once = Integer(
        2,
        min=1,
        help="""How many models are converted at a time; others wait.

        Default: 2. Example:

            c.ModelQueue.at_once = 8
        """,
    ).tag(config=True)

    tries = Integer(
        3,
        min=1,
        help="""How often a conversion is begun again that something cut off, as the end of the service does.

        Default: 3. Example:

            c.ModelQueue.tries = 5
        """,
    ).tag(config=True)

    def claim(self, count: int) -> list[Job]:
        """The next few to convert, which are this service's now; those that are given up are refused."""
        lost = (ModelVersion.status == "converting") & (ModelVersion.begun < self.now() - SILENT)
        open_ = or_(ModelVersion.status == "queued", lost)
        query = select(ModelVersion).join(Model, Model.id == ModelVersion.model_id)
        # The very words of the small index of those that wait: only then is it good for this.
        query = query.where(text(WAITING), open_)
        query = query.where(Model.deleted.is_(None)).order_by(ModelVersion.created).limit(count)
        with self.store.read() as session:
            if count < 1 or session.scalars(query).first() is None:
                return []
        with self.store.write() as session:
            rows = session.scalars(query.with_for_update(skip_locked=True, of=ModelVersion)).all()
            return [job for row in rows if (job := self._begin(session, row))]

    def _begin(self, session: Session, row: ModelVersion) -> Job | None:
        if row.tries >= self.tries:
            message = (
                f"The conversion was begun {row.tries} times and never came to an end: the model may be too "
                "large for this service. Upload it again, or ask an administrator."
            )
            self._refuse(session, row, "model_unconverted", message)
            return None
        row.status, row.begun, row.tries = "converting", self.now(), row.tries + 1
        _changed(session, row)
        stored = model_files.of_kind(session, row.model_id, row.number, "source")
        return Job(row.model_id, row.number, stored)

    def going_on(self, jobs: Iterable[Job]) -> None:
        """Say that these are still being converted here."""
        with self.store.write() as session:
            for job in jobs:
                session.execute(update(ModelVersion).where(*_of(job)).values(begun=self.now()))

    def variants(self, job: Job) -> list[str]:
        """The variants that the version is to have besides, as the one before it does."""
        with self.store.read() as session:
            return model_variants.of_latest(session, job.model)

    def done(
        self, job: Job, made: Converted, folder: Path, variants: Mapping[str, tuple[Converted, Path]] = NONE
    ) -> None:
        """Keep what was made: from now on it is served, and `latest` is this version."""
        files = model_files.kept(self.blobs, job.number, made, folder)
        for variant, (found, place) in variants.items():
            files += model_files.kept(self.blobs, job.number, found, place, variant)
        compared = {variant: found.compared for variant, (found, _) in variants.items()}
        try:
            self._settle(job, made, files, compared)
        except Full as error:
            self.refused(job, error)

    def _settle(
        self, job: Job, made: Converted, files: Kept, compared: Mapping[str, Compared | None]
    ) -> None:
        with self.store.write() as session:
            row, model = self._rows(session, job)
            if row is None or model is None:
                return
            came = {file.digest for file in job.files.values()}
            more = sum(file.size for _, file in files if file.digest not in came)
            storage.check_size(session, self.plans.of(session, model.owner), model.owner, more)
            model_files.add(session, job.model, job.number, files)
            plain = msgspec.to_builtins(made)
            for name in ("format", "inputs", "outputs", "layers", "parameters", "notes", "needs"):
                setattr(row, name, plain[name])
            model_variants.note(row, compared)
            row.status, row.begun = "ready", None
            model.version = max(model.version, job.number)
            touch(model, self.now())

    def refused(self, job: Job, error: MLabsError) -> None:
        """Note why a model cannot be converted."""
        with self.store.write() as session:
            row, _ = self._rows(session, job)
            if row is not None:
                self._refuse(session, row, error.code, error.message, error.detail)

    def again(self, job: Job) -> None:
        """Have it begun once more: something failed that passes."""
        with self.store.write() as session:
            row, _ = self._rows(session, job)
            if row is not None:
                row.status, row.begun = "queued", None
                _changed(session, row)

    def _refuse(
        self,
        session: Session,
        row: ModelVersion,
        code: str,
        message: str,
        detail: dict[str, Any] | None = None,
    ) -> None:
        row.status, row.begun = "refused", None
        row.error = {"code": code, "message": message, "detail": detail}
        _changed(session, row)

    def _rows(self, session: Session, job: Job) -> tuple[ModelVersion | None, Model | None]:
        """The rows of a job that is still this service's; None where its model is gone meanwhile."""
        row = session.scalar(select(ModelVersion).where(*_of(job)).with_for_update())
        return row, session.get(Model, job.model, with_for_update=True) if row else None


def _changed(session: Session, row: ModelVersion) -> None:
    """The model's ETag is another one now; it is not news of the model, which stays where it is in lists."""
    session.get_one(Model, row.model_id, with_for_update=True).revision += 1


def _of(job: Job) -> tuple[Any, ...]:
    mine = ModelVersion.model_id == job.model, ModelVersion.number == job.number
    return *mine, ModelVersion.status == "converting"
