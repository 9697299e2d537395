"""A person's settings: where they are told of the end of a run; and what the links in mails lead to."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.service.web.api.notifications import tried
from mlabs_ext.service.web.pages.base import Page, shaped

FIELDS = ("email", "email_ends", "webhook", "webhook_ends")
ENDS = [("all", "Every end"), ("failures", "Failures only"), ("none", "None")]


class MySettingsPage(Page):
    """`BASE/me/settings`."""

    async def get(self) -> None:
        """Show the forms."""
        self.require_user()
        await self.ask()

    async def post(self) -> None:
        """Change what the form has; a secret that this makes is shown at once, as it never is again."""
        self.require_user()
        self.done(await self.attempt(self.change(self.given(*FIELDS)), self.ask))

    async def change(self, given: dict[str, str]) -> wire.NotificationSettings:
        """Call the rule with what the form gives."""
        change = shaped(wire.NotificationSettingsChange, given)
        return await self.run(self.app.telling.settings.change, self.viewer, change)

    def done(self, changed: wire.NotificationSettings | None) -> None:
        """Move on, unless the form is shown again or there is a secret to show."""
        if changed and changed.webhook_secret:
            self.show(changed)
        elif changed:
            self.go(f"{self.app.base_url}me/settings")

    async def ask(self, problem: str = "", status: int = 200) -> None:
        """Show the forms with what was entered, and what is wrong with it."""
        settings = await self.run(self.app.telling.settings.get, self.viewer)
        self.show(settings, status, self.given(*FIELDS), problem)

    def show(
        self,
        settings: wire.NotificationSettings,
        status: int = 200,
        given: dict[str, str] | None = None,
        problem: str = "",
    ) -> None:
        """Show the forms as the settings are, or as they were sent."""
        form = {field: getattr(settings, field) or "" for field in FIELDS} | (given or {})
        self.page("my_settings.html", status, settings=settings, form=form, ends=ENDS, problem=problem)


class AskAgainAction(MySettingsPage):
    """`POST BASE/me/settings/confirmation`."""

    async def post(self) -> None:
        """Have the mail that confirms the address sent once more."""
        self.require_user()
        self.done(await self.attempt(self.run(self.app.telling.settings.ask_again, self.viewer), self.ask))


class RenewAction(MySettingsPage):
    """`POST BASE/me/settings/secret`."""

    async def post(self) -> None:
        """Make a new secret, and show it."""
        self.require_user()
        self.done(await self.attempt(self.run(self.app.telling.settings.renew, self.viewer), self.ask))


class TryAction(MySettingsPage):
    """`POST BASE/me/settings/test`."""

    async def post(self) -> None:
        """Send a test; the page then says how it went."""
        self.require_user()
        self.done(await self.attempt(self.send(self.field("channel")), self.ask))

    async def send(self, channel: str) -> wire.NotificationSettings:
        """Call the rules with what the form gives."""
        return await tried(self, shaped(wire.NotificationTest, {"channel": channel}))


class ConfirmPage(Page):
    """`BASE/me/settings/confirm?token=`: a mail's link. Programs that follow links change nothing by it."""

    async def get(self) -> None:
        """Ask for a click."""
        self.require_user()
        self.ask()

    async def post(self) -> None:
        """Take the address for theirs."""
        self.require_user()
        token = self.field("token")
        if await self.attempt(self.run(self.app.telling.settings.confirm, self.viewer, token), self.ask):
            self.go(f"{self.app.base_url}me/settings")

    def ask(self, problem: str = "", status: int = 200) -> None:
        """Show the button, or what is wrong with the link."""
        token = self.get_argument("token", "")
        self.page("mail_link.html", status, what="confirm", token=token, problem=problem, done="")


class UnsubscribePage(Page):
    """`BASE/unsubscribe?token=`: works for whoever has the mail, also for mail programs by themselves."""

    reads_cookies = False

    async def get(self) -> None:
        """Ask for a click."""
        self.ask()

    async def post(self) -> None:
        """Send nothing more there."""
        token = self.get_argument("token", "")
        done = await self.attempt(self.run(self.app.telling.settings.unsubscribe, token), self.ask)
        if done:
            self.ask(done=done)

    def ask(self, problem: str = "", status: int = 200, done: str = "") -> None:
        """Show the button, or how it went."""
        token = self.get_argument("token", "")
        self.page("mail_link.html", status, what="unsubscribe", token=token, problem=problem, done=done)
