"""References to a version, as other programs read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import yaml

from mlabs_ext.service import citing
from mlabs_ext.wire import Lab, Version

DAY = datetime(2026, 11, 26, 23, 59, tzinfo=UTC)
URL = "https://labs.example.org/services/mlabs/@ada/mnist/v/3"


def lab(**fields):
    start = {
        "id": "1", "owner": "ada", "name": "mnist", "title": "MNIST", "description": "", "tags": [],
        "visibility": "public", "environment": "python", "accelerator": "none", "version": 3,
        "forked_from": None, "forks": 0, "stars": 0, "runs": 0, "live": False, "created": DAY, "updated": DAY,
        "url": "", "embed_url": "",
    }  # fmt: skip
    return Lab(**start | fields)


def version(author="ada"):
    digest = f"sha256:{'0' * 64}"
    return Version("ada/mnist", 3, author, "", "python", "none", DAY, digest, digest, 2, 10, "")


def test_bibtex():
    assert citing.bibtex(lab(), version(), URL) == (
        "@misc{ada-mnist-v3,\n"
        "  author = {{ada}},\n"
        "  title = {{MNIST}},\n"
        "  year = {2026},\n"
        "  month = nov,\n"
        "  version = {3},\n"
        f"  url = {{{URL}}},\n"
        "  note = {Notebook on MLabs, version 3}\n"
        "}\n"
    )


TITLES = {
    "signs of TeX": (r"50% of_$x$ & #1 {a} \b ~^", r"50\% of\_\$x\$ \& \#1 \{a\} \textbackslash{}b \~{}\^{}"),
    "a line that ends": ("a\n}, b = {c", r"a \}, b = \{c"),
    "no spaces that show": ("a\u2028b\u0007c", "a b c"),
}


@pytest.mark.parametrize(("title", "written"), TITLES.values(), ids=TITLES)
def test_a_title_stays_in_its_braces(title, written):
    text = citing.bibtex(lab(title=title), version(), URL)
    assert f"  title = {{{{{written}}}}},\n" in text
    bare = re.sub(r"\\[{}]", "", text)
    assert bare.count("{") == bare.count("}")


def test_who_published_is_an_author_too():
    assert "author = {{ada} and {bob}}" in citing.bibtex(lab(), version("bob"), URL)
    assert yaml.safe_load(citing.cff(lab(), version("bob"), URL))["authors"] == [
        {"alias": "ada"},
        {"alias": "bob"},
    ]


def test_authors_by_the_names_that_they_give_themselves():
    names = {"ada": "Ada {Lovelace}"}
    text = citing.bibtex(lab(), version("bob"), URL, names)
    assert r"author = {{Ada \{Lovelace\}} and {bob}}" in text
    assert yaml.safe_load(citing.cff(lab(), version("bob"), URL, names))["authors"] == [
        {"name": "Ada {Lovelace}", "alias": "ada"},
        {"alias": "bob"},
    ]


def test_cff():
    whole = lab(
        title='"MNIST": a #start', description="Line\ntwo: \U0001f600", tags=["vision"], license="MIT"
    )
    assert yaml.safe_load(citing.cff(whole, version(), URL)) == {
        "cff-version": "1.2.0",
        "message": "If you use this notebook, please cite it as below.",
        "type": "software",
        "title": '"MNIST": a #start',
        "abstract": "Line two: \U0001f600",
        "authors": [{"alias": "ada"}],
        "version": "3",
        "date-released": "2026-11-26",
        "url": URL,
        "license": "MIT",
        "keywords": ["vision"],
    }


def test_cff_has_no_license_that_its_readers_do_not_know():
    for license in (None, "MIT OR Apache-2.0", "LicenseRef-Mine"):
        assert "license" not in yaml.safe_load(citing.cff(lab(license=license), version(), URL))
