"""A service with labs of each kind, beside which its data directory is exported."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

# The harness of the service's own tests.
from service.conftest import make_notebook, migrated, services, site, start_site
from service.web.conftest import RUN, Html, Town, ok, settled, town

from mlabs_ext.export import command

__all__ = ["make_notebook", "migrated", "site", "start_site", "town"]

MODEL = {"model.json": b'{"format": "layers-model"}', "report.html": b"<script>alert(1)</script>"}


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


Export = Callable[..., tuple[Copy, dict[str, Any]]]


def exporting(town: Town, parent: Path) -> Export:
    """Export what is named, or all of it; the folder and the account."""

    def run(what: str | None = None, folder: str = "copy", **more: Any) -> tuple[Copy, dict[str, Any]]:
        given = {"what": what, "all": what is None, "folder": str(parent / folder), "json": False}
        given |= {"data": town.site.service.data_dir, "remote": False, "site": None}
        # A browser that is driven has this thread's event loop.
        with ThreadPoolExecutor(1) as thread:
            done = thread.submit(lambda: asyncio.run(command.export(argparse.Namespace(**(given | more)))))
            return Copy(parent / folder), done.result()

    return run


@pytest.fixture
def export(town: Town, tmp_path: Path) -> Export:
    """Export the town."""
    return exporting(town, tmp_path)


@pytest.fixture(scope="module")
def old_town(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town for tests that change nothing in it: ada's run made files, and one lies beside her lab."""
    with services(migrated, tmp_path_factory.mktemp("town")) as start:
        town = settled(start())
        add_files(town)
        yield town


@pytest.fixture
def old_export(old_town: Town, tmp_path: Path) -> Export:
    """Export that one."""
    return exporting(old_town, tmp_path)


@pytest.fixture(scope="module")
def old_copy(old_town: Town, tmp_path_factory: pytest.TempPathFactory) -> tuple[Copy, dict[str, Any]]:
    """All of it, exported once."""
    return exporting(old_town, tmp_path_factory.mktemp("copies"))()


def add_files(town: Town) -> None:
    """Give ada's lab files."""
    ada = town.site.as_("ada")
    for name, data in MODEL.items():
        ok(ada.put(f"api/v1/runs/{RUN}/outputs/model/{name}", content=data))
    ok(ada.put("api/v1/labs/ada/mnist/assets/notes.txt", content=b"by hand"))
