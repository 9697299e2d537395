"""What is asked of the service for each kind and whose, and pages of it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from mlabs_ext.errors import BadInput
from mlabs_ext.lab.client import Client
from mlabs_ext.lab.data_finding import DataFinding

DATASET = {
    "id": "1", "owner": "ada", "name": "birds", "title": "Birds", "description": "Of the garden.", "tags": [],
    "license": None, "source": "", "visibility": "private", "version": 3, "files": 2, "size": 10, "labs": 0,
    "created": "2026-01-01T00:00:00Z", "updated": "2026-01-01T00:00:00Z", "url": "/u", "data_url": "/d",
}  # fmt: skip


class Service(Client):
    """Answers each list with one dataset, and keeps what was asked."""

    def __init__(self):
        super().__init__(url="http://127.0.0.1:1/", token="t")
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def get(self, path, shape, **query):
        self.asked.append((path, {name: value for name, value in query.items() if value is not None}))
        items = [DATASET] if "datasets" in path else []
        return msgspec.json.decode(json.dumps({"items": items, "next": "2"}), type=shape)


@pytest.fixture
async def service():
    service = Service()
    yield service
    service.close()


@pytest.mark.parametrize(
    ("kind", "whose", "q", "cursor", "path", "query"),
    [
        ("dataset", "all", "", None, "datasets", {"limit": 20}),
        ("dataset", "all", "wren", "2", "datasets", {"q": "wren", "limit": 20, "cursor": "2"}),
        ("model", "mine", "", None, "models", {"owner": "ada", "limit": 20}),
        ("lab", "mine", "x", None, "labs", {"q": "x", "owner": "ada", "limit": 20}),
        ("dataset", "shared", "birds", None, "me/shared/datasets", {}),
        ("lab", "shared", "", None, "me/shared", {"limit": 100}),
    ],
)
async def test_what_is_asked(service, kind, whose, q, cursor, path, query):
    page = await DataFinding(service, "ada").find(kind, whose, q, cursor)
    assert service.asked == [(path, query)]
    assert page.next == (None if whose == "shared" else "2")
    assert [(item.reference, item.files) for item in page.items] == (
        [("ada/birds", 2)] if "data" in path else []
    )


@pytest.mark.parametrize(("q", "found"), [("BIRDS garden", 1), ("ada/", 1), ("fish", 0)])
async def test_what_is_shared_is_searched_here(service, q, found):
    assert len((await DataFinding(service, "ada").find("dataset", "shared", q, None)).items) == found


async def test_what_cannot_be_asked(service):
    for kind, whose in (("cell", "all"), ("dataset", "theirs")):
        with pytest.raises(BadInput):
            await DataFinding(service, "ada").find(kind, whose, "", None)
    assert service.asked == []
