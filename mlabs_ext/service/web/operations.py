"""What a REST call takes and gives, written beside its verb, so that the API description is never stale."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from tornado.web import RequestHandler

Verb = TypeVar("Verb", bound=Callable[..., Any])


class Parameter(NamedTuple):
    """What stands in a query or in a header: what it is for, and its JSON schema."""

    text: str
    schema: Mapping[str, Any] = {"type": "string"}
    required: bool = False


def whole(text: str, low: int, high: int) -> Parameter:
    """A whole number from `low` to `high`."""
    return Parameter(text, {"type": "integer", "minimum": low, "maximum": high})


def choice(text: str, *values: str) -> Parameter:
    """One of a few words."""
    return Parameter(text, {"type": "string", "enum": list(values)})


LIST_QUERY = {
    "limit": whole("1 to 100 items, 30 by default.", 1, 100),
    "cursor": Parameter("`next` of the page before.", {"type": "string", "minLength": 1}),
}
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
    `?format=` asks for, by its values. `query` and `headers` have what a request may carry there, with a text
    alone where it takes any.

    With `takes_files` the body is a form: files, and the fields of `body`; with `takes_form` it may be one.
    `takes` is the media type of a body that is a file itself. Without `body_needed` it may be left out.

    `access` is "public" (nothing needed for what is public), "read", "write", or another scope's name.
    """

    summary: str
    answer: Any = None
    body: Any = None
    status: int = 200
    other_statuses: tuple[int, ...] = ()
    query: Mapping[str, str | Parameter] = field(default_factory=dict)
    headers: Mapping[str, Parameter] = field(default_factory=dict)
    access: str = "public"
    media: str = "application/json"
    files: Mapping[str, str] = field(default_factory=dict)
    stream: str | None = None
    idempotent: bool = False
    conditional: bool = False
    takes: str | None = None
    takes_notebook: bool = False
    takes_files: bool = False
    takes_form: bool = False
    body_needed: bool = True


def operation(summary: str, **fields: Any) -> Callable[[Verb], Verb]:
    """Attach an `Operation` to a handler's verb."""

    def attach(verb: Verb) -> Verb:
        # A function may have attributes, which its type does not say.
        verb.operation = Operation(summary, **fields)  # type: ignore[attr-defined]
        return verb

    return attach
