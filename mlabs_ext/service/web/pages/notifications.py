"""The page of what one is told, and how it is marked as read."""

from __future__ import annotations

from mlabs_ext.service.web.pages.base import Page
from mlabs_ext.service.web.pages.runs import next_page

PAGE = 30


class NotificationsPage(Page):
    """`BASE/me/notifications`."""

    async def get(self) -> None:
        """List, newest first."""
        self.require_user()
        cursor = self.get_query_argument("cursor", None)
        found, following = await self.run(self.app.telling.notifications.list, self.viewer, PAGE, cursor)
        self.page("notifications.html", notifications=found, next=next_page(following))


class ReadAction(Page):
    """`POST BASE/me/notifications/read`."""

    async def post(self) -> None:
        """Mark the one with the form's id as read, or all."""
        self.require_user()
        one = self.field("id")
        await self.run(self.app.telling.notifications.read, self.viewer, [one] if one else None)
        self.go(f"{self.app.base_url}me/notifications")
