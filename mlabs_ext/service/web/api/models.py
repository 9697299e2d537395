"""Models over REST."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from mlabs_ext import wire
from mlabs_ext.errors import Full, TooLarge, Unusable
from mlabs_ext.service.idempotency import Key
from mlabs_ext.service.model_upload import Stored
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.model_form import ModelFormHandler, settled
from mlabs_ext.service.web.multipart import Form
from mlabs_ext.service.web.operations import LIST_QUERY, Route, operation, whole
from mlabs_ext.service.web.requested import version_number

# Seconds that an upload waits for its conversion.
PATIENCE, LONGEST = 10, 60
WAIT = {
    "wait": whole("0 to 60 seconds that the answer may wait for the conversion, 10 by default.", 0, LONGEST)
}
FIND_QUERY = {
    "q": "Words to look for in the newest ones: in owners, names, titles and descriptions.",
    "owner": "Only models of this person.",
    **LIST_QUERY,
}
# Why a version is refused, where that has a status of its own.
OTHERWISE = {"too_large": TooLarge, "storage_full": Full}


class ModelUploadHandler(ModelFormHandler):
    """What uploads share."""

    def fields(self, shape: type) -> Any:
        """The form's fields, and those of the query, as a shape."""
        asked = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        sent = {name: values[-1] for name, values in self.form.fields.items()} if self.form else {}
        asked.pop("wait", None)
        try:
            return msgspec.convert(asked | sent, shape)
        except msgspec.ValidationError as error:
            raise Unusable(f"The fields do not fit: {error}.", "fields_invalid") from error

    def key(self, form: Form[Stored]) -> Key | None:
        """The Idempotency-Key, tied to the fields and to what is in the files."""
        given = self.request.headers.get("Idempotency-Key")
        if given is None:
            return None
        said = [self.request.uri, sorted(form.fields.items()), sorted(form.files)]
        return Key.checked(given, hashlib.sha256(repr(said).encode()).hexdigest())

    async def settled(self, model: wire.Model) -> None:
        """Answer with the model once it is ready, or with why it was refused; what waits longer as it is."""
        model = await settled(self, model, self.number("wait", PATIENCE, 0, LONGEST))
        if model.status == "refused" and model.error:
            detail = {"model": f"{model.owner}/{model.name}", "version": model.version}
            kind = OTHERWISE.get(model.error.code, Unusable)
            raise kind(model.error.message, model.error.code, (model.error.detail or {}) | detail)
        self.answer(model, 201 if model.status == "ready" else 202, location=model.page_url)


class ModelsHandler(ModelUploadHandler):
    """All models."""

    @operation(
        "Public models, last changed first; one's own, or a person's, with `owner`",
        answer=list[wire.Model],
        query=FIND_QUERY,
    )
    async def get(self) -> None:
        """List."""
        owner, q = self.get_query_argument("owner", None), self.get_query_argument("q", None)
        if q:
            self.costs()
        rule = self.app.modelling.models.find
        self.answer_list(*await self.run(rule, self.viewer, owner, q=q, **self.paging()))

    @operation(
        "Upload a model: an .h5 or .keras file, or model.json and its shards; `model.save(url)` of "
        "TensorFlow.js does so as well. 202 where it is still being converted",
        answer=wire.Model,
        body=wire.ModelCreate,
        takes_files=True,
        status=201,
        other_statuses=(202,),
        access="write",
        idempotent=True,
        query=WAIT,
    )
    async def post(self) -> None:
        """Create."""
        form = await self.whole_form()
        fields = self.fields(wire.ModelCreate)
        rule, key = self.app.modelling.models.create, self.key(form)
        await self.settled(await self.run(rule, self.viewer, fields, form.files, key))


class ModelHandler(BaseHandler):
    """One model."""

    @operation("A model, at its latest version that is ready", answer=wire.Model)
    async def get(self, owner: str, model: str) -> None:
        """Read."""
        rule = self.app.modelling.models.get_with_etag
        shape, etag = await self.run(rule, self.viewer, owner, model)
        self.answer(shape, etag=etag)

    @operation("Change a model", body=wire.ModelChange, answer=wire.Model, access="write", conditional=True)
    async def patch(self, owner: str, model: str) -> None:
        """Change."""
        self.require_user()
        fields = self.body(wire.ModelChange)
        rule = self.app.modelling.models.change
        self.answer(await self.run(rule, self.viewer, owner, model, fields, self.if_match))

    @operation(
        "Delete a model: its addresses lead nowhere then; 30 days in the trash",
        status=204,
        access="write",
        conditional=True,
    )
    async def delete(self, owner: str, model: str) -> None:
        """Delete."""
        await self.run(self.app.modelling.models.delete, self.viewer, owner, model, self.if_match)
        self.set_status(204)


