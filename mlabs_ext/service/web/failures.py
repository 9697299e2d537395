"""Turns whatever a request failed with into the one error shape."""

from __future__ import annotations

from http.client import responses
from typing import Any, NamedTuple

from tornado.web import HTTPError

from mlabs_ext.errors import MLabsError, error_body

CODES = {
    400: "bad_request",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    502: "hub_unavailable",
}
MESSAGES = {
    403: "You may not do this.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
}
BROKEN = "Something is wrong on our side. It has been logged; try again in a moment."


class Failure(NamedTuple):
    """An error as the asker is told of it."""

    status: int
    code: str
    message: str
    detail: dict[str, Any] | None = None

    def body(self) -> dict[str, Any]:
        """The JSON body."""
        return error_body(*self)


def failure_of(error: BaseException | None, status: int) -> Failure:
    """Say what the asker may know of `error`; an unexpected one keeps its secrets."""
    if isinstance(error, MLabsError):
        return Failure(error.status, error.code, error.message, error.detail)
    if isinstance(error, HTTPError) or error is None:
        return _of_status(error.status_code if error else status, error)
    return Failure(500, "internal_error", BROKEN)


def _of_status(status: int, error: HTTPError | None) -> Failure:
    if status >= 500:
        return Failure(status, CODES.get(status, "internal_error"), BROKEN)
    phrase = responses.get(status, "Error")
    message = MESSAGES.get(status) or (
        error.log_message if error and status == 400 and not error.args else None
    )
    return Failure(status, CODES.get(status, phrase.lower().replace(" ", "_")), message or f"{phrase}.")
