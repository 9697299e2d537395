"""Merges happen in a process of their own, which no notebook can hold up."""

from __future__ import annotations

import asyncio
import json

import pytest
from service.conftest import cells

from mlabs_ext.errors import TooLarge, Unusable
from mlabs_ext.service.differ import Differ
from mlabs_ext.wire.merges import MergeChoice


def written(*sources: str) -> bytes:
    return json.dumps(cells(*sources)).encode()


def test_a_merge():
    sides = written("# T", "a"), written("# T", "b"), written("# T", "c")
    found = asyncio.run(Differ().merge(*sides))
    assert [one.id for one in found.conflicts] == ["cell-2"]
    found = asyncio.run(Differ().merge(*sides, {"cell-2": MergeChoice("theirs")}))
    assert found.conflicts == []
    assert [one["source"] for one in found.notebook["cells"]] == ["# T", "c"]


@pytest.mark.parametrize(
    "odd",
    [b"null", b"[]", b"{}", b'{"cells": 3}', b'{"cells": [3]}', b'{"cells": [{}]}', b"[" * 100_000],
    ids=["null", "list", "empty", "number", "numbers", "bare", "nested"],
)
def test_what_is_no_notebook_is_refused(odd):
    with pytest.raises(Unusable, match="too complex to be merged") as told:
        asyncio.run(Differ().merge(written("a"), written("b"), odd))
    assert told.value.code == "merge_failed"


def test_what_takes_too_long_is_ended():
    lines = "\n".join(f"x{n}" for n in range(20_000))
    back = "\n".join(f"x{n}" for n in range(20_000, 0, -1))
    with pytest.raises(Unusable, match="too complex"):
        asyncio.run(Differ(timeout=0.01).merge(*(written(one) for one in (lines, back, lines + back))))


def test_what_is_too_large_is_not_begun():
    with pytest.raises(TooLarge, match="too large to be merged"):
        asyncio.run(Differ(max_size=10).merge(b"{}" * 10, b"{}", b"{}"))
