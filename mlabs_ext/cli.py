"""The `mlabs` command."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

import mlabs_ext
from mlabs_ext.errors import MLabsError
from mlabs_ext.up import command as up


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status: 0 done, 1 could not, 2 asked wrongly."""
    options = parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except MLabsError as error:
        print(error.message, file=sys.stderr)
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

    images = commands.add_parser("images", help="environments that notebooks run in")
    actions = images.add_subparsers(title="commands", required=True, metavar="COMMAND")
    one = actions.add_parser("list", help="list the environments", description="List the environments.")
    one.add_argument("--json", action="store_true", help="print JSON")
    one.set_defaults(run=list_images)
    return top


def list_images(options: argparse.Namespace) -> int:
    """Print the catalogue."""
    import msgspec

    from mlabs_ext.catalogue import Catalogue

    environments = Catalogue().public()
    if options.json:
        print(json.dumps(msgspec.to_builtins(environments), indent=2))
        return 0
    for environment in environments:
        frameworks = ", ".join(f"{name} {version}" for name, version in environment.frameworks.items())
        print(f"{environment.name:12} {environment.title}: {frameworks}{' (default)' * environment.default}")
        if environment.reason:
            print(f"{'':12} not available: {environment.reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
