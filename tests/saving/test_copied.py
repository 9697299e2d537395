"""What is copied, and what a service that lies cannot make of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mlabs_ext.errors import Unusable
from mlabs_ext.saving.copied import checked
from mlabs_ext.wire import Asset


def asset(path: str) -> Asset:
    return Asset(path, 1, "text/plain", "sha256:" + "0" * 64, None, datetime.now(UTC), "")


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "a/../../x", "a//b", ".git/hooks/x", "a\\..\\b", "a\0b", ""]
)
def test_no_path_leads_out_of_the_copy(path):
    with pytest.raises(Unusable):
        checked(asset(path))


def test_ordinary_paths_stay():
    assert checked(asset("a b/é.json")).path == "a b/é.json"
