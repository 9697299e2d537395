"""Keeps screenshots for the documentation when asked to: MLABS_SCREENSHOTS names the folder."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page


def keep(page: Page, name: str) -> None:
    """Write `<name>.png` of the window into MLABS_SCREENSHOTS; do nothing where it is not set."""
    folder = os.environ.get("MLABS_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png")
