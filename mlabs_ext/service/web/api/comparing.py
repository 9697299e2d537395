"""Comparisons over REST."""

from __future__ import annotations

from mlabs_ext.service.comparisons import Side, facts
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import Route, operation
from mlabs_ext.wire.comparisons import Comparison


async def compared(handler: BaseHandler, owner: str, lab: str, a: str, b: str) -> Comparison:
    """What two versions or runs of a lab differ in."""
    handler.costs()
    rule = handler.app.comparisons.sides
    first, second = await handler.run(rule, handler.viewer, owner, lab, a, b)
    found = await handler.app.differ.difference(
        first.notebook, second.notebook, code_only=is_run(first) or is_run(second)
    )
    return Comparison(first.shown, second.shown, found.diff, found.cells, **facts(first, second))


def is_run(side: Side) -> bool:
    """Whether it is an executed notebook, which holds no text between its cells."""
    return side.shown.version is None


class CompareHandler(BaseHandler):
    """Two versions or runs."""

    @operation(
        "What two versions or runs differ in: numbers, `latest`, run ids; `previous...b` for what was before",
        answer=Comparison,
    )
    async def get(self, owner: str, lab: str, a: str, b: str) -> None:
        """Compare."""
        self.answer(await compared(self, owner, lab, a, b))


CALLS = [Route("/labs/{owner}/{lab}/compare/{a}...{b}", CompareHandler)]
