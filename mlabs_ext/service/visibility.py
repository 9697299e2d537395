"""Who sees a new lab whose author does not say: no more people than see what it comes from."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, NotFound
from mlabs_ext.names import split_lab
from mlabs_ext.service.rules import find_lab
from mlabs_ext.service.viewers import Viewer

RANKS: dict[wire.Visibility, int] = {"public": 0, "unlisted": 1, "private": 2}


def narrower(one: wire.Visibility, other: wire.Visibility) -> wire.Visibility:
    """The one of the two with which fewer people see a lab."""
    return max(one, other, key=RANKS.__getitem__)


def of_new(session: Session, viewer: Viewer, named: str | None, usual: wire.Visibility) -> wire.Visibility:
    """Who sees a new lab of the viewer's whose notebook names a lab; `usual` where it names none.

    A lab that is not there for the viewer may have been private, and then what came from it stays so. It is
    the same for what never existed: nothing can be learned of others' labs by it.
    """
    if named is None:
        return usual
    try:
        return narrower(find_lab(session, viewer, *split_lab(named)).visibility, usual)
    except (NotFound, BadInput):
        return "private"
