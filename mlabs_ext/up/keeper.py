"""Keeps one of the hub's services running: `python -m mlabs_ext.up.keeper HUB_PID "COMMAND" [PREFIX…]`.

JupyterHub looks only every 30 s whether a service still runs; a keeper starts it again at once. And a hub
that is killed cannot stop its services; a keeper ends with its hub, however that ends.

It hands on the hub's variables that begin with a PREFIX. As settings of the service they would be written
into JupyterHub's database, with the secrets in them.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from functools import partial

from mlabs_ext.up.processes import die_with_parent, send, variables


class Keeper:
    """Runs `command` until it ends by itself or this process is told to stop; it gets `environ` as well."""

    def __init__(self, command: list[str], environ: dict[str, str]):
        self.command = command
        self.environ = {**os.environ, **environ}
        self.child: subprocess.Popen[bytes] | None = None
        self.stopping = False

    def stop(self, *_: object) -> None:
        """Pass the signal on."""
        self.stopping = True
        if self.child:
            send(self.child.pid, signal.SIGTERM)

    def run(self) -> int:
        """The exit status of the command; one that was killed is started again."""
        while True:
            self.child = subprocess.Popen(
                self.command,
                env=self.environ,
                preexec_fn=partial(die_with_parent, signal.SIGTERM),
                start_new_session=True,
            )
            if self.stopping:
                self.stop()
            status = self.child.wait()
            if self.stopping or status >= 0:
                return max(status, 0)
            # The log's disk may be full: no reason to let the service stay away.
            with suppress(OSError):
                print(
                    f"{shlex.join(self.command)} was ended by signal {-status}; starting it again.",
                    flush=True,
                )


def main(hub: str, command: str, *prefixes: str) -> int:
    """Keep `command` running for the hub whose process id is `hub`."""
    keeper = Keeper(shlex.split(command), variables(int(hub), prefixes))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, keeper.stop)
    die_with_parent(signal.SIGTERM)
    if os.getppid() != int(hub):
        print("The hub ended before its service began.", file=sys.stderr)
        return 1
    return keeper.run()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
