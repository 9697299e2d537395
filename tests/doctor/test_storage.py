"""A real store of objects, and what is wrong with the way to it."""

from __future__ import annotations

from typing import Any

import pytest
from support.s3 import Store as S3


@pytest.mark.s3
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": "s3://nowhere/blobs"}, "no nowhere/blobs"),
        ({"key": "another-key"}, "does not answer"),
        ({"endpoint_url": "http://127.0.0.1:9"}, "does not answer"),
    ],
    ids=["bucket", "key", "away"],
)
def test_s3(s3_store: S3, change, words, write_settings, examine):
    settings = s3_store.settings()

    def said(url: str, **options: Any) -> None:
        write_settings(f"c.Blobs.url = {url!r}\nc.Blobs.storage_options = {options!r}")

    said(settings["url"], **settings["storage_options"])
    assert examine() == {}
    changed = {"url": settings["url"], **settings["storage_options"], **change}
    said(**changed)
    found = examine()
    assert set(found) == {"blobs"}
    assert words in found["blobs"].found[0].words
