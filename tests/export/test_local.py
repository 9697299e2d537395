"""The service in the exporting process: it reads a data directory, and can do nothing to it."""

from __future__ import annotations

import errno
import os

import pytest

from mlabs_ext.errors import Forbidden, MLabsError, NotFound, Unusable
from mlabs_ext.export.local import opened
from mlabs_ext.export.source import Reader
from mlabs_ext.up.data import DataDir


@pytest.fixture
async def inside(old_town):
    source = opened(DataDir(old_town.site.service.data_dir), None)
    yield source
    await source.close()


async def test_it_answers_as_the_service_does(old_town, inside):
    body, answer = await Reader(inside).body("@ada/mnist")
    assert answer.status == 200 and b"MNIST from scratch" in body
    assert "nonce-" in answer.headers["content-security-policy"]


PRIVATE = ["@ada/secret", "@ada/draft", "api/v1/labs/ada/secret", "assets/ada/secret/latest/x"]


@pytest.mark.parametrize("address", PRIVATE)
async def test_nobody_is_signed_in(inside, address):
    with pytest.raises(NotFound):
        await Reader(inside).body(address)


async def test_the_database_cannot_be_changed(old_town, inside):
    with pytest.raises(MLabsError), inside.service.store.write() as session:
        from mlabs_ext.service import orm

        session.query(orm.Lab).update({"title": "changed"})
    assert "MNIST" in old_town.get(None, "@ada/mnist").text


async def test_a_disk_that_is_full_ends_the_request(inside):
    def write(piece: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        await inside.ask("@ada/mnist", write)


async def test_the_original_may_be_at_another_address_than_the_settings_say(old_town):
    source = opened(DataDir(old_town.site.service.data_dir), "https://labs.example.org/jupyter/hub/home")
    assert source.base == source.origin == "https://labs.example.org/jupyter/services/mlabs/"
    body, _ = await Reader(source).body("@ada/mnist")
    await source.close()
    assert b'href="/jupyter/services/mlabs/@ada"' in body


def test_a_directory_that_is_not_there(tmp_path):
    with pytest.raises(NotFound):
        opened(DataDir(tmp_path / "none"), None)
    assert not (tmp_path / "none").exists()


def test_a_directory_of_another_version(tmp_path):
    with pytest.raises(Unusable) as refused:
        opened(DataDir(tmp_path), None)
    assert refused.value.code == "data_version"


def test_a_directory_of_somebody_else(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(Forbidden) as refused:
        opened(DataDir(tmp_path), None)
    assert refused.value.code == "data_of_others"
