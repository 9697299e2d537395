"""The fields of a dataset that its owner sets, checked in one place whatever request brings them."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, structs

from mlabs_ext import wire
from mlabs_ext.errors import Unusable
from mlabs_ext.service import licenses
from mlabs_ext.service.fields import plain
from mlabs_ext.service.orm_datasets import Dataset

TEXTS = ("title", "description", "source")
SETTABLE = (*TEXTS, "tags", "license", "visibility")


def given(fields: wire.DatasetCreate | wire.DatasetChange) -> dict[str, Any]:
    """What a request says about the dataset, by field; Unusable where none could have it."""
    change = isinstance(fields, wire.DatasetChange)
    said = {name: value for name, value in structs.asdict(fields).items() if name in SETTABLE}
    cleared = change and said["license"] is None
    said = {name: value for name, value in said.items() if value is not None and value is not UNSET}
    for name in said.keys() & set(TEXTS):
        said[name] = plain(said[name].replace("\r\n", "\n"), name).strip()
    if not said.get("title", "-"):
        raise Unusable("A dataset needs a title.", "fields_invalid", {"field": "title"})
    if "tags" in said:
        said["tags"] = list(dict.fromkeys(said["tags"]))
    if "license" in said or cleared:
        said["license"] = licenses.checked(said.get("license", ""))
    return said


def check_public(row: Dataset) -> None:
    """Raise Unusable where others could not tell what a public dataset is, or what they may do with it."""
    if row.visibility != "public":
        return
    if not row.license:
        raise Unusable(
            "A public dataset needs a license: choose one, such as CC-BY-4.0 or CC0-1.0, or keep it private.",
            "license_required",
            {"field": "license"},
        )
    if not row.description:
        raise Unusable(
            "A public dataset needs a description: say what the data are and where they come from, or keep "
            "it private.",
            "description_required",
            {"field": "description"},
        )
