"""Licenses of labs, as SPDX expressions: which ones are common, what is one, and where its text is."""

from __future__ import annotations

import re

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from mlabs_ext.errors import Unusable

# What settings suggest; every other expression is taken as well.
COMMON = {
    "MIT": "MIT License",
    "Apache-2.0": "Apache License 2.0",
    "BSD-3-Clause": "BSD 3-Clause License",
    "GPL-3.0-or-later": "GNU General Public License 3 or later",
    "CC-BY-4.0": "Creative Commons Attribution 4.0",
    "CC-BY-SA-4.0": "Creative Commons Attribution-ShareAlike 4.0",
    "CC-BY-NC-4.0": "Creative Commons Attribution-NonCommercial 4.0",
    "CC0-1.0": "Creative Commons Zero: public domain",
}
LISTED = re.compile(r"(?!LicenseRef-)[A-Za-z0-9.-]+")


def checked(given: str) -> str | None:
    """The expression as SPDX writes it, None where it is empty; Unusable `license_invalid` for others."""
    if not given.strip():
        return None
    try:
        return str(canonicalize_license_expression(given))
    except InvalidLicenseExpression as error:
        raise Unusable(
            f"{given.strip()!r:.100} is no license that SPDX knows. Give its identifier, such as CC-BY-4.0 "
            "or MIT, or an expression of some, such as MIT OR Apache-2.0.",
            "license_invalid",
            {"field": "license"},
        ) from error


def is_listed(expression: str) -> bool:
    """Whether an expression is one license of SPDX's list, and nothing beside it."""
    return LISTED.fullmatch(expression) is not None


def address(expression: str) -> str | None:
    """Where SPDX has the text of a license; None for an expression of several, and for one not listed."""
    return f"https://spdx.org/licenses/{expression}.html" if is_listed(expression) else None
