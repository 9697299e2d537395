"""Where a person wants to be told of the end of a run: an address that they have confirmed, a webhook."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

from msgspec import UNSET
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from traitlets import Integer

from mlabs_ext import wire
from mlabs_ext.errors import TooMany, Unusable
from mlabs_ext.service import statements
from mlabs_ext.service.destinations import Destinations
from mlabs_ext.service.mail import Mail
from mlabs_ext.service.orm_notifications import Channels, Delivery
from mlabs_ext.service.rules import Rules, collaborator, need_read, need_write
from mlabs_ext.service.run_ends import put
from mlabs_ext.service.seals import Seals
from mlabs_ext.service.viewers import Viewer

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
CONFIRM, TEST = "confirm", "test"
UNSUBSCRIBE = "unsubscribe"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MAX_TESTS = 20


class NotificationSettings(Rules):
    """The rules about a person's channels."""

    destinations: Destinations = collaborator("Where webhooks may lead.")
    mail: Mail = collaborator("Whether mail is sent.")
    seals: Seals = collaborator("Signs links.")

    max_confirmations = Integer(
        5,
        help="""How many mails that ask to confirm an address one person may cause in a day.

        Default: 5. Example:

            c.NotificationSettings.max_confirmations = 20
        """,
    ).tag(config=True)

    def get(self, viewer: Viewer) -> wire.NotificationSettings:
        """The viewer's own."""
        user = need_read(viewer)
        with self.store.read() as session:
            return self._shown(session, user, session.get(Channels, user))

    def change(self, viewer: Viewer, change: wire.NotificationSettingsChange) -> wire.NotificationSettings:
        """Change what is given. A new address is mailed a link to confirm it, a first hook gets a secret."""
        user = need_write(viewer)
        email = change.email and self._mailable(change.email)
        if change.webhook:
            self.destinations.check(change.webhook)
        with self.store.write() as session:
            row = _mine(session, user)
            if email is not UNSET and email != row.email:
                row.email, row.confirmed = email or None, None
                self._ask(session, row)
            made = change.webhook is not UNSET and _hook(row, change.webhook)
            row.email_ends = row.email_ends if change.email_ends is UNSET else change.email_ends
            row.webhook_ends = row.webhook_ends if change.webhook_ends is UNSET else change.webhook_ends
            return self._shown(session, user, row, row.webhook_secret if made else None)

    def ask_again(self, viewer: Viewer) -> wire.NotificationSettings:
        """Send the confirmation once more."""
        user = need_write(viewer)
        with self.store.write() as session:
            row = _mine(session, user)
            if row.email is None or row.confirmed is not None:
                raise Unusable("There is no address that waits to be confirmed.", "nothing_to_confirm")
            self._mailable(row.email)
            self._ask(session, row)
            return self._shown(session, user, row)

    def _ask(self, session: Session, row: Channels) -> None:
        if row.email is not None:
            self._bound(session, row.user, CONFIRM, DAY, self.max_confirmations)
            put(session, row.user, "email", CONFIRM, self.now())

    def _bound(self, session: Session, user: str, kind: str, span: timedelta, most: int) -> None:
        """TooMany where the person caused that many of these in that time."""
        since = self.now() - span
        mine = Delivery.user == user, Delivery.kind == kind, Delivery.created > since
        if (session.scalar(select(func.count()).select_from(Delivery).where(*mine)) or 0) >= most:
            words = (
                f"{most} of these were sent already in {span.total_seconds() / 3600:g} h. Try it again later."
            )
            raise TooMany(words, "too_many_mails", {"retry_after": 600})

    def confirm(self, viewer: Viewer, token: str) -> wire.NotificationSettings:
        """Take an address for the viewer's own, by the link that was mailed to it."""
        user = need_write(viewer)
        words = self.seals.open(CONFIRM, token)
        with self.store.write() as session:
            row = _mine(session, user)
            if words is None or words != [user, row.email]:
                raise Unusable(
                    f"This link is too old, or not of {user}'s present address. Have a new one sent.",
                    "link_invalid",
                )
            row.confirmed = row.confirmed or self.now()
            return self._shown(session, user, row)

    def unsubscribe(self, token: str) -> str:
        """Send no more mail of ended runs to the address that the link was mailed to; that address."""
        words = self.seals.open(UNSUBSCRIBE, token)
        if words is None:
            raise Unusable("This link is not complete: copy all of it from the mail.", "link_invalid")
        user, email = words
        with self.store.write() as session:
            row = session.get(Channels, user, with_for_update=True)
            if row is not None and row.email == email:
                row.email_ends = "none"
        return email

    def renew(self, viewer: Viewer) -> wire.NotificationSettings:
        """Make another secret for the webhook; the one before is worth nothing from now on."""
        user = need_write(viewer)
        with self.store.write() as session:
            row = _mine(session, user)
            if row.webhook is None:
                raise Unusable("Set the webhook's address first.", "no_webhook")
            row.webhook_secret = _secret()
            return self._shown(session, user, row, row.webhook_secret)

    def test(self, viewer: Viewer, channel: wire.Channel) -> str:
        """Put a test into the outbox; its id."""
        user = need_write(viewer)
        with self.store.write() as session:
            row = _mine(session, user)
            if channel == "webhook" and row.webhook is None:
                raise Unusable("Set the webhook's address first.", "no_webhook")
            if channel == "email" and row.confirmed is None:
                raise Unusable("Confirm the e-mail address first, by the link in its mail.", "not_confirmed")
            self._bound(session, user, TEST, HOUR, MAX_TESTS)
            return put(session, user, channel, TEST, self.now())

    def _mailable(self, email: str) -> str:
        if not self.mail.host:
            raise Unusable(
                "This MLabs sends no mail: ask its administrator, or use a webhook.", "email_unavailable"
            )
        if not ADDRESS.fullmatch(email) or ".." in email or len(email) > 254:
            raise Unusable("This is no e-mail address like ada@example.org.", "email_invalid")
        return email

    def _shown(
        self, session: Session, user: str, row: Channels | None, secret: str | None = None
    ) -> wire.NotificationSettings:
        row = row or Channels(user=user, email_ends="all", webhook_ends="all")
        return wire.NotificationSettings(
            email=row.email,
            email_confirmed=row.confirmed is not None,
            email_ends=row.email_ends,
            email_available=bool(self.mail.host),
            email_last=_last(session, user, "email"),
            webhook=row.webhook,
            webhook_ends=row.webhook_ends,
            webhook_last=_last(session, user, "webhook"),
            webhook_secret=secret,
        )


def _mine(session: Session, user: str) -> Channels:
    """The person's row, locked; made where there is none."""
    insert = statements.insert(session, Channels)
    new = insert.values(user=user, email_ends="all", webhook_ends="all")
    session.execute(new.on_conflict_do_nothing())
    return session.get_one(Channels, user, with_for_update=True)


def _hook(row: Channels, url: str | None) -> bool:
    """Set the webhook; whether that made a secret."""
    row.webhook = url or None
    if row.webhook is None:
        row.webhook_secret = None
        return False
    made = row.webhook_secret is None
    row.webhook_secret = row.webhook_secret or _secret()
    return made


def _secret() -> str:
    return secrets.token_hex(32)


def _last(session: Session, user: str, channel: str) -> wire.ChannelState | None:
    newest = select(Delivery).where(Delivery.user == user, Delivery.channel == channel)
    row = session.scalar(newest.order_by(Delivery.created.desc()).limit(1))
    return row and wire.ChannelState(row.ended or row.created, row.ended is None, row.error)
