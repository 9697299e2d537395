"""Tells the service manager that started `mlabs up` how far it is, as sd_notify(3) describes."""

from __future__ import annotations

import os
import socket
import sys

READY = "READY=1"
STOPPING = "STOPPING=1"


def tell_manager(*lines: str) -> None:
    """Say it where there is a manager that listens, such as systemd for a unit of `Type=notify`."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            # A name in the abstract namespace begins with a zero byte, written "@".
            manager.connect("\0" + address[1:] if address.startswith("@") else address)
            manager.sendall("\n".join(lines).encode())
    except OSError as error:
        # A manager that does not hear it is no reason to end.
        print(f"The service manager does not answer: {error}", file=sys.stderr)
