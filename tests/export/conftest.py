"""A service with labs of each kind, beside which its data directory is exported."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# The harness of the service's own tests.
from service.conftest import make_notebook, migrated, site, start_site
from service.web.conftest import Html, Town, town

from mlabs_ext.export import command

__all__ = ["make_notebook", "migrated", "site", "start_site", "town"]


class Copy:
    """An export in a folder."""

    def __init__(self, root: Path):
        self.root = root

    def files(self) -> dict[str, bytes]:
        found = (path for path in self.root.rglob("*") if path.is_file())
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in found}

    def text(self, file: str) -> str:
        return (self.root / file).read_text(encoding="utf-8")

    def page(self, file: str) -> Html:
        return Html(self.text(file))


@pytest.fixture
def export(town: Town, tmp_path: Path) -> Callable[..., tuple[Copy, dict[str, Any]]]:
    """Export what is named, or all of it; the folder and the account."""

    def run(what: str | None = None, folder: str = "copy", **more: Any) -> tuple[Copy, dict[str, Any]]:
        given = {"what": what, "all": what is None, "folder": str(tmp_path / folder), "data": None}
        given |= {"data": town.site.service.data_dir, "remote": False, "site": None, "json": False}
        return Copy(tmp_path / folder), asyncio.run(command.export(argparse.Namespace(**(given | more))))

    return run
