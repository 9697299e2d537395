"""Checks of where blobs are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlabs_ext.doctor.database import ask, need_tables
from mlabs_ext.doctor.found import Found, NotHere, fault
from mlabs_ext.doctor.here import Here
from mlabs_ext.errors import MLabsError

if TYPE_CHECKING:
    from mlabs_ext.service.blobs import Blobs

# How many of the newest labs are looked at: a folder that is not mounted lacks them all.
SAMPLE = 20


def blobs(here: Here) -> Iterator[Found]:
    """The place of blobs is there, lets this MLabs in, and takes more."""
    try:
        place(here).check()
    except MLabsError as error:
        cause = f" ({error.__cause__})" if error.__cause__ else ""
        yield fault(f"{error.message}{cause}")


def notebooks(here: Here) -> Iterator[Found]:
    """The notebooks of the newest labs are where blobs are."""
    need_tables(here)
    rows = ask(here, f"SELECT notebook FROM version ORDER BY lab_id DESC LIMIT {SAMPLE}")  # noqa: S608
    if not rows:
        raise NotHere("there are no labs yet")
    store = place(here)
    try:
        lost = sum(not store.exists(digest) for [digest] in rows)
    except MLabsError as error:
        raise NotHere("the place of blobs does not answer") from error
    if lost:
        yield fault(f"Of the {len(rows)} newest notebooks {lost} are not where blobs are.")


def place(here: Here) -> Blobs:
    """Where blobs are, as the service has it."""
    here.need_data()
    from mlabs_ext.service.blobs import Blobs

    return Blobs.of(here.data.path, here.config)
