"""The folder of an environment, as small as one can be."""

from __future__ import annotations

from pathlib import Path


def environment(folder: Path, text: str = 'title = "Tiny"', requirements: str = "six==1.17.0\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "environment.toml").write_text(text)
    (folder / "requirements.txt").write_text(requirements)
    return folder / "environment.toml"
