"""What can be asked of `mlabs nodes`; the rest is loaded only for those who ask."""

from __future__ import annotations

import argparse
import sys

LIST = "List the machines of this Docker Swarm: which are lent, what they have, and whose labs run there."
LEND = """Have labs that ask for the accelerator `community` run on this machine of the Swarm, and no others.
Let it join as a worker that takes nothing yet: docker swarm join --availability drain …"""
DRAIN = """Have a lent machine take no more labs, stop those that run there, and wait until their files are
where the next start finds them. `mlabs nodes lend` has it take labs again."""
REMOVE = "The same, and have the machine leave the Swarm."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The commands below `mlabs nodes`."""
    actions = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    one = actions.add_parser("list", help="list the machines", description=LIST)
    one.add_argument("--json", action="store_true", help="print JSON")
    one.set_defaults(run=run, action="show")
    for name, words, text in (
        ("lend", "lend a machine to labs", LEND),
        ("drain", "stop the labs on a lent machine", DRAIN),
        ("remove", "drain a lent machine, and remove it", REMOVE),
    ):
        one = actions.add_parser(name, help=words, description=text)
        one.add_argument("node", metavar="NODE", help="its name or id, as `mlabs nodes list` shows it")
        if name != "lend":
            one.add_argument(
                "--wait", type=float, default=300, metavar="SECONDS", help="how long to wait (default: 300)"
            )
        one.set_defaults(run=run, action=name)


def run(options: argparse.Namespace) -> int:
    """Do what is asked."""
    try:
        from mlabs_spawner import nodes
    except ImportError as error:
        print(f'This command needs what the hub has: pip install "mlabs[hub]" ({error})', file=sys.stderr)
        return 1
    return nodes.run(options)
