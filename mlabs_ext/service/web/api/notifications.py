"""Notifications over REST, and where one wants to be told of them."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import LIST_QUERY, Route, operation


class NotificationsHandler(BaseHandler):
    """The notifications of who asks."""

    @operation(
        "My notifications, newest first", answer=list[wire.Notification], query=LIST_QUERY, access="read"
    )
    async def get(self) -> None:
        """List."""
        self.answer_list(*await self.run(self.app.telling.notifications.list, self.viewer, **self.paging()))


class ReadHandler(BaseHandler):
    """What of them was read."""

    @operation(
        "Mark notifications of mine as read, those with these ids or all; how many are left",
        body=wire.NotificationsRead,
        body_needed=False,
        answer=wire.Unread,
        access="write",
    )
    async def post(self) -> None:
        """Mark."""
        self.require_user()
        wanted = self.optional_body(wire.NotificationsRead)
        self.answer(await self.run(self.app.telling.notifications.read, self.viewer, wanted.ids))


class NotificationSettingsHandler(BaseHandler):
    """Where one is told of them."""

    @operation("Where I am told of the end of runs", answer=wire.NotificationSettings, access="read")
    async def get(self) -> None:
        """Read."""
        self.answer(await self.run(self.app.telling.settings.get, self.viewer))

    @operation(
        "Change where I am told of the end of runs; a first webhook's answer has the secret that signs",
        body=wire.NotificationSettingsChange,
        answer=wire.NotificationSettings,
        access="write",
    )
    async def patch(self) -> None:
        """Change."""
        self.require_user()
        change = self.body(wire.NotificationSettingsChange)
        self.answer(await self.run(self.app.telling.settings.change, self.viewer, change))


class ConfirmationHandler(BaseHandler):
    """The mail that asks to confirm an address."""

    @operation(
        "Send the mail that confirms my address once more", answer=wire.NotificationSettings, access="write"
    )
    async def post(self) -> None:
        """Ask."""
        self.require_user()
        self.answer(await self.run(self.app.telling.settings.ask_again, self.viewer))


class SecretHandler(BaseHandler):
    """What signs a webhook."""

    @operation("Make a new secret for my webhook", answer=wire.NotificationSettings, access="write")
    async def post(self) -> None:
        """Renew."""
        self.require_user()
        self.answer(await self.run(self.app.telling.settings.renew, self.viewer))


class TryHandler(BaseHandler):
    """A try of a channel."""

    @operation(
        "Send a test by a channel of mine; how that went is in the answer, as its last delivery",
        body=wire.NotificationTest,
        answer=wire.NotificationSettings,
        access="write",
    )
    async def post(self) -> None:
        """Try."""
        self.require_user()
        wanted = self.body(wire.NotificationTest)
        self.answer(await tried(self, wanted))


async def tried(handler: BaseHandler, wanted: wire.NotificationTest) -> wire.NotificationSettings:
    """Send a test and wait for how it goes, which the settings then say."""
    telling = handler.app.telling
    delivery = await handler.run(telling.settings.test, handler.viewer, wanted.channel)
    await telling.loop.one(delivery)
    return await handler.run(telling.settings.get, handler.viewer)


CALLS = [
    Route("/me/notifications", NotificationsHandler),
    Route("/me/notifications/read", ReadHandler),
    Route("/me/notifications/settings", NotificationSettingsHandler),
    Route("/me/notifications/confirmation", ConfirmationHandler),
    Route("/me/notifications/secret", SecretHandler),
    Route("/me/notifications/test", TryHandler),
]
