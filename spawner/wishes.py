"""What a request asks of a server: JupyterHub asks twice within one where the first start fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

_first: WeakKeyDictionary[Any, Mapping[str, Any]] = WeakKeyDictionary()


def of_request(handler: Any, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options that this request came with.

    The second time it has those that are kept for later: a lab would then start in another form than was
    asked for, and its person would never read why.
    """
    return options if handler is None else _first.setdefault(handler, dict(options))
