"""Names from titles: addresses that people can read, whatever script a title is in."""

from __future__ import annotations

import pytest

from mlabs_ext.names import NAME, name_from


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Héllo, World!", "hello-world"),
        ("深度学习 2", "shenduxuexi-2"),
        ("Распознавание цифр", "raspoznavanie-tsifr"),
        ("β-распад", "v-raspad"),
        ("🎉", "tada"),
        ("— … —", "untitled"),
        ("", "untitled"),
        ("long " * 40, "-".join(["long"] * 12)),
    ],
)
def test_a_title_becomes_a_name(title, name):
    assert name_from(title) == name
    assert NAME.fullmatch(name)
