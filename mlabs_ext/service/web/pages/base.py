"""What pages share beyond `PageHandler`: names of environments, forms, and moving on after one."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from mlabs_ext.errors import BadInput, MLabsError, Unusable
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.page_base import EmbedHandler, PageHandler
from mlabs_ext.service.web.system import safe_next
from mlabs_ext.wire import Lab, Run

if TYPE_CHECKING:
    from mlabs_ext.service.app import MLabsService

T = TypeVar("T")
# Of these, what a person entered or sent is the cause.
MENDED = (400, 409, 413, 422, 507)
# What msgspec says of a text that is too short or too long.
LENGTH = re.compile(r"length (?:(?P<few>>= 1)|<= (?P<most>\d+)) - at `\$\.(?P<field>\w+)`")


class Page(PageHandler):
    """An app page."""

    def page(self, template: str, status: int = 200, **context: Any) -> None:
        """Add what most templates use."""
        super().page(template, status, **(shared(self) | context))

    def site(self) -> str:
        """The absolute address of the service, for what people copy elsewhere."""
        return site_of(self)

    def field(self, name: str) -> str:
        """A form's field, stripped; empty where it is absent."""
        return self.get_body_argument(name, "").strip()

    def given(self, *names: str) -> dict[str, str]:
        """The fields among `names` that the form has."""
        return {name: self.field(name) for name in names if name in self.request.body_arguments}

    def need_sure(self, that: str) -> None:
        """Raise BadInput unless the form's box is ticked that says so: "the lab is to be deleted"."""
        if self.field("sure") != "yes":
            raise BadInput(f"Tick the box to say that {that}.", "not_confirmed")

    def go(self, address: str) -> None:
        """Move on after a form, so that reloading does not send it again."""
        self.redirect(address, status=303)

    def go_on(self, otherwise: str) -> None:
        """Move on to the form's `next` where that is a page of ours, else to `otherwise`."""
        wanted = self.field("next")
        self.go(safe_next(wanted, self.app.base_url) if wanted else otherwise)

    async def attempt(self, work: Awaitable[T], again: Callable[[str, int], Any]) -> T | None:
        """Await `work`; where what a person entered is at fault, show the form `again` and return None."""
        try:
            return await work
        except MLabsError as error:
            if error.status not in MENDED:
                raise
            shown = again(error.message, error.status)
            if isawaitable(shown):
                await shown
            return None


class EmbedPage(EmbedHandler):
    """A page inside other sites."""

    def embed_page(self, template: str, status: int = 200, **context: Any) -> None:
        """Add what most templates use."""
        super().embed_page(template, status, **(shared(self) | context))


def site_of(handler: BaseHandler) -> str:
    """The absolute address of the service, as whoever asks reaches it where none is configured."""
    request, app = handler.request, handler.app
    return app.public_url or f"{request.protocol}://{request.host}{app.base_url}"


def render_base(app: MLabsService, lab: Lab, *runs: Run) -> str:
    """Where the rendered documents of a page about these come from, with a slash at its end.

    The second domain has no cookies, so it shows what everybody may see. The rest comes from our own.
    """
    own = lab.visibility == "private" or not lab.version or lab.taken_down is not None
    own = own or any(run.version is None for run in runs)
    return f"{(not own and app.render_url) or app.base_url}render/"


def shared(handler: PageHandler) -> dict[str, Any]:
    """The titles of environments by name, and where rendered documents come from that everybody may see."""
    app = handler.app
    return {
        "titles": {environment.name: environment.title for environment in app.catalogue.all()},
        "render_base": f"{app.render_url or app.base_url}render/",
        "renderer": app.renderer.version,
    }


def shaped(shape: type[T], fields: dict[str, Any]) -> T:
    """Fields of a form as a wire shape; what does not fit is told in words."""
    try:
        return msgspec.convert(fields, shape)
    except msgspec.ValidationError as error:
        raise Unusable(told(str(error)), "fields_invalid") from error


def told(error: str) -> str:
    """What is wrong with a form, as a person would say it."""
    if "$.tags" in error and "length" not in error:
        return "A tag has 1 to 40 of a-z, 0-9, '+', '.' and '-', and begins with a letter or digit."
    if length := LENGTH.search(error):
        few, most, field = length["few"], length["most"], length["field"]
        return f"Fill in the {field}." if few else f"The {field} has {most} characters at most: shorten it."
    return f"The form cannot be used as it is: {error}."
