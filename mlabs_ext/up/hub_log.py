"""Has the hub's log name the request that one of its own belongs to."""

from __future__ import annotations

from typing import Any

from jupyterhub import log
from tornado.log import access_log

from mlabs_ext.request_ids import HEADER, SAFE


def log_request(handler: Any) -> None:
    """JupyterHub's own line; before it, where the service asks for somebody, the id of what they asked."""
    id = handler.request.headers.get(HEADER, "")
    if SAFE.fullmatch(id):
        access_log.info("%s %s: request %s", handler.request.method, handler.request.path, id)
    log.log_request(handler)
