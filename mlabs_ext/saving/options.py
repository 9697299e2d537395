"""What can be asked of `mlabs copy`; the rest is loaded only for those who ask, as it takes a while."""

from __future__ import annotations

import argparse
from typing import Any

COPY = """Save a copy of a lab: its notebook, what is known of it, and the newest files of its runs, into a
folder called like the lab. A folder of this machine or a store (s3://BUCKET/FOLDER,
webdav+https://HOST/PATH) gets the latest version; a Git repository (an address that ends in .git or begins
with git+) a commit for each version. The same again brings it up to date. It acts with your own
credentials: git's and SSH's, those of AWS, and $MLABS_WEBDAV_USER and $MLABS_WEBDAV_PASSWORD; MLabs never
sees them."""


def add_arguments(commands: Any) -> None:
    """The command."""
    about = "save a copy of a lab in a folder, Git, S3 or WebDAV"
    one = commands.add_parser("copy", help=about, description=COPY)
    one.add_argument("lab", metavar="LAB", help="a lab that you may see, as OWNER/NAME, or yours, as NAME")
    one.add_argument("destination", metavar="DESTINATION", help="where to save it")
    one.add_argument("--json", action="store_true", help="print what was done as JSON")
    one.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do it."""
    from mlabs_ext.saving import command

    status: int = command.run(options)
    return status
