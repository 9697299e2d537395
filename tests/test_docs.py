"""The documentation says what the code does: reference pages are written from it, links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        *(ROOT / "docs").glob("*.md"),
        ROOT / "docs" / "examples" / "README.md",
    ]
)
EXAMPLE = re.compile(r"\bc\.\w+\.\w+ = ")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def test_reference_pages_are_what_the_code_says():
    command = [sys.executable, ROOT / "docs" / "generate.py", "--check"]
    check = subprocess.run(command, capture_output=True, text=True, cwd="/")
    assert check.returncode == 0, check.stdout + check.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_of_the_project(page: Path):
    missing = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert not missing


def test_every_setting_has_help_with_an_example():
    text = (ROOT / "docs" / "configuration.md").read_text()
    sections = re.split(r"^### ", text, flags=re.MULTILINE)[1:]
    poor = [title for title, _, body in (s.partition("\n") for s in sections) if not EXAMPLE.search(body)]
    assert sections
    assert not poor


def test_the_readme_gives_the_two_commands_of_the_product():
    text = (ROOT / "README.md").read_text()
    assert 'pip install ".[hub]" && mlabs up' in text
    assert "pip install nox && nox -s test" in text
