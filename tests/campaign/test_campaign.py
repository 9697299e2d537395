"""A campaign of a few minutes' size: two faults of each kind that one machine knows, and nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from campaign.stages import STAGES

FAULTS = 2


@pytest.mark.timeout(900)
def test_a_short_campaign_loses_nothing():
    command = [sys.executable, "-m", "campaign", "--stages", "short", "--kills", str(FAULTS)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-10_000:]
    assert f"**{FAULTS * len(STAGES['short'].faults)} faults" in said
    assert " 0 lost or wrong" in said
