"""The packages that kernels get, on the path as there."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from mlabs_ext.lab.kernel_specs import PACKAGES


@pytest.fixture(scope="session", autouse=True)
def on_path() -> Iterator[None]:
    sys.path.append(str(PACKAGES))
    yield
    sys.path.remove(str(PACKAGES))
