"""Describes the API as OpenAPI 3.1, from the shapes and the route table themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, get_args, get_origin

import msgspec

from mlabs_ext import wire
from mlabs_ext.service.web.operations import Operation, Route

REF = "#/components/schemas/{name}"
VERBS = ("get", "post", "put", "patch", "delete")
ERRORS = {
    "400": "Cannot be understood.",
    "403": "No credentials, or not sufficient ones.",
    "404": "Absent, or not yours to know.",
    "409": "Exists already, or does not follow what is there.",
    "412": "Changed since you read it.",
    "413": "Too large.",
    "422": "Well-formed, but unusable.",
    "429": "Too many in a short time; `Retry-After` says how long to wait.",
    "503": "A part that is needed does not answer now.",
    "507": "No space left.",
}
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
    if operation.body:
        described["requestBody"] = {"content": _content(operation)}
    if operation.access != "public":
        described |= _needs(operation.access)
    return described


def _needs(access: str) -> dict[str, Any]:
    if access == "worker":
        return {"security": [{"worker": []}], "description": "For workers of the community pool."}
    security = [{"token": []}, {"session": [], "xsrf": []}]
    return {"security": security, "description": f"Needs the scope custom:mlabs:{access}."}


def _path_parameters(call: Route) -> list[dict[str, Any]]:
    names = re.findall(r"\{(\w+)\}", call.path)
    return [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names]


def _query(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
        for name, text in operation.query.items()
    ]


def _headers(operation: Operation) -> list[dict[str, Any]]:
    names = ["Idempotency-Key"] * operation.idempotent + ["If-Match"] * operation.conditional
    return [{"name": name, "in": "header", "schema": {"type": "string"}} for name in names]


def _content(operation: Operation) -> dict[str, Any]:
    if operation.takes_files:
        return {"multipart/form-data": {"schema": _form(operation)}}
    content = {"application/json": {"schema": _schema(operation.body)}}
    if operation.takes_notebook:
        content["application/x-ipynb+json"] = {"schema": {"type": "object"}}
    return content


def _form(operation: Operation) -> dict[str, Any]:
    """The files in one field, once for each, and the other fields."""
    file = {"type": "array", "items": {"type": "string", "format": "binary"}}
    files = {"type": "object", "required": ["file"], "properties": {"file": file}}
    return {"allOf": [files, _schema(operation.body)]}


def _responses(operation: Operation) -> dict[str, Any]:
    good: dict[str, Any] = {"description": operation.summary}
    if operation.status != 204:
        schema = _schema(operation.answer) if operation.answer else {"type": "object"}
        good["content"] = {operation.media: {"schema": schema}}
    for media in (*([operation.stream] if operation.stream else []), *operation.files.values()):
        good["content"][media] = {"schema": {"type": "string"}}
    error = {"application/json": {"schema": {"$ref": REF.format(name="Error")}}}
    errors = {status: {"description": text, "content": error} for status, text in ERRORS.items()}
    return {str(status): good for status in (operation.status, *operation.other_statuses)} | errors


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
