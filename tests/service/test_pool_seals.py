"""What volunteers are told of the people that they work for."""

from __future__ import annotations

import re

from mlabs_ext.service.pool_seals import LeaseSeals


def test_people_are_told_apart_and_not_who_they_are():
    seals = LeaseSeals(b"a secret")
    ada, bob = seals.person("ada"), seals.person("bob")
    assert ada != bob and ada == LeaseSeals(b"a secret").person("ada")
    assert re.fullmatch(r"[0-9a-f]{16}", ada)
    # Without the secret nobody finds out whose it is by trying names.
    assert ada != LeaseSeals(b"another secret").person("ada")
