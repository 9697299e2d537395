"""What can be asked of `mlabs images`; the rest is loaded only for those who ask, as it takes a while."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

LIST = "List the environments: what is installed or built of each, and the versions really inside."
BUILD = """Build the images of these environments, or of all: only what changed since the last time. Packages
are fetched by this machine's pip settings, and nothing of those stays in an image. After a change of
requirements, python -m mlabs_images.locks locks the packages anew."""
BASE = """Make the image that all others start from without a registry: a small Debian with Python, by
mmdebstrap. `mlabs images build` takes it where it is there."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The commands below `mlabs images`."""
    actions = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    one = actions.add_parser("list", help="list the environments and their images", description=LIST)
    common(one, "show")

    one = actions.add_parser("build", help="build images", description=BUILD)
    one.add_argument("names", nargs="*", metavar="NAME", help="an environment (default: all)")
    one.add_argument("--accelerator", default="none", help="none or gpu (default: none)")
    one.add_argument(
        "--base", default="", metavar="IMAGE", help="the system to start from; it has Python 3.11"
    )
    common(one, "make")

    one = actions.add_parser("base", help="make a system without a registry", description=BASE)
    one.add_argument("--mirror", default="", metavar="URL", help="a mirror of Debian (default: Debian's own)")
    common(one, "make_base")


def common(parser: argparse.ArgumentParser, name: str) -> None:
    """The options of every one of them, and the function that runs it."""
    parser.add_argument("--data", metavar="DIR", help="the data directory (default: as `mlabs up`)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=later(name))


def later(name: str) -> Callable[[argparse.Namespace], int]:
    """A function of the module `command`, loaded when it is called."""

    def run(options: argparse.Namespace) -> int:
        from mlabs_images import command

        try:
            status: int = getattr(command, name)(options)
        except KeyboardInterrupt:
            print("\nStopped. What was built is kept.", file=sys.stderr)
            return 1
        return status

    return run
