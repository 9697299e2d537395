"""What `mlabs up` reads of the administrator's settings, and how it says what is wrong with them."""

from __future__ import annotations

import os

import pytest

from mlabs_ext.errors import MLabsError
from mlabs_ext.up.settings import Settings


@pytest.fixture
def settings(tmp_path):
    def settings(text: str) -> Settings:
        file = tmp_path / "mlabs_config.py"
        file.write_text(text)
        return Settings(str(file))

    return settings


@pytest.mark.parametrize(
    ("text", "one_password", "password", "address"),
    [
        ("", True, "", ""),
        ("c.OnePassword.password = 'words'", True, "words", ""),
        ("c.JupyterHub.authenticator_class = 'github'", False, "", ""),
        ("c.MLabsService.public_url = 'https://labs.example.org'", True, "", "https://labs.example.org/"),
    ],
    ids=["nothing", "a password", "another way to sign in", "an address"],
)
def test_how_and_where_people_sign_in(settings, text, one_password, password, address):
    read = settings(text)
    assert (read.one_password, read.password, read.public_url) == (one_password, password, address)


def test_no_settings_are_settings_too():
    assert Settings("").one_password
    assert len(Settings("").catalogue([]).all()) > 1


@pytest.mark.parametrize(
    ("named", "offered"), [([], ["python", "r"]), (["r"], ["r"])], ids=["the settings'", "those named"]
)
def test_environments_are_those_named_else_those_of_the_settings(settings, named, offered):
    catalogue = settings('c.Catalogue.enabled = ["python", "r"]').catalogue(named)
    assert [spec.name for spec in catalogue.all()] == offered


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\nc.JupyterHub.x = = 1\n", r"mlabs_config.py cannot be used, line 2: SyntaxError: "),
        ("def f():\n    return 1 / 0\n\n\nf()\n", r"line 2: ZeroDivisionError: "),
        ("import not_there\n", r"line 1: ModuleNotFoundError: .*not_there"),
    ],
    ids=["syntax", "an error in a function", "a missing module"],
)
def test_what_is_wrong_is_said_with_its_line(settings, text, said):
    with pytest.raises(MLabsError, match=said):
        settings(text)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(MLabsError, match="is not there"):
        Settings(str(tmp_path / "mlabs_config.py"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said(settings, tmp_path):
    settings("")
    (tmp_path / "mlabs_config.py").chmod(0)
    with pytest.raises(MLabsError, match="may not read"):
        Settings(str(tmp_path / "mlabs_config.py"))
