"""`mlabs check --repair`: puts back what a backup has, and has search read again what it lacks."""

from __future__ import annotations

from mlabs_ext.backups import manifest, words
from mlabs_ext.backups.archive import Reader
from mlabs_ext.backups.check import Report
from mlabs_ext.backups.places import Place
from mlabs_ext.backups.source import source
from mlabs_ext.backups.unpacking import BLOB
from mlabs_ext.errors import Unusable
from mlabs_images.progress import Progress

BLOBS = ("blob_missing", "blob_damaged")


def repair(place: Place, report: Report, file: str, progress: Progress) -> dict[str, int]:
    """Mend what can be: how many blobs were put back, and how many labs got their words again."""
    wanted = {problem.what: problem.code for problem in report.problems if problem.code in BLOBS}
    labs = 0
    if any(problem.code == "search_incomplete" for problem in report.problems):
        store = place.store()
        try:
            with store.write() as session:
                labs = words.fill(session, progress.report)
        finally:
            store.close()
    return {"blobs": put_back(place, wanted, file, progress) if wanted and file else 0, "labs": labs}


def put_back(place: Place, wanted: dict[str, str], file: str, progress: Progress) -> int:
    """Put back the blobs that a backup has; each is held to its digest, whatever else the file is."""
    progress.begin("repair")
    blobs, done = place.blobs(), 0
    with source(file) as archive:
        reader = Reader(archive)
        entries = iter(reader)
        first = next(entries, None)
        if first is None or first.name != manifest.HEAD:
            raise Unusable(f"{file} is no backup of MLabs.", "backup_unknown")
        for entry in entries:
            name = BLOB.fullmatch(entry.name)
            digest = f"sha256:{name[1]}{name[2]}" if name else ""
            if digest not in wanted:
                continue
            with blobs.writer() as writer:
                for chunk in reader.content():
                    writer.write(chunk)
                if writer.digest == digest:
                    # A damaged one would be taken for this.
                    blobs.delete(digest)
                    writer.commit()
                    done += 1
            progress.report(digest, 100 * done // len(wanted))
    progress.end(f"{done} of {len(wanted)} blobs put back")
    return done
