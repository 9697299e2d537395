"""Bodies that carry a notebook: as a JSON field, or raw with the other fields in the query."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, Unusable
from mlabs_ext.service.web.base import BaseHandler

NOTEBOOK = "application/x-ipynb+json"
Shape = TypeVar("Shape", wire.LabCreate, wire.VersionCreate, wire.BatchCreate)


def notebook_body(handler: BaseHandler, shape: type[Shape]) -> tuple[Shape, bytes | None]:
    """The request's fields, and the notebook's text if there is one."""
    media = handler.request.headers.get("Content-Type", "").partition(";")[0].strip()
    if media == NOTEBOOK:
        return _from_query(handler, shape), handler.request.body
    fields = handler.body(shape)
    return fields, None if fields.notebook is UNSET else notebook_text(fields.notebook)


def notebook_text(raw: msgspec.Raw) -> bytes | None:
    """The notebook as given: an object is its own text, a string holds it."""
    data = bytes(raw)
    if data == b"null":
        return None
    if not data.startswith(b'"'):
        return data
    try:
        return msgspec.json.decode(data, type=str).encode()
    except msgspec.DecodeError as error:
        raise BadInput(f"`notebook` is not JSON: {error}.", "notebook_invalid") from error


def _from_query(handler: BaseHandler, shape: type[Shape]) -> Shape:
    arguments: dict[str, Any] = {
        name: [value.decode("utf-8", "replace") for value in values]
        for name, values in handler.request.query_arguments.items()
    }
    fields = {name: values if name == "tags" else values[-1] for name, values in arguments.items()}
    if "notebook" in fields:
        raise BadInput("The notebook is the body already; leave it out of the query.", "fields_invalid")
    if shape is wire.VersionCreate:
        fields["notebook"] = msgspec.Raw(b"{}")
    try:
        return msgspec.convert(fields, shape)
    except msgspec.ValidationError as error:
        raise Unusable(f"The fields do not fit: {error}.", "fields_invalid") from error
