"""What can be asked of `mlabs doctor`; the rest is loaded only for those who ask, as it takes a while."""

from __future__ import annotations

import argparse
from typing import Any

DOCTOR = """Look this installation over: programs and their versions, the data directory, the settings file,
the database, blobs, containers or environments, and the way that people take to it. What is wrong is said
with what to do. Nothing is changed, and MLabs need not run; where it does, more can be looked at. Run it as
the user who runs MLabs. Exit status 1: something has to be done."""


def add_arguments(commands: Any) -> None:
    """The command."""
    one = commands.add_parser("doctor", help="look the installation over", description=DOCTOR)
    add = one.add_argument
    add("--data", metavar="DIR", help="the data directory (default: $MLABS_DATA, else ./mlabs-data)")
    add("--url", metavar="URL", help="the address that people use (default: $MLABS_PUBLIC_URL)")
    add("--host", help="address that MLabs is to listen on, where it does not run (default: $MLABS_HOST)")
    add("--port", help="port that it is to listen on, where it does not run (default: $MLABS_PORT)")
    add("--spawner", metavar="NAME", help="where servers are to run (default: $MLABS_SPAWNER, else local)")
    add("--json", action="store_true", help="print what was found as JSON")
    one.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do it."""
    from mlabs_ext.doctor import command

    status: int = command.run(options)
    return status
