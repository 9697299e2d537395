"""What is sent: the mails, and the signed bodies for webhooks."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from typing import Literal, NamedTuple

import msgspec

from mlabs_ext import wire
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.channels import CONFIRM, TEST, UNSUBSCRIBE
from mlabs_ext.service.deliveries import Parcel
from mlabs_ext.service.endings import line
from mlabs_ext.service.seals import Seals

LASTS = timedelta(days=3)


class Signed(NamedTuple):
    """A webhook's body and headers."""

    body: bytes
    headers: dict[str, str]


class Letters:
    """Writes them."""

    def __init__(self, addresses: Addresses, seals: Seals, sender: str):
        self.addresses, self.seals, self.sender = addresses, seals, sender

    def mail(self, parcel: Parcel) -> EmailMessage:
        """The mail that a parcel for an address is."""
        assert parcel.email
        subject, text = {CONFIRM: self._confirm, TEST: self._test}.get(parcel.kind, self._ended)(parcel)
        message = EmailMessage()
        name, address = parseaddr(self.sender)
        message["From"] = Address(name, addr_spec=address)
        message["To"] = Address(addr_spec=parcel.email)
        message["Subject"] = subject
        message["Date"] = formatdate()
        # The same for each try, so that a mail that arrives twice can be seen to be one.
        message["Message-ID"] = f"<{parcel.id}@{address.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        if parcel.kind != CONFIRM:
            text += self._foot(message, parcel)
        message.set_content(text)
        return message

    def _foot(self, message: EmailMessage, parcel: Parcel) -> str:
        token = self.seals.seal(UNSUBSCRIBE, parcel.user, parcel.email or "")
        link = f"{self.addresses.base}unsubscribe?token={token}"
        message["List-Unsubscribe"] = f"<{link}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        settings = f"{self.addresses.base}me/settings"
        return f"\n-- \nWhat you are told of, and where: {settings}\nNo more mails: {link}\n"

    def _confirm(self, parcel: Parcel) -> tuple[str, str]:
        token = self.seals.seal(CONFIRM, parcel.user, parcel.email or "", lasts=LASTS)
        return "Confirm your e-mail address for MLabs", (
            f"{line(parcel.user)} asked MLabs to mail to this address when background runs end.\n\n"
            f"If that is you, confirm it here, within three days:\n{self.addresses.base}me/settings/confirm"
            f"?token={token}\n\nIf not, do nothing: nothing else is sent to this address.\n"
        )

    def _test(self, parcel: Parcel) -> tuple[str, str]:
        return "A test from MLabs", (
            "This is what you asked for: mail from MLabs reaches you.\n"
            "When a background run of yours ends, a mail like this says how.\n"
        )

    def _ended(self, parcel: Parcel) -> tuple[str, str]:
        assert parcel.run
        url = parcel.run.url
        return parcel.text[:150].rstrip("."), f"{parcel.text}\n\n{url}\n"

    def webhook(self, parcel: Parcel, now: int) -> Signed:
        """What is posted to a webhook, at `now` in seconds since 1970."""
        event: Literal["test", "run.ended"] = "test" if parcel.kind == TEST else "run.ended"
        url = parcel.run.url if parcel.run else f"{self.addresses.base}me/settings"
        body = msgspec.json.encode(wire.RunEnded(event, parcel.id, parcel.run, url))
        return Signed(
            body,
            {
                "Content-Type": "application/json",
                "User-Agent": "MLabs",
                "X-MLabs-Event": event,
                "X-MLabs-Delivery": parcel.id,
                "X-MLabs-Timestamp": str(now),
                "X-MLabs-Signature": signature(parcel.secret or "", now, body),
            },
        )


def signature(secret: str, now: int, body: bytes) -> str:
    """The body's signature: of the time, a full stop and the body, so that neither can be changed alone."""
    said = f"{now}.".encode() + body
    return f"sha256={hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()}"
