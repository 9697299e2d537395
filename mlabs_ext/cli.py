"""The `mlabs` command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import mlabs_ext
from mlabs_ext.backups import options as backups
from mlabs_ext.doctor import options as doctor
from mlabs_ext.errors import MLabsError
from mlabs_ext.export import options as export
from mlabs_ext.remote import options as remote
from mlabs_ext.saving import options as saving
from mlabs_ext.up import command as up
from mlabs_ext.up import setup
from mlabs_images import options as images_options
from mlabs_spawner import nodes_options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status: 0 done, 1 could not, 2 asked wrongly."""
    options = parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except MLabsError as error:
        print(error.message, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Who reads it has enough, as `head` has; at its end Python would write out the rest, and fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def parser() -> argparse.ArgumentParser:
    """What can be asked."""
    top = argparse.ArgumentParser(prog="mlabs", description=mlabs_ext.__doc__)
    top.add_argument("--version", action="version", version=f"mlabs {mlabs_ext.__version__}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")

    one = commands.add_parser("up", help="start MLabs on this machine", description=up.__doc__)
    up.add_arguments(one)
    one.set_defaults(run=up.run)

    one = commands.add_parser(
        "setup", help="make this machine ready to serve others", description=setup.DESCRIPTION
    )
    setup.add_arguments(one)
    one.set_defaults(run=setup.run)

    remote.add_arguments(commands)
    export.add_arguments(commands)
    saving.add_arguments(commands)
    doctor.add_arguments(commands)
    backups.add_arguments(commands)

    nodes = commands.add_parser("nodes", help="machines that are lent to a Swarm's labs")
    nodes_options.add_arguments(nodes)

    images = commands.add_parser("images", help="environments that notebooks run in")
    images_options.add_arguments(images)
    return top


if __name__ == "__main__":
    sys.exit(main())
