"""Checks of what should happen by itself: servers end, backups are made, mail goes out."""

from __future__ import annotations

import smtplib
import socket
import ssl
import time
from collections.abc import Iterator

from traitlets.config import Config

from mlabs_ext.doctor.asking import PATIENCE
from mlabs_ext.doctor.found import Found, NotHere, fault, warning
from mlabs_ext.doctor.here import Here
from mlabs_ext.errors import MLabsError
from mlabs_ext.last_backup import noted

DAY = 86_400
# One night may fail.
BACKUP_DAYS = 2.5


def idle(here: Here) -> Iterator[Found]:
    """Servers that nobody uses are ended."""
    said = here.setting("EnvironmentMixin", "idle_timeout")
    said = int(here.environ.get("MLABS_IDLE") or 7200) if said is None else said
    if said <= 0:
        yield warning("Servers that nobody uses are never stopped: they keep their memory and accelerators.")
    elif said > DAY:
        yield warning(f"Servers that nobody uses are stopped after {said / DAY:.1f} days only.")


def backups(here: Here) -> Iterator[Found]:
    """The last backup is of these days, and has all."""
    here.need_data()
    last = noted(here.data.path)
    if last is None:
        if not here.public_url.startswith("https://"):
            raise NotHere("none was made, and it is not open to others yet")
        yield warning("No backup was made yet: with the disk all is lost.")
        return
    age = (time.time() - last.ended) / DAY
    if age > BACKUP_DAYS:
        yield warning(f"The last backup is {age:.0f} days old.")
    if not last.whole:
        yield warning("The last backup lacks what could not be read, or was missing already.")


def mail(here: Here) -> Iterator[Found]:
    """The mail server takes connections, by the encryption that is set."""
    from mlabs_ext.service.mail import PORTS, Mail

    sender = Mail(config=Config({"Mail": dict(here.config.get("Mail", {}))}))
    if not sender.host:
        raise NotHere("no mail server is set")
    try:
        # The password itself may be in a variable that only the service has.
        sender.check(here.public_url)
    except MLabsError as error:
        yield fault(error.message)
    port = sender.port or PORTS[sender.tls]
    try:
        greet(sender.host, port, sender.tls)
    except (smtplib.SMTPException, OSError) as error:
        yield fault(f"The mail server {sender.host}:{port} cannot be used: {error}.")


def greet(host: str, port: int, tls: str) -> None:
    """Say hello, and nothing else."""
    context = ssl.create_default_context()
    if tls == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=PATIENCE, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=PATIENCE, local_hostname=socket.gethostname())
    with server:
        server.ehlo()
        if tls == "starttls":
            server.starttls(context=context)
