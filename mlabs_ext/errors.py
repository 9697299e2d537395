"""The one error shape, and the few kinds of error that rules may raise."""

from __future__ import annotations

from typing import Any


class MLabsError(Exception):
    """An error that a person or a program is told about.

    `code` is a stable identifier for programs, `message` says to a person what is wrong and what to do next,
    `detail` holds JSON-ready facts.
    """

    status = 500
    code = "internal_error"

    def __init__(self, message: str, code: str | None = None, detail: dict[str, Any] | None = None):
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.detail = detail

    def body(self) -> dict[str, Any]:
        """The JSON body: `{"error": {"status", "code", "message", "detail"?}}`."""
        return error_body(self.status, self.code, self.message, self.detail)


class BadInput(MLabsError):
    """Cannot be understood at all."""

    status, code = 400, "bad_input"


class Forbidden(MLabsError):
    """No credentials, or not sufficient ones."""

    status, code = 403, "forbidden"


class NotFound(MLabsError):
    """Absent, or not the asker's to know."""

    status, code = 404, "not_found"


class Conflict(MLabsError):
    """The name is taken."""

    status, code = 409, "conflict"


class Stale(MLabsError):
    """Changed since the asker read it."""

    status, code = 412, "stale"


class TooLarge(MLabsError):
    """Over a size limit."""

    status, code = 413, "too_large"


class Unusable(MLabsError):
    """Well-formed, but not something that can be acted on."""

    status, code = 422, "unusable"


class TooMany(MLabsError):
    """A rate or concurrency limit; `detail["retry_after"]` is in seconds."""

    status, code = 429, "too_many"


class Unavailable(MLabsError):
    """A part that is needed does not answer now."""

    status, code = 503, "unavailable"


class Full(MLabsError):
    """No space left."""

    status, code = 507, "full"


def error_body(status: int, code: str, message: str, detail: dict[str, Any] | None = None) -> dict[str, Any]:
    """Build the error shape; `detail` is left out where there is none."""
    error: dict[str, Any] = {"status": status, "code": code, "message": message}
    if detail:
        error["detail"] = detail
    return {"error": error}
