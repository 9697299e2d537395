"""Sends mail by the SMTP server that the administrator names; without one, nothing is sent."""

from __future__ import annotations

import os
import ssl
import stat
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
from traitlets import Enum, Float, Integer, Unicode
from traitlets.config import LoggingConfigurable

from mlabs_ext.errors import MLabsError

VARIABLE = "MLABS_SMTP_PASSWORD"
PORTS = {"starttls": 587, "tls": 465, "none": 25}
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class InvalidMail(MLabsError):
    """A configuration that no mail can be sent with."""

    code = "mail_invalid"


class NotSent(Exception):
    """The server did not take a message; `final` where it never will."""

    def __init__(self, words: str, final: bool = False):
        super().__init__(words)
        self.final = final


class Mail(LoggingConfigurable):
    """The SMTP server."""

    host = Unicode(
        "",
        help="""The SMTP server that mail is sent by.

        Default: empty, no mail is sent. `sender` is needed too. Example:

            c.Mail.host = "smtp.example.org"
        """,
    ).tag(config=True)

    port = Integer(
        None,
        allow_none=True,
        help="""Its port.

        Default: 587, or 465 where `tls` is "tls", or 25 where it is "none". Example:

            c.Mail.port = 2525
        """,
    ).tag(config=True)

    tls = Enum(
        ["starttls", "tls", "none"],
        "starttls",
        help="""How the connection is encrypted: "starttls" after its begin, "tls" from the start, or "none".

        Its certificate has to be valid. Default: "starttls". Example:

            c.Mail.tls = "tls"
        """,
    ).tag(config=True)

    user = Unicode(
        "",
        help="""The name to sign in with.

        Default: empty, without signing in. Example:

            c.Mail.user = "mlabs"
        """,
    ).tag(config=True)

    password_file = Unicode(
        "",
        help="""A file with the password to sign in with, which only its owner may be able to read (mode 600).

        Default: empty, the environment variable MLABS_SMTP_PASSWORD of the service. Example:

            c.Mail.password_file = "/etc/mlabs/smtp-password"
        """,
    ).tag(config=True)

    sender = Unicode(
        "",
        help="""The address that mail comes from, with a name before it if you like.

        Default: empty; it is needed where `host` is set. Example:

            c.Mail.sender = "MLabs <mlabs@example.org>"
        """,
    ).tag(config=True)

    timeout = Float(
        30.0,
        help="""Seconds for handing one message to the server.

        Default: 30. Example:

            c.Mail.timeout = 60
        """,
    ).tag(config=True)

    def check(self, public_url: str) -> None:
        """Raise InvalidMail where what is configured cannot work."""
        if not self.host:
            return
        if "@" not in self.sender or not self.sender.isprintable():
            raise InvalidMail('c.Mail.host is set, so c.Mail.sender is needed: "MLabs <mlabs@example.org>".')
        if "://" not in public_url:
            raise InvalidMail("c.Mail.host is set, so links need an address: set MLABS_PUBLIC_URL.")
        if self.user and self.tls == "none" and self.host not in LOOPBACK:
            raise InvalidMail("c.Mail.user is set, and passwords need encryption: set c.Mail.tls.")
        self.password()

    def password(self) -> str | None:
        """What to sign in with; None where that is not asked for."""
        if not self.user:
            return None
        if not self.password_file:
            if VARIABLE not in os.environ:
                raise InvalidMail(f"c.Mail.user is set, so c.Mail.password_file or {VARIABLE} is needed.")
            return os.environ[VARIABLE]
        path = Path(self.password_file)
        try:
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise InvalidMail(f"{path} can be read by others than its owner: chmod 600 {path}")
            return path.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise InvalidMail(f"c.Mail.password_file: {path}: {error.strerror}.") from error

    async def send(self, message: EmailMessage) -> None:
        """Hand a message to the server; raises NotSent, in words."""
        try:
            await aiosmtplib.send(
                message,
                hostname=self.host,
                port=self.port or PORTS[self.tls],
                username=self.user or None,
                password=self.password(),
                use_tls=self.tls == "tls",
                start_tls=self.tls == "starttls",
                timeout=self.timeout,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            refused = error.recipients[0]
            words = f"The mail server refuses the address: {refused.code} {refused.message}"
            raise NotSent(words, final=refused.code >= 500) from error
        except aiosmtplib.SMTPException as error:
            raise NotSent(f"The mail server did not take it: {error}") from error
        except (OSError, ssl.SSLError, InvalidMail) as error:
            raise NotSent(f"The mail server cannot be used: {error}") from error
