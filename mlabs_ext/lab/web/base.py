"""What every handler of `{server}/mlabs/api` shares: who may ask, bodies, answers, errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado import web

from mlabs_ext import request_ids
from mlabs_ext.errors import BadInput, Forbidden, MLabsError, Unusable, error_body

if TYPE_CHECKING:
    from mlabs_ext.lab.app import MLabsLab
    from mlabs_ext.lab.rules import Rules

T = TypeVar("T")
CODES = {400: "bad_input", 403: "forbidden", 404: "not_found", 405: "method_not_allowed"}


class Mine(JupyterHandler):
    """For the server's owner only: a server may be shared, what it publishes in its owner's name may not."""

    auth_resource = "mlabs"

    @property
    def app(self) -> MLabsLab:
        """The extension, with its parts."""
        return self.settings["mlabs"]

    @property
    def rules(self) -> Rules:
        """What there is to ask."""
        return self.app.rules

    # As Jupyter Server's own APIHandler, it takes nothing.
    async def prepare(self) -> None:  # type: ignore[override]
        """Refuse everybody else, after the server's own checks of token, cookie and XSRF.

        What the service is asked meanwhile carries the id of this request; the log says it once.
        """
        id = request_ids.taken(self.request.headers.get(request_ids.HEADER))
        request_ids.current.set(id)
        self.set_header(request_ids.HEADER, id)
        await super().prepare()
        user = self.current_user
        if not self._finished and hasattr(user, "hub_user") and user.username != self.app.owner:
            raise Forbidden("This server belongs to somebody else.", "not_your_server")

    def on_finish(self) -> None:
        """Log the id of what may have asked the service to change something."""
        super().on_finish()
        if self.request.method not in ("GET", "HEAD"):
            said = self.request.method, self.request.path, self.get_status(), request_ids.current.get()
            self.app.log.info("%s %s: %s, request %s", *said)

    def log_exception(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        """Errors that a person is told about are no news for the log."""
        if not isinstance(error, MLabsError):
            super().log_exception(kind, error, trace)

    @property
    def here(self) -> str:
        """The absolute address that the browser uses."""
        return f"{self.request.protocol}://{self.request.host}{self.base_url}"


class Api(Mine, APIHandler):
    """JSON in and out, errors of the one shape."""

    def body(self, shape: type[T]) -> T:
        """The body as `shape`; BadInput `json_invalid`, Unusable `fields_invalid`."""
        try:
            return msgspec.json.decode(self.request.body, type=shape)
        except msgspec.ValidationError as error:
            raise Unusable(f"The fields do not fit: {error}", "fields_invalid") from error
        except (ValueError, RecursionError) as error:
            raise BadInput(f"The body is not JSON: {error}", "json_invalid") from error

    def path_argument(self) -> str:
        """`?path=`, relative to the server's root."""
        path = self.get_query_argument("path", "").strip("/")
        if not path:
            raise BadInput("Say which notebook: ?path=…", "path_missing")
        return path

    def answer(self, value: Any, status: int = 200) -> None:
        """Answer with JSON."""
        self.set_status(status)
        self.finish(msgspec.json.encode(value))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Any error in the one shape."""
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, MLabsError):
            self.set_status(error.status)
            self.finish(msgspec.json.encode(error.body()))
            return
        said = isinstance(error, web.HTTPError) and error.log_message
        body = error_body(status_code, CODES.get(status_code, "internal_error"), said or self._reason)
        self.finish(msgspec.json.encode(body))
