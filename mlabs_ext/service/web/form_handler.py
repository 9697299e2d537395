"""What takes forms with files of any size: they go to disk while they come, and go if the rest stays out."""

from __future__ import annotations

from typing import Any

from tornado.web import stream_request_body

from mlabs_ext.errors import Forbidden, MLabsError
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.files import DAY
from mlabs_ext.service.web.multipart import Form
from mlabs_ext.service.web.requested import network_of
from mlabs_ext.service.web.silence import Silence


@stream_request_body
class FormHandler(BaseHandler):
    """A handler whose POST is a form with files.

    A browser's form says in its first field that it is one of ours; no file is taken before that.
    """

    takes_files = True
    form: Form[Any] | None = None
    failure: MLabsError | None = None
    awaited_xsrf = False
    done = False

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.silence = Silence(self)

    async def begin(self) -> None:
        """Raise what is in the way before files come; else make the `form`."""
        raise NotImplementedError

    async def prepare(self) -> None:
        """Refuse what can be refused now. Who sends at once gets the reason at the end of the body."""
        network_of(self.request).set_body_timeout(DAY)
        try:
            await super().prepare()
            if self.request.method == "POST":
                await self.begin()
                self.silence.begins()
        except MLabsError as failure:
            headers = self.request.headers
            waits = "Expect" in headers and "X-Forwarded-For" not in headers
            if self.request.method != "POST" or waits:
                raise
            self.failure = failure

    def _check_xsrf(self) -> None:
        """A form without the header has a field for it, which comes with the body."""
        if "X-Xsrftoken" in self.request.headers or "_xsrf" in self.request.arguments:
            super()._check_xsrf()
        else:
            self.awaited_xsrf = True

    def check_xsrf_cookie(self) -> None:
        """JupyterHub asks for it as well, before it says whose session it is."""
        if not self.awaited_xsrf:
            super().check_xsrf_cookie()

    async def data_received(self, chunk: bytes) -> None:
        """Take a piece; the sender waits until it is written. What fails is told at the end."""
        self.silence.ends()
        if self.failure is None:
            try:
                await self.take(chunk)
            except MLabsError as failure:
                self.failure = failure
        self.silence.begins()

    async def take(self, chunk: bytes) -> None:
        """Take a piece of the body."""
        if self.form is not None:
            await self.run(self.form.feed, chunk)
            self._check_form(self.form)

    def _check_form(self, form: Form[Any], ended: bool = False) -> None:
        """Go on only with a form of our own pages, where a browser's session sends it."""
        if not self.awaited_xsrf:
            return
        given = form.fields.get("_xsrf")
        if given:
            self.request.arguments["_xsrf"] = [given[0].encode()]
            self.awaited_xsrf = False
            super()._check_xsrf()
        elif ended or form.begun:
            raise Forbidden("This page has expired: reload it and try again.", "xsrf_invalid")

    async def whole_form(self) -> Form[Any]:
        """The form, now that all of it is here; its fields are the request's arguments as well."""
        self.silence.ends()
        if self.failure is not None:
            raise self.failure
        assert self.form is not None
        self._check_form(self.form, ended=True)
        await self.run(self.form.finish)
        sent = {name: [value.encode() for value in values] for name, values in self.form.fields.items()}
        self.request.body_arguments.update(sent)
        return self.form

    def on_finish(self) -> None:
        """Be done, once; what was not kept is gone."""
        if not self.done:
            self.done = True
            self.silence.close()
            super().on_finish()
            self.app.pool.submit(self.leave)

    def on_connection_close(self) -> None:
        """The sender has left: nothing of it counts."""
        super().on_connection_close()
        self.on_finish()

    def leave(self) -> None:
        """Let go of what did not come to its end; runs in a thread."""
        if self.form is not None:
            self.form.close()
