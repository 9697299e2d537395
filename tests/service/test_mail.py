"""Mail is handed to a real server, or it is said why not."""

from __future__ import annotations

import asyncio
import socket
from email.message import EmailMessage

import pytest
from support.post_office import certificate, mailbox

from mlabs_ext.service.mail import InvalidMail, Mail, NotSent

SITE = "https://labs.example.org/services/mlabs/"
SENDER = "MLabs <mlabs@example.org>"


def message():
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = SENDER, "ada@example.org", "Grüße"
    made.set_content("“MNIST” succeeded.\n")
    return made


def mail(box, **given):
    return Mail(host="127.0.0.1", port=box.port, sender=SENDER, **({"tls": "none", "timeout": 20} | given))


async def test_it_arrives():
    with mailbox() as box:
        await mail(box).send(message())
    (found,) = box.messages
    assert (found["Subject"], found.get_content().strip()) == ("Grüße", "“MNIST” succeeded.")


async def test_it_signs_in_with_a_password_from_a_file(tmp_path, monkeypatch):
    context, trusted = certificate(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    file = tmp_path / "password"
    file.write_text("open sesame\n")
    file.chmod(0o600)
    with mailbox(context, sign_in=True) as box:
        signed_in = mail(box, tls="starttls", user="mlabs", password_file=str(file))
        await signed_in.send(message())
        file.write_text("another\n")
        with pytest.raises(NotSent, match="535"):
            await signed_in.send(message())
    assert (len(box.messages), box.signed_in[0]) == (1, b"mlabs")


async def test_encryption_needs_a_certificate_that_is_trusted(tmp_path, monkeypatch):
    context, file = certificate(tmp_path, "127.0.0.1")
    with mailbox(tls=context) as box:
        with pytest.raises(NotSent, match="certificate"):
            await mail(box, tls="starttls").send(message())
        with pytest.raises(NotSent):
            await mail(box, tls="none").send(message())
        assert box.messages == []
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        await mail(box, tls="starttls").send(message())
        assert len(box.messages) == 1


async def test_a_server_without_encryption_gets_nothing_where_it_is_wanted():
    with mailbox() as box:
        with pytest.raises(NotSent):
            await mail(box, tls="starttls").send(message())
        assert box.messages == []


@pytest.mark.parametrize(
    ("answer", "final"), [("550 There is no ada here", True), ("451 Come back later", False)]
)
async def test_a_refused_address_is_said_in_the_servers_words(answer, final):
    with mailbox() as box:
        box.refusal = answer
        with pytest.raises(NotSent, match=answer) as refused:
            await mail(box).send(message())
    assert refused.value.final is final


async def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(NotSent, match="mail server"):
        await Mail(host="127.0.0.1", port=port, tls="none", sender=SENDER).send(message())


async def test_a_silent_server_is_given_up():
    left = asyncio.Event()

    async def silent(reader, writer):
        await reader.read()
        writer.close()
        await writer.wait_closed()
        left.set()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(NotSent) as given_up:
        await Mail(host="127.0.0.1", port=port, tls="none", sender=SENDER, timeout=0.2).send(message())
    assert not given_up.value.final
    await asyncio.wait_for(left.wait(), 20)
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"host": "smtp.example.org"}, "c.Mail.sender"),
        ({"host": "smtp.example.org", "sender": SENDER, "user": "mlabs"}, "MLABS_SMTP_PASSWORD"),
        ({"host": "smtp.example.org", "sender": SENDER, "user": "mlabs", "tls": "none"}, "encryption"),
        ({"host": "x", "sender": SENDER, "user": "m", "password_file": "/does/not/exist"}, "No such file"),
    ],
)
def test_what_cannot_work_is_said_at_the_start(given, words, monkeypatch):
    monkeypatch.delenv("MLABS_SMTP_PASSWORD", raising=False)
    with pytest.raises(InvalidMail, match=words):
        Mail(**given).check(SITE)


def test_links_need_a_public_address():
    with pytest.raises(InvalidMail, match="MLABS_PUBLIC_URL"):
        Mail(host="smtp.example.org", sender=SENDER).check("/services/mlabs/")


def test_a_password_that_others_may_read_is_refused(tmp_path):
    file = tmp_path / "password"
    file.write_text("open sesame")
    file.chmod(0o640)
    with pytest.raises(InvalidMail, match=f"chmod 600 {file}"):
        Mail(host="x", sender=SENDER, user="mlabs", password_file=str(file)).check(SITE)


def test_the_password_may_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("MLABS_SMTP_PASSWORD", "open sesame")
    assert Mail(host="x", sender=SENDER, user="mlabs").password() == "open sesame"
    assert Mail(host="x", sender=SENDER).password() is None


def test_without_a_host_there_is_nothing_to_check():
    Mail().check("")
