"""What can be asked of `mlabs export`; the rest is loaded only for those who ask, as it takes a while."""

from __future__ import annotations

import argparse
import sys
from typing import Any

EXPORT = """Write a lab, all public labs of a person, or the whole public site as plain files that any file
server can show, below any address. Only what everybody may see is written: unlisted labs only by their name,
private labs and drafts never. The same folder again: only what changed is written, what is gone is removed.
Read is the data directory, while MLabs runs or not; with --remote the MLabs that you signed in at."""


def add_arguments(commands: Any) -> None:
    """The command."""
    one = commands.add_parser("export", help="write labs as a web site of plain files", description=EXPORT)
    one.usage = "mlabs export [-h] [--data DIR | --remote] [--site URL] [--json] (LAB | @OWNER | --all) DIR"
    add = one.add_argument
    add("what", metavar="LAB|@OWNER", nargs="?", help="a lab as OWNER/NAME, or a person's labs")
    add("--all", action="store_true", help="the whole public site")
    add("folder", metavar="DIR", help="where to write; an empty folder, or an earlier export of the same")
    source = one.add_mutually_exclusive_group()
    source.add_argument("--data", metavar="DIR", help="the data directory (default: as `mlabs up`)")
    source.add_argument("--remote", action="store_true", help="read the MLabs of `mlabs login`, over HTTP")
    add("--site", metavar="URL", help="the address of the original, for links to it (default: as configured)")
    add("--json", action="store_true", help="print what was done as JSON")
    one.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check what is asked, and do it."""
    if options.all == bool(options.what):
        print("Name a lab (OWNER/NAME), a person (@OWNER) or --all, and then the folder.", file=sys.stderr)
        return 2
    from mlabs_ext.export import command

    status: int = command.run(options)
    return status
