"""What can be asked of an MLabs elsewhere; the rest is loaded only for those who ask, as it takes a while."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import Any

LOGIN = "Sign in at an MLabs. The token is kept in ~/.config/mlabs/login.json ($MLABS_LOGIN), for you alone."
RUN = """Run a notebook or a lab in the background: all of its cells, on a server of its own. A file runs as
it is, published or not; a lab runs its latest version."""


def add_arguments(commands: Any) -> None:
    """The commands."""
    one = commands.add_parser("login", help="sign in at an MLabs", description=LOGIN)
    one.add_argument("url", help="address of the MLabs, such as https://labs.example.org")
    one.set_defaults(run=later("login", "run"))

    one = commands.add_parser("run", help="run a notebook or a lab in the background", description=RUN)
    add_run_arguments(one)
    one.set_defaults(run=later("runs", "run"))

    one = commands.add_parser("runs", help="list runs, newest first")
    add_runs_arguments(one)
    one.set_defaults(run=later("runs", "list_runs"))


def later(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    """A function that is loaded when it is called."""

    def run(options: argparse.Namespace) -> int:
        status: int = getattr(import_module(f"mlabs_ext.remote.{module}"), name)(options)
        return status

    return run


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be asked of a run."""
    add = parser.add_argument
    add("target", metavar="FILE|LAB", help="a notebook file, or a lab of yours, as NAME or OWNER/NAME")
    add(
        "--param",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="set a parameter of the notebook; may be given more than once",
    )
    add("--environment", metavar="NAME", help="environment to run in (default: the lab's)")
    add("--accelerator", metavar="NAME", help="accelerator to run on (default: the lab's)")
    add("--timeout", metavar="SECONDS", type=float, help="stop it after so long")
    add("--wait", action="store_true", help="wait until it has ended; exit status 1 if it did not succeed")
    add("--json", action="store_true", help="print the run as JSON")


def add_runs_arguments(parser: argparse.ArgumentParser) -> None:
    """Which runs."""
    parser.add_argument("lab", metavar="LAB", nargs="?", help="of this lab (default: all of yours)")
    parser.add_argument("--limit", type=int, default=20, help="how many, at most 100 (default: 20)")
    parser.add_argument("--json", action="store_true", help="print them as JSON")
