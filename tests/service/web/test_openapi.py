"""The description of the API is of this API."""

from __future__ import annotations

import json
import re

import openapi_spec_validator
import pytest
from tornado.web import RequestHandler

from mlabs_ext.service.web.api import CALLS, ROUTES
from mlabs_ext.service.web.openapi import describe

REFS = re.compile(r"#/components/schemas/(\w+)")


@pytest.fixture(scope="module")
def description() -> dict:
    return json.loads(json.dumps(describe(CALLS, "/services/mlabs/api/v1", "0")))


def verbs(handler: type[RequestHandler]) -> set[str]:
    every = ("get", "post", "put", "patch", "delete")
    return {verb for verb in every if getattr(handler, verb) is not getattr(RequestHandler, verb)}


def test_every_call_is_described_and_nothing_else(description):
    described = {(path, verb) for path, item in description["paths"].items() for verb in item}
    assert described == {(call.path, verb) for call in CALLS for verb in verbs(call.handler)}
    assert len(ROUTES) == len(CALLS)


def test_it_is_served(site, description):
    served = site.as_(None).get("api/v1/openapi.json").json()
    assert served["openapi"] == "3.1.0"
    assert served["paths"] == description["paths"]


def test_every_reference_leads_somewhere(description):
    used = set(REFS.findall(json.dumps(description)))
    assert used == used & description["components"]["schemas"].keys()
    assert {"Lab", "LabCreate", "Run", "RunEvent", "Error"} <= used


def test_ids_are_unique_and_parameters_are_those_of_the_path(description):
    ids = [item["operationId"] for path in description["paths"].values() for item in path.values()]
    assert len(set(ids)) == len(ids)
    for path, item in description["paths"].items():
        for operation in item.values():
            named = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path))
            assert set(operation["responses"]) > {"404", "422"}


OPTIONAL = {"image", "checkpoint", "reproduced", "thumbnail", "found", "starred", "comments"}
OPTIONAL |= {"taken_down", "access", "license"}


def test_a_lab_is_described_field_by_field(description):
    lab = description["components"]["schemas"]["Lab"]
    assert lab["properties"]["visibility"]["enum"] == ["private", "public", "unlisted"]
    assert set(lab["required"]) == lab["properties"].keys() - OPTIONAL
    created = description["components"]["schemas"]["LabCreate"]["properties"]["notebook"]
    assert created["type"] == ["object", "string"]


def test_the_description_is_valid(description):
    openapi_spec_validator.validate(description)


def test_what_is_a_file_is_said_to_be_one(description):
    def media(path, verb, status=None):
        operation = description["paths"][path][verb]
        content = operation["responses"][status] if status else operation["requestBody"]
        return content["content"]

    def file(media):
        return {"schema": {"type": "string", "format": "binary", "contentMediaType": media}}

    assert media("/labs/{owner}/{lab}/assets/{path}", "put") == {"*/*": file("*/*")}
    assert media("/runs/{run}/outputs/{path}", "get", "200") == {"*/*": file("*/*")}
    assert media("/labs/{owner}/{lab}/assets.zip", "get", "200") == {
        "application/zip": file("application/zip")
    }
    piece = "application/offset+octet-stream"
    assert media("/uploads/{upload}", "patch") == {piece: file(piece)}
    for path, verb in (("/models", "post"), ("/datasets", "post")):
        form = media(path, verb)["multipart/form-data"]["schema"]
        assert form["properties"]["file"]["items"] == file("application/octet-stream")["schema"]
        assert {"title", "visibility"} < form["properties"].keys()


def test_parameters_say_what_they_take(description):
    def named(path, verb, name):
        found = description["paths"][path][verb]["parameters"]
        return next(one for one in found if one["name"] == name)

    limit = {"type": "integer", "minimum": 1, "maximum": 100}
    assert named("/labs", "get", "limit")["schema"] == limit
    assert named("/labs/{owner}/{lab}/shares/{who}", "get", "kind")["schema"]["enum"] == ["user", "group"]
    assert named("/uploads", "post", "Tus-Resumable")["required"]
    number = named("/labs/{owner}/{lab}/versions/{number}", "get", "number")
    assert number["schema"]["pattern"] == "^(?:latest|[0-9]{1,9})$"


def test_a_body_is_needed_where_it_is(description):
    paths = description["paths"]
    assert paths["/labs"]["post"]["requestBody"]["required"]
    assert not paths["/labs/{owner}/{lab}/fork"]["post"]["requestBody"]["required"]


def test_no_pattern_lets_a_newline_follow(description):
    """`$` is also before a newline at the end, for Python's expressions, which check what comes in."""
    patterns = re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps(description["components"]))
    assert len(patterns) > 10
    assert [one for one in map(json.loads, patterns) if not one.endswith(r"$(?!\n)")] == []
