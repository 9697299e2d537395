"""A mail server that takes mail is well, and gets none."""

from __future__ import annotations

from support.post_office import mailbox


def test_mail_that_is_taken_is_well(write_settings, environ, examine):
    with mailbox() as box:
        environ["MLABS_PUBLIC_URL"] = "http://labs.example.org"
        said = f"c.Mail.port = {box.port}\nc.Mail.sender = 'm@example.org'\nc.Mail.tls = 'none'"
        write_settings(f"c.Mail.host = '127.0.0.1'\n{said}")
        assert examine() == {}
        assert not box.messages
