import pytest

from mlabs_ext.service.web.pages import reference


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        pytest.param({"type": "string"}, "string", id="plain"),
        pytest.param({"type": "string", "format": "date-time"}, "date-time", id="format"),
        pytest.param({"$ref": "#/components/schemas/Lab"}, "Lab", id="shape"),
        pytest.param({"type": "array", "items": {"$ref": "#/x/Run"}}, "list of Run", id="list"),
        pytest.param({"enum": ["all", 1]}, '"all" or 1', id="choice"),
        pytest.param({"anyOf": [{"$ref": "#/x/Lab"}, {"type": "null"}]}, "Lab or null", id="optional"),
        pytest.param(
            {"type": "object", "properties": {"items": {"type": "array", "items": {"$ref": "#/x/Lab"}}}},
            "page of Lab",
            id="page",
        ),
        pytest.param({}, "anything", id="anything"),
    ],
)
def test_schemas_read_as_words(schema, words):
    assert reference.kind(schema) == words


def test_operations_are_grouped_by_noun():
    document = {"paths": {"/labs": {"get": {}, "post": {}}, "/labs/{owner}": {"get": {}}, "/me": {"get": {}}}}
    found = reference.groups(document)
    assert {noun: [entry.anchor for entry in entries] for noun, entries in found.items()} == {
        "labs": ["get-labs", "post-labs", "get-labs-owner"],
        "me": ["get-me"],
    }
