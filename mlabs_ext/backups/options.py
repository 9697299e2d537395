"""What can be asked of `mlabs backup` and its like; the rest is loaded only for those who ask."""

from __future__ import annotations

import argparse
from typing import Any

BACKUP = """Write all of a data directory into one file, while MLabs runs or not: databases, the blobs that
they name, homes, secrets, settings. The file gets its name once it is whole, and nobody else may read it.
It is a tar archive; `-` is standard output, for a program that compresses or encrypts it. Run it as the
user that MLabs runs as (as root where labs run in containers). Exit status 1: something could not be read;
what could is in the file."""
RESTORE = """Restore a backup into a data directory that is empty or not there. It is unpacked, proved by
its digests, brought to this version and checked before anything counts. Where the settings in it (or those
that MLABS_CONFIG names) have the database in PostgreSQL or the blobs in S3, they go there. Settings are
Python: restore only what you trust. `-` is standard input."""
CHECK = """Look whether all is whole: the databases, every blob that they name, the numbers of versions, the
words of search. MLabs may run. Exit status 1: something is wrong; each finding says what to do."""
MOVE = """Move the database from SQLite to PostgreSQL (postgresql://USER@HOST/NAME), or the blobs from their
folder to a store (s3://BUCKET/FOLDER), while MLabs is stopped. Every row and every blob is proved by its
digest before the settings name the new place. A database has to be empty; what was there before is kept."""


def add_arguments(commands: Any) -> None:
    """The commands."""
    one = _command(commands, "backup", "write all of MLabs into one file", BACKUP)
    one.add_argument("file", metavar="FILE", help="the file to write, or - for standard output")
    one.add_argument("--without-homes", action="store_true", help="leave out the files in people's homes")

    one = _command(commands, "restore", "restore a backup into an empty directory", RESTORE)
    one.add_argument("file", metavar="FILE", help="the backup, or - for standard input")

    one = _command(commands, "check", "look whether all that MLabs keeps is whole", CHECK)
    one.add_argument("--fast", action="store_true", help="look whether blobs are there, without reading them")
    about = "put back missing and damaged blobs from a backup, and have search read what it lacks"
    one.add_argument("--repair", metavar="FILE", nargs="?", const="", help=about)

    one = _command(commands, "move", "move the database to PostgreSQL, or the blobs to S3", MOVE)
    one.add_argument("--to", metavar="URL", required=True, help="where to, postgresql://… or s3://…")


def _command(commands: Any, name: str, about: str, description: str) -> Any:
    one = commands.add_parser(name, help=about, description=description)
    one.add_argument("--data", metavar="DIR", help="the data directory (default: as `mlabs up`)")
    one.add_argument("--json", action="store_true", help="print what was done or found as JSON")
    one.set_defaults(run=run, what=name)
    return one


def run(options: argparse.Namespace) -> int:
    """Do it."""
    from mlabs_ext.backups import command

    status: int = command.run(options)
    return status
