"""The folder that a batch run works in: what lies beside the notebook, and room for what it makes."""

from __future__ import annotations

import shutil
from pathlib import Path

OUTPUTS = "outputs"
LEFT_OUT = {OUTPUTS, ".ipynb_checkpoints", ".mlabs"}


class RunFolder:
    """`.mlabs/runs/<id>/` below the server's root: links to the lab's files, and an `outputs/` of its own."""

    def __init__(self, root: Path, run: str, lab_folder: Path):
        self.path = folder_of(root, run)
        self._lab = lab_folder

    @property
    def outputs(self) -> Path:
        """Where the run puts what is to be kept of it."""
        return self.path / OUTPUTS

    def make(self) -> None:
        """Make it anew: an earlier server of the same run may have left one."""
        self.remove()
        self.outputs.mkdir(parents=True)
        for entry in sorted(self._lab.iterdir()) if self._lab.is_dir() else ():
            if entry.name not in LEFT_OUT:
                (self.path / entry.name).symlink_to(entry)

    def remove(self) -> None:
        """Remove it; what the links lead to stays."""
        shutil.rmtree(self.path, ignore_errors=True)


def folder_of(root: Path, run: str) -> Path:
    """The folder of a batch run, below the server's root."""
    return root / ".mlabs" / "runs" / run
