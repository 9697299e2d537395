"""The list of one's own runs in all labs: a form for what to see of it, how many they are, and a way out."""

from __future__ import annotations

from typing import Any, get_args
from urllib.parse import urlencode

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, NotFound
from mlabs_ext.service.web.api.runs import FILTERS, OF_LAB, own_filters
from mlabs_ext.service.web.pages.base import Page

NOTHING = wire.RunTotals(0, True, {})


async def my_runs(page: Page, limit: int, cursor: str | None) -> dict[str, Any]:
    """What the template shows of them; what the form cannot be used with is said beside it."""
    asked = {name: page.get_query_argument(name, "") for name in (*FILTERS, *OF_LAB)}
    query = {name: value for name, value in asked.items() if value}
    form = {
        "asked": asked,
        "query": urlencode(query),
        "kinds": get_args(wire.RunKind),
        "statuses": get_args(wire.RunStatus),
        "environments": sorted(environment.name for environment in page.app.catalogue.all()),
    }
    try:
        wanted = own_filters(page)
        totals = await page.run(page.app.runs.totals_of_user, page.viewer, **wanted)
        runs, following = await page.run(page.app.runs.list_of_user, page.viewer, limit, cursor, **wanted)
    except (BadInput, NotFound) as error:
        return form | {"runs": [], "next": None, "totals": NOTHING, "problem": error.message}
    more = f"?{urlencode(query | {'cursor': following})}" if following else None
    return form | {"runs": runs, "next": more, "totals": totals, "problem": None}
