"""The scripts of `release/`, which are no package."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def script() -> Callable[[str], ModuleType]:
    """A file of the checkout by its path without `.py`, as a module."""

    def load(path: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(path.replace("/", "_"), ROOT / f"{path}.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
