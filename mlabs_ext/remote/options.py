"""What can be asked of an MLabs elsewhere; the rest is loaded only for those who ask, as it takes a while."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import Any

LOGIN = "Sign in at an MLabs. The token is kept in ~/.config/mlabs/login.json ($MLABS_LOGIN), for you alone."
RUN = """Run a notebook or a lab in the background: all of its cells, on a server of its own. A file runs as
it is, published or not; a lab runs its latest version."""

PUBLISH = """Publish a notebook file: as the next version of the lab that it names, else as a new lab, which
the file then names. It is looked through before: what looks like a secret stops it, and what is personal is
told."""
PULL = """Fetch a lab's notebook as a file: its latest version, or LAB@VERSION. A file that differs is not
replaced."""
ASSETS = """List the files of a lab: what its latest version's run made, and what was put beside it; or fetch
one."""
ADD = """Make a dataset of files and folders, or with --to the next version of one. Zip and tar archives are
unpacked; hidden files are left out. What breaks off goes on where it was: give the same command again, within
the hour."""
VOLUNTEER = """Lend this machine to the community pool of an MLabs: it trains small networks that other people
asked for, and sends back numbers. No code travels: what comes is the description of a network and rows of
numbers, and what trains them may read no file of yours. Ctrl-C stops at once, and nothing is lost. Needs
Node.js: pip install "mlabs[volunteer]"."""


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

    add_lab_commands(commands)

    one = commands.add_parser("volunteer", help="lend this machine to the pool", description=VOLUNTEER)
    add_volunteer_arguments(one)
    one.set_defaults(run=later("volunteer", "run"))

    data = commands.add_parser("data", help="datasets")
    known = data.add_subparsers(title="commands", required=True, metavar="COMMAND")
    one = known.add_parser("add", help="make a dataset, or the next version of one", description=ADD)
    add_data_arguments(one)
    one.set_defaults(run=later("data", "add"))


def add_lab_commands(commands: Any) -> None:
    """The commands that move labs and their files."""
    one = commands.add_parser("publish", help="publish a notebook file", description=PUBLISH)
    add_publish_arguments(one)
    one.set_defaults(run=later("labs", "publish"))

    one = commands.add_parser("fork", help="make a lab of your own of another")
    one.add_argument("lab", metavar="LAB", help="OWNER/NAME")
    one.add_argument("--name", help="name of the fork (default: the lab's)")
    one.add_argument("--json", action="store_true", help="print the fork as JSON")
    one.set_defaults(run=later("labs", "fork"))

    one = commands.add_parser("pull", help="fetch a lab's notebook", description=PULL)
    one.add_argument("lab", metavar="LAB", help="NAME or OWNER/NAME, with @VERSION for one that is fixed")
    one.add_argument("file", metavar="FILE", nargs="?", help="where to (default: NAME.ipynb)")
    one.add_argument("--force", action="store_true", help="replace a file that differs, and keep it as FILE~")
    one.set_defaults(run=later("labs", "pull"))

    one = commands.add_parser("assets", help="files of a lab", description=ASSETS)
    add_assets_arguments(one)


def add_assets_arguments(parser: argparse.ArgumentParser) -> None:
    """Which files, and what to do with them."""
    add = parser.add_argument
    add("lab", metavar="LAB", help="NAME or OWNER/NAME")
    add("--of", default="latest", help="latest (default), a version, a run, or best with --metric")
    add("--metric", help="with --of best: the metric that decides, such as val_accuracy")
    add("--json", action="store_true", help="print the list as JSON")
    parser.set_defaults(run=later("assets", "list_assets"))
    one = parser.add_subparsers(metavar="get").add_parser("get", help="fetch one of them")
    one.add_argument("path", metavar="PATH", help="its path, as listed")
    one.add_argument("to", metavar="FILE", nargs="?", help="where to (default: the last part of its path)")
    one.add_argument("--force", action="store_true", help="replace a file that is there")
    one.set_defaults(run=later("assets", "get"))


def add_publish_arguments(parser: argparse.ArgumentParser) -> None:
    """What is said of the lab."""
    add = parser.add_argument
    add("file", metavar="FILE", help="a notebook file")
    add("--name", help="name of the lab (default: the one it has, else made from its title)")
    add("--title", help="title (default: the notebook's first heading, else the file's name)")
    add("--description", help="what it is about")
    add("--tag", action="append", default=[], help="a tag; may be given more than once")
    add("--visibility", choices=["public", "unlisted", "private"], help="who can see it")
    add("--license", help="an SPDX expression such as CC-BY-4.0")
    add("--message", help="what is new in this version")
    add("--environment", metavar="NAME", help="environment to run in (default: the notebook's)")
    add("--accelerator", metavar="NAME", help="accelerator to run on (default: the notebook's)")
    add("--anyway", action="store_true", help="publish what was found in it all the same")
    add("--json", action="store_true", help="print the lab as JSON")


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


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """What a dataset is made of, and what is said of it."""
    add = parser.add_argument
    add("paths", metavar="PATH", nargs="+", help="a file, a folder with all that is in it, or an archive")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--name", help="name of the new dataset (default: made from its title)")
    where.add_argument("--to", metavar="DATASET", help="add a version to this one, NAME or OWNER/NAME")
    add("--keep", action="store_true", help="with --to: keep the other files of the latest version")
    add("--title", help="title of the new dataset (default: the file's or folder's name)")
    add("--description", help="what the data are; public datasets need it")
    add("--license", help="an SPDX expression such as CC-BY-4.0; public datasets need it")
    add("--source", help="where the data come from")
    add("--tag", action="append", default=[], help="a tag; may be given more than once")
    add("--visibility", choices=["public", "unlisted", "private"], help="who can see it (default: private)")
    add("--message", help="what is new in this version")
    add("--packed", action="store_true", help="leave archives packed")
    add("--json", action="store_true", help="print what was made as JSON")


def add_volunteer_arguments(parser: argparse.ArgumentParser) -> None:
    """Whom to lend to, and how much."""
    add = parser.add_argument
    add("url", help="address of the MLabs, such as https://labs.example.org")
    add("--cpu", metavar="PERCENT", type=float, default=50, help="of one processor (default: 50)")
    add("--hours", metavar="FROM-TO", help="only in these hours of the day, such as 22-6")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--token", help="lend as whoever has this token (default: as mlabs login keeps it)")
    who.add_argument("--anonymous", action="store_true", help="lend as nobody, where that MLabs allows it")
    add("--name", help="what this machine's lines and its unit are called (default: the host's name)")
    add("--once", action="store_true", help="end after one part of a training")
    add("--json", action="store_true", help="print each change of state as a line of JSON")
    add("--service", action="store_true", help="print a unit for systemd that lends from each start on")
