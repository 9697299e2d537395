"""The description of the API, by the API."""

from __future__ import annotations

from typing import Any

from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.openapi import describe
from mlabs_ext.service.web.operations import Route, operation


class DescriptionHandler(BaseHandler):
    """OpenAPI 3.1."""

    reads_cookies = False

    @operation("This description", answer=dict[str, Any])
    async def get(self) -> None:
        """Describe."""
        from mlabs_ext.service.web.api import CALLS

        self.answer(describe(CALLS, f"{self.app.public_url or self.app.base_url}api/v1", self.app.version))


CALLS = [Route("/openapi.json", DescriptionHandler)]
