"""Licenses: SPDX's own words for them, in every request that sets one."""

from __future__ import annotations

import pytest

from mlabs_ext import wire
from mlabs_ext.errors import Unusable
from mlabs_ext.service import licenses

EXPRESSIONS = {
    "an identifier": ("MIT", "MIT"),
    "in another case": ("cc-by-4.0", "CC-BY-4.0"),
    "one of several": ("mit or apache-2.0", "MIT OR Apache-2.0"),
    "with an exception": (
        "GPL-3.0-or-later WITH Classpath-exception-2.0",
        "GPL-3.0-or-later WITH Classpath-exception-2.0",
    ),
    "in brackets": ("(MIT AND BSD-3-Clause)", "(MIT AND BSD-3-Clause)"),
    "one's own": ("LicenseRef-Course", "LicenseRef-Course"),
    "none": (" ", None),
}


@pytest.mark.parametrize(("given", "kept"), EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_expressions(given, kept):
    assert licenses.checked(given) == kept


@pytest.mark.parametrize("given", ["MIT OR", "free", '"><script>', "(" * 200, "MIT, BSD-3-Clause"])
def test_others_are_refused_with_a_way_out(given):
    with pytest.raises(Unusable, match=r"CC-BY-4\.0") as raised:
        licenses.checked(given)
    assert (raised.value.code, raised.value.detail) == ("license_invalid", {"field": "license"})


@pytest.mark.parametrize("name", licenses.COMMON)
def test_what_is_suggested_is_spdx(name):
    assert licenses.checked(name) == name
    assert licenses.address(name) == f"https://spdx.org/licenses/{name}.html"


@pytest.mark.parametrize("expression", ["MIT OR Apache-2.0", "LicenseRef-Course", "GPL-2.0+"])
def test_only_one_listed_license_has_an_address(expression):
    assert licenses.address(expression) is None


def test_a_lab_has_a_license_its_forks_keep_it_and_null_takes_it_away(rules):
    lab = rules.publish(license="mit")
    fork = rules.labs.fork(rules.bob, "ada", lab.name, wire.ForkCreate())
    assert (lab.license, fork.license) == ("MIT", "MIT")
    for fields, kept in (
        (wire.LabChange(title="T"), "MIT"),
        (wire.LabChange(license="CC0-1.0"), "CC0-1.0"),
        (wire.LabChange(license=None), None),
        (wire.LabChange(license="MIT"), "MIT"),
        (wire.LabChange(license=""), None),
    ):
        assert rules.labs.change(rules.ada, "ada", lab.name, fields).license == kept
    assert rules.labs.get(rules.bob, "bob", fork.name).license == "MIT"
