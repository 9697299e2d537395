"""The fields of a lab that its owner sets, checked in one place whatever request brings them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import UNSET
from sqlalchemy import delete
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.catalogue import Catalogue
from mlabs_ext.errors import Unusable
from mlabs_ext.service import licenses, orm

Fields = wire.LabCreate | wire.LabChange | wire.VersionCreate
SETTABLE = ("title", "description", "tags", "visibility", "environment", "accelerator", "license", "comments")


def plain(text: str, field: str) -> str:
    """`text` if it can be stored and shown: U+0000 cannot."""
    if "\0" in text:
        raise Unusable(f"`{field}` holds a NUL character.", "fields_invalid", {"field": field})
    return text


def given(fields: Fields) -> dict[str, Any]:
    """What the request says about the lab, by field; Unusable where no lab could have it."""
    named = ((name, getattr(fields, name, None)) for name in SETTABLE)
    said = {name: value for name, value in named if value is not UNSET and value is not None}
    if not said.get("title", "-").strip():
        raise Unusable("A lab needs a title.", "fields_invalid", {"field": "title"})
    for name in said.keys() & {"title", "description"}:
        plain(said[name], name)
    if isinstance(fields, wire.LabChange) and fields.license is None:
        said["license"] = ""
    if "license" in said:
        said["license"] = licenses.checked(said["license"])
    return said


def apply(session: Session, lab: orm.Lab, fields: Fields, catalogue: Catalogue) -> bool:
    """Set the fields that are given; whether any of them is new."""
    new = {name: value for name, value in given(fields).items() if value != getattr(lab, name)}
    for name, value in new.items():
        setattr(lab, name, value)
    if new.keys() & {"environment", "accelerator"}:
        _check_runtime(lab, new, catalogue)
    unpinned = lab.image is not None and _unpins(fields, new)
    if unpinned:
        lab.image = None
    if "tags" in new:
        set_tags(session, lab, new["tags"])
    return bool(new) or unpinned


def _unpins(fields: Fields, new: dict[str, Any]) -> bool:
    """Whether the lab is to run on its environment as it is now: as asked, or since it has another one."""
    return getattr(fields, "image", UNSET) is None or bool(new.keys() & {"environment", "accelerator"})


def _check_runtime(lab: orm.Lab, new: dict[str, Any], catalogue: Catalogue) -> None:
    """A new environment without the old accelerator goes on without one, unless that was asked for."""
    spec = catalogue.get(lab.environment)
    if "accelerator" not in new and lab.accelerator not in spec.accelerators:
        lab.accelerator = "none"
    catalogue.check(lab.environment, lab.accelerator)


def set_tags(session: Session, lab: orm.Lab, tags: list[str]) -> None:
    """Set a lab's tags, each once, in the given order."""
    lab.tags = list(dict.fromkeys(tags))
    session.execute(delete(orm.Tag).where(orm.Tag.lab_id == lab.id))
    session.add_all(orm.Tag(tag=tag, lab_id=lab.id) for tag in lab.tags)


def touch(lab: orm.Lab, now: datetime) -> None:
    """Note a change by the owner: a new ETag, and the top of the lists."""
    lab.revision += 1
    lab.updated = now
