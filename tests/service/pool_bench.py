"""The rules of the pool over a database in memory: what is durable there is no matter of these tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.pool import Bench

from mlabs_ext.catalogue import Catalogue
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.plans import Plans
from mlabs_ext.service.store import Store

MEMORY = Path("/dev/shm")


def shared(store: Store, folder: Path) -> dict:
    """What all rules stand on."""
    given = {"store": store, "blobs": Blobs(directory=str(folder / "blobs")), "catalogue": Catalogue()}
    given["addresses"] = Addresses("/services/mlabs/")
    return given | {"plans": Plans(**given)}


@pytest.fixture
def bench(migrated: Path) -> Iterator[Bench]:
    """SQLite in a folder in memory."""
    folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
    shutil.copytree(migrated, folder / "data")
    store = Store(directory=str(folder / "data"))
    yield Bench(shared(store, folder))
    store.close()
    shutil.rmtree(folder)


@pytest.fixture
def stored_bench(rules: SimpleNamespace) -> Bench:
    """Either kind of database, as the other rules have it."""
    return Bench(
        {name: getattr(rules, name) for name in ("store", "blobs", "catalogue", "addresses", "plans")}
    )
