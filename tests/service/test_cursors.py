"""A cursor is only what a list gave out."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from mlabs_ext.errors import BadInput
from mlabs_ext.service import orm
from mlabs_ext.service.lab_lists import SORTS
from mlabs_ext.service.versions import NEWEST


def cursor(*position: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


NOW = datetime(2026, 1, 1, tzinfo=UTC).isoformat()


@pytest.mark.parametrize(
    ("sort", "text"),
    [
        (SORTS["recent"], ""),
        (SORTS["recent"], "é"),
        (SORTS["recent"], "AAAA" * 1000),
        (SORTS["recent"], cursor("popular", NOW, "x")),
        (SORTS["recent"], cursor("recent", 3, "x")),
        (SORTS["recent"], cursor("recent", NOW)),
        (SORTS["recent"], cursor("recent", NOW, "a\0b")),
        (SORTS["recent"], cursor("recent", "2026-01-01T00:00:00", "x")),
        (SORTS["recent"], cursor("recent", "0001-01-01T00:00:00Z", "x")),
        (SORTS["recent"], cursor("recent", "9999-12-31T23:59:59Z", "x")),
        (SORTS["popular"], cursor("popular", 2**70, "x")),
        (SORTS["popular"], cursor("popular", 2**40, "x")),
        (SORTS["popular"], cursor("popular", "1", "x")),
        (SORTS["trending"], cursor("trending", "Infinity", "x")),
        (NEWEST, cursor("versions", 1, "x")),
        (NEWEST, cursor("versions", 1, 2**40)),
        (NEWEST, "W" * 3),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else value.kind,
)
def test_what_no_list_gave_out_is_refused(store, sort, text):
    with store.read() as session, pytest.raises(BadInput) as raised:
        sort.page(session, select(orm.Version if sort is NEWEST else orm.Lab), 10, text)
    assert raised.value.code == "cursor_invalid"
