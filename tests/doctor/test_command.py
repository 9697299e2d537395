"""What was found is said to people and to programs, with an exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import mlabs_ext
from mlabs_ext.doctor.checks import CHECKS


def doctor(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    line = [Path(sys.executable).with_name("mlabs"), "doctor", *arguments]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLABS_")}
    return subprocess.run(
        line, capture_output=True, text=True, env={**kept, **environ}, check=False, timeout=120
    )


def test_it_is_said_to_people_and_to_programs(data, environ):
    (data / "secrets" / "password").chmod(0o644)
    done = doctor("--data", str(data.path), MLABS_PORT=environ["MLABS_PORT"])
    assert done.returncode == 1
    assert "✗ fault     Secrets" in done.stdout
    assert "What to do: chmod 700" in done.stdout
    assert "1 fault, 0 warnings" in done.stdout
    assert done.stderr == ""
    (data / "secrets" / "password").chmod(0o600)
    done = doctor("--json", MLABS_DATA=str(data.path), MLABS_PORT=environ["MLABS_PORT"])
    assert done.returncode == 0
    said = json.loads(done.stdout)
    assert (said["version"], said["data"], said["running"]) == (mlabs_ext.__version__, str(data.path), False)
    assert {check["id"] for check in said["checks"]} == {check.id for check in CHECKS}
    assert {check["status"] for check in said["checks"]} == {"fine", "skipped"}
