"""A mail server that takes mail is well and gets none, and so is a backup of last night."""

from __future__ import annotations

import time

import pytest
from support.post_office import mailbox

from mlabs_ext.doctor import habits
from mlabs_ext.doctor.found import NotHere
from mlabs_ext.doctor.here import Here
from mlabs_ext.last_backup import LastBackup, note


def test_mail_that_is_taken_is_well(write_settings, environ, examine):
    with mailbox() as box:
        environ["MLABS_PUBLIC_URL"] = "http://labs.example.org"
        said = f"c.Mail.port = {box.port}\nc.Mail.sender = 'm@example.org'\nc.Mail.tls = 'none'"
        write_settings(f"c.Mail.host = '127.0.0.1'\n{said}")
        assert examine() == {}
        assert not box.messages


def test_a_good_backup_of_last_night_is_well_and_none_at_all_is_not(data, environ):
    here = Here(data, environ, "https://labs.example.org")
    assert [one.words for one in habits.backups(here)] == [
        "No backup was made yet: with the disk all is lost."
    ]
    note(data.path, LastBackup(time.time() - 40_000, 60, True))
    assert not list(habits.backups(here))
    # Who tries it out on a laptop is left alone.
    (data / "backups" / "last.json").unlink()
    with pytest.raises(NotHere):
        list(habits.backups(Here(data, environ)))
