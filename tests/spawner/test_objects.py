import re

import pytest

from mlabs_spawner.objects import home_object, server_object

# Nine less than a DNS label has: prefixes differ.
LABEL = re.compile(r"[a-z]([a-z0-9-]{0,52}[a-z0-9])?")
PAIRS = [
    ("user-a", "b"),
    ("user", "a-b"),
    ("user-a-b", ""),
    ("User", "a-b"),
    ("user ", "a-b"),
    ("üser", "a-b"),
    ("ü" * 100, "a" * 30),
    ("ü" * 99 + "u", "a" * 30),
    ("../etc", "a"),
    ("1:a", ""),
    ("", "1:a"),
]


def test_different_servers_have_different_names():
    assert len({server_object(*pair) for pair in PAIRS}) == len(PAIRS)
    users = {user for user, _ in PAIRS}
    assert len({home_object(user) for user in users}) == len(users)


@pytest.mark.parametrize("pair", PAIRS)
def test_names_are_dns_labels(pair):
    assert LABEL.fullmatch(server_object(*pair))
    assert LABEL.fullmatch(home_object(pair[0]))


def test_an_administrator_can_read_them():
    assert server_object("ada", "mnist").startswith("mlabs-ada-mnist-")
    assert home_object("ada").startswith("mlabs-home-ada-")
