"""Has bandit look as well: what it finds has to be justified where it stands, by the mark that ruff reads.

Ruff knows most of bandit's rules and not all; bandit does not read ruff's marks.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PLACES = ("mlabs_ext", "spawner", "images", "ui/build.py", "release", "docs", "jupyterhub_config.py")
# As in pyproject.toml; and that something starts programs at all is no finding.
NOT_ASKED = "B101,B404,B603"


def main() -> int:
    """The exit status: 1 where something is not justified."""
    command = [
        sys.executable,
        "-m",
        "bandit",
        "--quiet",
        "--recursive",
        "--format",
        "json",
        "--skip",
        NOT_ASKED,
    ]
    done = subprocess.run([*command, *PLACES], cwd=ROOT, capture_output=True, text=True, check=False)
    said = json.loads(done.stdout)
    left = [one for one in said["results"] if not justified(one, ROOT / one["filename"])]
    for one in left:
        print(f"{one['filename']}:{one['line_number']}: {one['test_id']} {one['issue_text']}")
    for error in said["errors"]:
        print(f"{error['filename']}: {error['reason']}")
    print(f"bandit: {len(said['results'])} findings, {len(left)} of them without a reason beside them")
    return 1 if left or said["errors"] else 0


def justified(found: dict[str, Any], file: Path) -> bool:
    """Whether a line of what was found says why that is no fault: `# noqa: S310 - http or https`."""
    lines = file.read_text(encoding="utf-8").splitlines()
    mark = f"noqa: S{found['test_id'].removeprefix('B')}"
    return any(mark in lines[number - 1] for number in found["line_range"] if number <= len(lines))


if __name__ == "__main__":
    sys.exit(main())
