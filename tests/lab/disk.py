"""The notebook of the lab that a user's server is for, and what lies on the server's disk."""

from __future__ import annotations

import json

from lab.user_server import UserServer

PATH = "mnist/mnist.ipynb"


def on_disk(server: UserServer, path: str = PATH) -> dict:
    return json.loads((server.root / path).read_text())
