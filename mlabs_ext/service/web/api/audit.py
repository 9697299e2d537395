"""The record of who did what, over REST."""

from __future__ import annotations

from typing import Any

from mlabs_ext import wire
from mlabs_ext.service.web.api.runs import MOMENT, moment
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import LIST_QUERY, Parameter, Route, operation

FILTERS = {
    "actor": "Only what this person did.",
    "action": "Only this action, as published or made_private.",
    "kind": "Only about labs, datasets, models, collections, persons, workers: `lab` and so on.",
    "about": "Only about this: owner/name, or a person.",
    "request": "Only what the request with this id did.",
    "since": Parameter("Only from this time, or day, on.", MOMENT),
    "until": Parameter("Only before this time or day.", MOMENT),
}


def wanted(handler: BaseHandler) -> wire.AuditQuery:
    """Which entries the address asks for."""
    given: dict[str, Any] = {name: handler.get_query_argument(name, "") for name in FILTERS}
    given |= {name: moment(name, given.pop(name)) for name in ("since", "until") if given[name]}
    return wire.AuditQuery(**{name: value for name, value in given.items() if value})


class AuditHandler(BaseHandler):
    """The record."""

    @operation(
        "Who did what, newest first; for administrators",
        answer=list[wire.AuditEntry],
        query=FILTERS | LIST_QUERY,
        access="read",
    )
    async def get(self) -> None:
        """List."""
        rule = self.app.audits.list
        self.answer_list(*await self.run(rule, self.viewer, wanted(self), **self.paging()))


CALLS = [Route("/audit", AuditHandler)]
