"""What a REST call takes and gives, written beside its verb, so that the API description is never stale."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from tornado.web import RequestHandler

Verb = TypeVar("Verb", bound=Callable[..., Any])
LIST_QUERY = {"limit": "1 to 100 items, 30 by default.", "cursor": "`next` of the page before."}
PARAMETERS = {
    "number": r"latest|[0-9]{1,9}",
    "proposal": "[1-9][0-9]{0,8}",
    "path": r".+",
    "a": "[0-9A-Za-z]{1,26}",
    "b": "[0-9A-Za-z]{1,26}",
}


class Route(NamedTuple):
    """An API path below `BASE/api/v1`, with its parameters in braces, and the handler that serves it."""

    path: str
    handler: type[RequestHandler]

    def pattern(self) -> str:
        """The path as a regular expression, one group for each parameter."""
        path = self.path.replace("...", r"\.\.\.")
        return re.sub(r"\{(\w+)\}", lambda name: f"({PARAMETERS.get(name[1], '[^/]+')})", path)


@dataclass(frozen=True)
class Operation:
    """One verb of one path. Shapes are msgspec types; `media` is the media type of what is not JSON, and
    `stream` that of a stream which is answered unless JSON is asked for. `files` are the media types of what
    `?format=` asks for, by its values.

    With `takes_files` the body is a form: files, and the fields of `body`.

    `access` is "public" (nothing needed for what is public), "read", "write", or another scope's name.
    """

    summary: str
    answer: Any = None
    body: Any = None
    status: int = 200
    other_statuses: tuple[int, ...] = ()
    query: dict[str, str] = field(default_factory=dict)
    access: str = "public"
    media: str = "application/json"
    files: Mapping[str, str] = field(default_factory=dict)
    stream: str | None = None
    idempotent: bool = False
    conditional: bool = False
    takes_notebook: bool = False
    takes_files: bool = False


def operation(summary: str, **fields: Any) -> Callable[[Verb], Verb]:
    """Attach an `Operation` to a handler's verb."""

    def attach(verb: Verb) -> Verb:
        verb.operation = Operation(summary, **fields)  # type: ignore[attr-defined]
        return verb

    return attach
