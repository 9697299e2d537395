"""A campaign of a short stage, as a test of its own process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from campaign.stages import STAGES


def loses_nothing(stage: str, faults: int) -> None:
    """Do so many faults of each kind; fail with what was said where anything was lost."""
    command = [sys.executable, "-m", "campaign", "--stages", stage, "--kills", str(faults)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-10_000:]
    assert f"**{faults * len(STAGES[stage].faults)} faults" in said
    assert " 0 lost or wrong" in said
