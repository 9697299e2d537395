"""`{server}/mlabs/api`: handlers parse, call a rule, and answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote
from uuid import uuid4

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado import web

from mlabs_ext.errors import BadInput, Forbidden, MLabsError, Unusable, error_body
from mlabs_ext.lab.embed import snippet
from mlabs_ext.lab.pages import error_page
from mlabs_ext.wire import (
    BackgroundRequest,
    Forked,
    ForkRequest,
    LabChange,
    PublishRequest,
    RunAllMark,
    RuntimeChoice,
)

if TYPE_CHECKING:
    from mlabs_ext.lab.app import MLabsLab

T = TypeVar("T")
PAGE = 30
PAGE_MAX = 100


class Mine(JupyterHandler):
    """For the server's owner only: a server may be shared, what it publishes in its owner's name may not."""

    auth_resource = "mlabs"

    @property
    def app(self) -> MLabsLab:
        """The extension, with its parts."""
        return self.settings["mlabs"]

    async def prepare(self) -> None:
        """Refuse everybody else, after the server's own checks of token, cookie and XSRF."""
        await super().prepare()
        user = self.current_user
        if not self._finished and hasattr(user, "hub_user") and user.username != self.app.owner:
            raise Forbidden("This server belongs to somebody else.", "not_your_server")

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


CODES = {400: "bad_input", 403: "forbidden", 404: "not_found", 405: "method_not_allowed"}


class PublishHandler(Api):
    """`POST publish`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Publish a notebook."""
        published = await self.app.publishing.publish(self.body(PublishRequest))
        self.answer(published, 201 if published.created else 200)


class ForkHandler(Api):
    """`POST fork`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Fork a lab; the answer says where the fork is opened."""
        asked = self.body(ForkRequest)
        lab = await self.app.labs.fork(asked.lab, asked.name, str(uuid4()))
        self.answer(Forked(lab, f"{self.app.base_path}open/@{quote(lab.owner)}/{lab.name}"), 201)


class EmbedHandler(Api):
    """`GET embed`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Snippets for the lab of a notebook, or any lab."""
        reference = self.get_query_argument("lab", "")
        labs = self.app.labs
        self.answer(
            snippet(await (labs.get(reference) if reference else labs.of(self.path_argument())), self.here)
        )


class HistoryHandler(Api):
    """`GET history`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Runs of a notebook, newest first."""
        limit = self.get_query_argument("limit", str(PAGE))
        if not limit.isdecimal() or not 0 < int(limit) <= PAGE_MAX:
            raise BadInput(f"`limit` is a number from 1 to {PAGE_MAX}.", "limit_invalid")
        cursor = self.get_query_argument("cursor", None)
        self.answer(await self.app.history.page(self.path_argument(), int(limit), cursor))


class LabHandler(Api):
    """`GET lab` and `PATCH lab`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """What a front end shows beside a notebook."""
        self.answer(await self.app.labs.beside(self.path_argument(), self.app.owner))

    @web.authenticated
    @authorized
    async def patch(self) -> None:
        """Change the lab of a notebook."""
        self.answer(await self.app.labs.change(self.path_argument(), self.body(LabChange)))


class RunAllHandler(Api):
    """`POST run-all`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """A front end runs all cells now."""
        mark = self.body(RunAllMark)
        self.app.recorder.run_all_begins(mark.path.strip("/"), mark.cells)
        self.set_status(204)
        self.finish()


class BackgroundHandler(Api):
    """`POST background`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Run a notebook as it is saved in the background; the answer says where to follow it."""
        self.answer(await self.app.background.run(self.body(BackgroundRequest)), 202)


class RuntimeHandler(Api):
    """`GET runtime` and `PUT runtime`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Where a notebook is to run, and where it does."""
        self.answer(await self.app.runtimes.look(self.path_argument()))

    @web.authenticated
    @authorized
    async def put(self) -> None:
        """Choose another runtime."""
        choice = self.body(RuntimeChoice)
        self.answer(await self.app.runtimes.change(self.path_argument(), choice))


class LimitsHandler(Api):
    """`GET limits`: cheap, for front ends ask again and again."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """When this server will be stopped, and why."""
        self.answer(self.app.limits.now())


class RunHandler(Mine):
    """`GET run`: where a batch run's server sends whoever comes to look."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Go to the run's page, or to the lab of a server that has none."""
        owner, _, lab = self.app.lab.partition("/")
        page = f"{self.app.base_path}@{quote(owner, safe='')}/{lab}"
        self.redirect(f"{page}/runs/{self.app.run}" if self.app.run else page)


class OpenHandler(Mine):
    """`GET open`: a page that people come to by redirects, so its errors are pages too."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Fetch the lab's notebook if it is absent, and go to it."""
        if self.app.run:
            self.redirect(f"{self.base_url}mlabs/api/run")
            return
        path = await self.app.opening.open(self.get_query_argument("lab", ""))
        front_end = "notebooks" if self.get_query_argument("ui", "lab") == "notebook" else "lab/tree"
        self.redirect(f"{self.base_url}{front_end}/{quote(path)}")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """An error that a person can read, with a way on."""
        error = kwargs.get("exc_info", (None, None))[1]
        if not isinstance(error, MLabsError):
            super().write_error(status_code, **kwargs)
            return
        self.set_status(error.status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(error_page(error, self.app.base_path, self.get_query_argument("lab", "")))


ROUTES = [
    (rf"/mlabs/api/{name}", handler)
    for name, handler in {
        "publish": PublishHandler,
        "fork": ForkHandler,
        "embed": EmbedHandler,
        "history": HistoryHandler,
        "lab": LabHandler,
        "run-all": RunAllHandler,
        "background": BackgroundHandler,
        "runtime": RuntimeHandler,
        "limits": LimitsHandler,
        "open": OpenHandler,
        "run": RunHandler,
    }.items()
]
