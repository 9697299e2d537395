"""A finding of bandit's counts as justified by a mark of ruff's for the same rule, where it stands."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "good"),
    [
        ("urlopen(url)  # noqa: S310 - http or https", True),
        ("urlopen(url)  # noqa: S607 - another rule", False),
        ("urlopen(url)", False),
    ],
    ids=["with a reason", "another rule", "without"],
)
def test_what_is_justified(script, tmp_path, line, good):
    file = tmp_path / "a.py"
    file.write_text(f"# noqa: S310 - elsewhere\n(\n    {line}\n)\n")
    found = {"test_id": "B310", "line_range": [2, 3, 4]}
    assert script("release/bandit_too").justified(found, file) is good
