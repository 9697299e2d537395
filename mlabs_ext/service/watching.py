"""What an administrator watches of a running MLabs: what waits, for how long, and what room is left."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnExpressionArgument, func, select, text

from mlabs_ext.last_backup import noted
from mlabs_ext.service import orm
from mlabs_ext.service.orm_models import WAITING, ModelVersion
from mlabs_ext.service.orm_notifications import Delivery
from mlabs_ext.service.orm_search import LabText
from mlabs_ext.service.rules import Rules

# The numbers by name, and what each is.
NUMBERS = {
    "runs_waiting": "Background runs that wait for their turn.",
    "runs_waiting_seconds": "How long the one that waits longest has waited.",
    "runs_running": "Runs that are going on, interactive ones included.",
    "conversions_waiting": "Models that wait to be converted, or are being converted.",
    "words_waiting": "Labs whose words search has still to read.",
    "deliveries_waiting": "Mails and webhooks that are to be sent, or tried again.",
    "labs": "Labs that are there.",
    "database_bytes": "What the database takes up.",
    "data_free_bytes": "Room that is left where the data directory is.",
    "blobs_free_bytes": "Room that is left where blobs are; not known of a bucket.",
    "backup_timestamp_seconds": "When the last backup ended, in seconds since 1970; absent before the first.",
    "backup_whole": "Whether that one has all: 1, or 0 where something could not be read.",
}


class Watching(Rules):
    """The rules about these numbers. `directory` is the data directory."""

    directory = ""

    def measure(self) -> dict[str, float]:
        """The numbers by their names; what is not known is left out."""
        found = self._counted()
        found["database_bytes"] = self.store.size()
        found["data_free_bytes"] = _free(Path(self.directory))
        if not self.blobs.url:
            found["blobs_free_bytes"] = _free(Path(self.blobs.directory))
        if last := noted(Path(self.directory)):
            found |= {"backup_timestamp_seconds": last.ended, "backup_whole": float(last.whole)}
        return found

    def _counted(self) -> dict[str, float]:
        run, now = orm.Run, self.now()
        with self.store.read() as session:

            def count(table: type[Any], *conditions: ColumnExpressionArgument[bool]) -> int:
                return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0

            oldest = session.scalar(select(func.min(run.started)).where(run.status == "queued"))
            return {
                "runs_waiting": count(run, run.status == "queued"),
                "runs_waiting_seconds": (now - oldest).total_seconds() if oldest else 0,
                "runs_running": count(run, run.status == "running"),
                "conversions_waiting": count(ModelVersion, text(WAITING)),
                "words_waiting": count(LabText, LabText.pending),
                "deliveries_waiting": count(Delivery, Delivery.ended.is_(None)),
                "labs": count(orm.Lab, orm.Lab.deleted.is_(None)),
            }


def _free(place: Path) -> int:
    there = next(one for one in (place.absolute(), *place.absolute().parents) if one.exists())
    return shutil.disk_usage(there).free
