"""One version: the package says it, and what is written to be copied says the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mlabs_ext

ROOT = Path(__file__).parents[1]
WRITTEN = {
    "CHANGELOG.md": r"^## (\S+) \(\d{4}-\d\d-\d\d\)$",
    "deploy/hub/Dockerfile": r"/hub:(\S+)",
    "deploy/kubernetes/values.yaml": r'tag: "(.+?)"',
    "deploy/swarm/stack.yml": r"MLABS_VERSION:-(.+?)\}",
    "docs/deployment.md": r"mlabs-(\S+?)-py3-none-any\.whl",
    "ui/labextension/package.json": r'^  "version": "(.+?)"',
    "ui/proxy/package.json": r'^  "version": "(.+?)"',
}
# These name other versions too: what was before, and what to upgrade to.
HISTORIES = ("CHANGELOG.md", "docs/deployment.md")


@pytest.mark.parametrize("file", WRITTEN)
def test_it_is_written_as_it_is(file: str) -> None:
    said = re.findall(WRITTEN[file], (ROOT / file).read_text(encoding="utf-8"), re.M)
    # Of the history the newest comes first, and of the guide what is installed first of all.
    assert said and said[0] == mlabs_ext.__version__
    assert file in HISTORIES or set(said) == {mlabs_ext.__version__}