class ModelRestoreHandler(BaseHandler):
    """A deleted model."""

    @operation("Take a model out of the trash", answer=wire.Model, access="write")
    async def post(self, owner: str, model: str) -> None:
        """Restore."""
        self.require_user()
        self.answer(await self.run(self.app.modelling.models.restore, self.viewer, owner, model))


class ModelVersionsHandler(ModelUploadHandler):
    """A model's versions."""

    @operation("A model's versions, newest first", answer=list[wire.Model], query=LIST_QUERY)
    async def get(self, owner: str, model: str) -> None:
        """List."""
        rule = self.app.modelling.models.versions
        self.answer_list(*await self.run(rule, self.viewer, owner, model, **self.paging()))

    def expect(self, size: int) -> None:
        """Ask also whether the model is theirs to change."""
        self.app.modelling.models.may_add(self.viewer, *self.path_args)
        super().expect(size)

    @operation(
        "Upload the next version of a model; the same again is the version that there is",
        answer=wire.Model,
        body=wire.ModelVersionCreate,
        takes_files=True,
        status=201,
        other_statuses=(202,),
        access="write",
        idempotent=True,
        query=WAIT,
    )
    async def post(self, owner: str, model: str) -> None:
        """Add."""
        form = await self.whole_form()
        fields = self.fields(wire.ModelVersionCreate)
        rule, key = self.app.modelling.models.add_version, self.key(form)
        await self.settled(await self.run(rule, self.viewer, owner, model, fields, form.files, key))


class ModelVersionHandler(BaseHandler):
    """One version of a model."""

    @operation("One version of a model", answer=wire.Model)
    async def get(self, owner: str, model: str, number: str) -> None:
        """Read."""
        wanted = version_number(number)
        self.answer(await self.run(self.app.modelling.models.get, self.viewer, owner, model, wanted))


class ModelVariantsHandler(BaseHandler):
    """The variants of a version."""

    @operation(
        "Make a variant of a version, with its numbers in less room; later versions have it by themselves. "
        "Where it is there already nothing changes",
        body=wire.ModelVariantMake,
        answer=wire.Model,
        access="write",
    )
    async def post(self, owner: str, model: str, number: str) -> None:
        """Make."""
        self.require_user()
        self.costs()
        wanted = version_number(number)
        fields = self.body(wire.ModelVariantMake)
        rule = self.app.modelling.variants.make
        self.answer(await rule(self.viewer, owner, model, wanted, fields.storage))


class ModelTakeHandler(BaseHandler):
    """A model that a run wrote."""

    @operation(
        "Make a model of what a run of mine wrote, or the next version of one; it is converted afterwards",
        body=wire.ModelTake,
        answer=wire.Model,
        status=202,
        access="write",
        idempotent=True,
    )
    async def post(self) -> None:
        """Take."""
        self.require_user()
        rule, key = self.app.modelling.outputs.take, self.idempotency_key()
        made = await self.run(rule, self.viewer, self.body(wire.ModelTake), key)
        self.answer(made, 202, location=made.page_url)


class MyModelTrashHandler(BaseHandler):
    """The asker's deleted models."""

    @operation("My deleted models, the last deleted first", answer=list[wire.Model], access="read")
    async def get(self) -> None:
        """List."""
        self.require_user()
        self.answer_list(await self.run(self.app.modelling.models.trash, self.viewer), None)


class LabModelsHandler(BaseHandler):
    """Models that come from a lab."""

    @operation("The newest models that come from a lab", answer=list[wire.Model])
    async def get(self, owner: str, lab: str) -> None:
        """List."""
        self.answer_list(await self.run(self.app.modelling.models.of_lab, self.viewer, owner, lab), None)


CALLS = [
    Route("/models", ModelsHandler),
    Route("/models/from-run", ModelTakeHandler),
    Route("/models/{owner}/{model}", ModelHandler),
    Route("/models/{owner}/{model}/restore", ModelRestoreHandler),
    Route("/models/{owner}/{model}/versions", ModelVersionsHandler),
    Route("/models/{owner}/{model}/versions/{number}", ModelVersionHandler),
    Route("/models/{owner}/{model}/versions/{number}/variants", ModelVariantsHandler),
    Route("/labs/{owner}/{lab}/models", LabModelsHandler),
    Route("/me/trash/models", MyModelTrashHandler),
]
