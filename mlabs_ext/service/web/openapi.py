"""Describes the API as OpenAPI 3.1, from the shapes and the route table themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, get_args, get_origin

import msgspec

from mlabs_ext import wire
from mlabs_ext.service.web.operations import PARAMETERS, Operation, Parameter, Route

REF = "#/components/schemas/{name}"
VERBS = ("get", "post", "put", "patch", "delete")
ERRORS = {
    "400": "Cannot be understood.",
    "403": "No credentials, or not sufficient ones.",
    "404": "Absent, or not yours to know.",
    "409": "Exists already, or does not follow what is there.",
    "412": "Changed since you read it.",
    "413": "Too large.",
    "415": "A body of another type than this call takes.",
    "416": "A range behind the end of the file.",
    "422": "Well-formed, but unusable.",
    "423": "Another request sends the same file just now.",
    "429": "Too many in a short time; `Retry-After` says how long to wait.",
    "503": "A part that is needed does not answer now.",
    "507": "No space left.",
}
KEY = Parameter(
    "The same request with the same key is done once.",
    {"type": "string", "maxLength": 255, "pattern": "^[!-~](?:[ -~]*[!-~])?$"},
)
IF_MATCH = Parameter("The ETag of what you read, or `*`; what has changed since is left as it is.")
ERROR_SCHEMA = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["status", "code", "message"],
            "properties": {
                "status": {"type": "integer"},
                "code": {"type": "string", "description": "Stable; for programs."},
                "message": {"type": "string", "description": "For people."},
                "detail": {"type": "object"},
            },
        }
    },
}


def describe(calls: Iterable[Route], server: str, version: str) -> dict[str, Any]:
    """The whole description."""
    calls = list(calls)
    return {
        "openapi": "3.1.0",
        "info": {"title": "MLabs", "version": version, "license": {"name": "BSD-3-Clause"}},
        "servers": [{"url": server}],
        "security": [{}, {"token": []}, {"session": [], "xsrf": []}],
        "paths": {call.path: _path(call) for call in calls},
        "components": {
            "schemas": _schemas(calls) | {"Error": ERROR_SCHEMA},
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`token <JupyterHub API token>`, or `Bearer <the same>`.",
                },
                "worker": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`worker <token of a registration>`; it opens nothing else.",
                },
                "session": {"type": "apiKey", "in": "cookie", "name": "service-mlabs"},
                "xsrf": {"type": "apiKey", "in": "header", "name": "X-XSRFToken"},
            },
        },
    }


def operations(call: Route) -> Iterator[tuple[str, Operation]]:
    """The verbs that a call answers."""
    for verb in VERBS:
        operation = getattr(getattr(call.handler, verb), "operation", None)
        if operation:
            yield verb, operation


def _path(call: Route) -> dict[str, Any]:
    return {verb: _operation(call, verb, operation) for verb, operation in operations(call)}


def _operation(call: Route, verb: str, operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": verb + re.sub(r"\W+", "_", call.path).rstrip("_"),
        "summary": operation.summary,
        "parameters": [*_path_parameters(call), *_query(operation), *_headers(operation)],
        "responses": _responses(operation),
    }
    if content := _content(operation):
        described["requestBody"] = {"content": content, "required": _is_needed(operation)}
    if operation.access != "public":
        described |= _needs(operation.access)
    return described


def _is_needed(operation: Operation) -> bool:
    # No body is a file as well: an empty one.
    return operation.body_needed and not operation.takes


def _needs(access: str) -> dict[str, Any]:
    if access == "worker":
        return {"security": [{"worker": []}], "description": "For workers of the community pool."}
    security: list[dict[str, list[str]]] = [{"token": []}, {"session": [], "xsrf": []}]
    return {"security": security, "description": f"Needs the scope custom:mlabs:{access}."}


def _path_parameters(call: Route) -> list[dict[str, Any]]:
    names = re.findall(r"\{(\w+)\}", call.path)
    return [{"name": n, "in": "path", "required": True, "schema": _in_path(n)} for n in names]


def _in_path(name: str) -> dict[str, Any]:
    pattern = PARAMETERS.get(name)
    return {"type": "string"} | ({"pattern": f"^(?:{pattern})$"} if pattern else {})


def _query(operation: Operation) -> list[dict[str, Any]]:
    return [_parameter("query", name, asked) for name, asked in operation.query.items()]


def _headers(operation: Operation) -> list[dict[str, Any]]:
    headers: dict[str, str | Parameter] = {"Idempotency-Key": KEY} if operation.idempotent else {}
    headers |= {"If-Match": IF_MATCH} if operation.conditional else {}
    return [_parameter("header", name, asked) for name, asked in {**headers, **operation.headers}.items()]


def _parameter(place: str, name: str, asked: str | Parameter) -> dict[str, Any]:
    text, schema, required = Parameter(asked) if isinstance(asked, str) else asked
    described = {"name": name, "in": place, "description": text, "schema": schema}
    return described | ({"required": True} if required else {})


def _content(operation: Operation) -> dict[str, Any]:
    if operation.takes:
        return {operation.takes: {"schema": _file(operation.takes)}}
    if operation.body is None:
        return {}
    form = {"multipart/form-data": {"schema": _form(operation)}}
    if operation.takes_files:
        return form
    content = {"application/json": {"schema": _schema(operation.body)}}
    if operation.takes_notebook:
        content["application/x-ipynb+json"] = {"schema": {"type": "object"}}
    return content | (form if operation.takes_form else {})


def _form(operation: Operation) -> dict[str, Any]:
    """The files in one field, once for each, and the other fields."""
    files = {"type": "array", "minItems": 1, "items": _file("application/octet-stream")}
    shape = msgspec.json.schema_components([operation.body], ref_template=REF)[1][operation.body.__name__]
    fields = {name: _sendable(schema) for name, schema in shape["properties"].items()}
    form = {"type": "object", "properties": fields | {"file": files}, "additionalProperties": False}
    return form | ({"required": ["file"]} if operation.takes_files else {})


def _sendable(schema: dict[str, Any]) -> dict[str, Any]:
    """What of a field a form can say: it has no null."""
    several = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    return several[0] if len(several) == 1 else {k: v for k, v in schema.items() if k != "default"}


def _file(media: str) -> dict[str, Any]:
    return {"type": "string", "format": "binary", "contentMediaType": media}


def _responses(operation: Operation) -> dict[str, Any]:
    good: dict[str, Any] = {"description": operation.summary}
    if operation.status != 204:
        good["content"] = {operation.media: {"schema": _answer(operation)}}
        # What a line of a table or an event looks like cannot be said here.
        others = (*([operation.stream] if operation.stream else []), *operation.files.values())
        good["content"] |= {media: {} for media in others}
    error = {"application/json": {"schema": {"$ref": REF.format(name="Error")}}}
    errors = {status: {"description": text, "content": error} for status, text in ERRORS.items()}
    return {str(status): good for status in (operation.status, *operation.other_statuses)} | errors


def _answer(operation: Operation) -> dict[str, Any]:
    if operation.answer:
        return _schema(operation.answer)
    json = operation.media.endswith("json")
    return {"type": "object"} if json else _file(operation.media)


def _schema(shape: Any) -> dict[str, Any]:
    """The schema of an answer; lists are pages, tuples are plain arrays."""
    if get_origin(shape) is list:
        return {
            "type": "object",
            "required": ["items", "next"],
            "properties": {
                "items": {"type": "array", "items": _schema(get_args(shape)[0])},
                "next": {"type": ["string", "null"]},
            },
        }
    return msgspec.json.schema_components([shape], ref_template=REF)[0][0]


def _schemas(calls: list[Route]) -> dict[str, Any]:
    shapes = [
        shape
        for call in calls
        for _, operation in operations(call)
        for shape in (_item(operation.answer), operation.body)
        if shape is not None
    ]
    schemas = msgspec.json.schema_components(shapes, ref_template=REF)[1]
    for shape in (wire.LabCreate, wire.VersionCreate, wire.BatchCreate, wire.MergeRequest):
        schemas[shape.__name__]["properties"]["notebook"] = {
            "type": ["object", "string"],
            "description": "A notebook of nbformat 2 to 4, or its text.",
        }
    return schemas


def _item(shape: Any) -> Any:
    return get_args(shape)[0] if get_origin(shape) is list else shape
