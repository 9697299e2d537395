"""What a person may begin with, from inside of JupyterLab."""

from __future__ import annotations

from msgspec import Struct

from mlabs_ext.wire.labs import Lab
from mlabs_ext.wire.servers import Environment


class StartingPoints(Struct):
    """`base` is the path of the service's pages, `labs` are this person's own, last changed first,
    less the one that the server is for."""

    base: str
    environments: list[Environment]
    labs: list[Lab]
