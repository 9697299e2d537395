"""The data directory: made once, found again, one owner at a time."""

from __future__ import annotations

import os
import socket
import stat
from dataclasses import astuple
from pathlib import Path

import pytest

from mlabs_ext.up.data import Busy, DataDir, can_listen


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    return DataDir(tmp_path / "deep" / "data").prepare()


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({}, "mlabs-data"),
        ({"MLABS_DATA": ""}, "mlabs-data"),
        ({"MLABS_DATA": "/srv/x/../mlabs"}, "/srv/mlabs"),
    ],
    ids=["unset", "empty", "set"],
)
def test_place_comes_from_the_environment(environ, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert DataDir.of(environ).path == tmp_path / name


def test_preparing_twice_keeps_everything(data):
    (data / "blobs" / "x").write_text("kept")
    assert (DataDir(data.path).prepare() / "blobs" / "x").read_text() == "kept"
    assert stat.S_IMODE((data / "secrets").stat().st_mode) == 0o700


def test_secret_is_made_once_and_closed(data):
    first = data.secret("token")
    assert len(first) == 64
    assert DataDir(data.path).secret("token") == first
    assert data.secret("other") != first
    assert stat.S_IMODE((data / "secrets" / "token").stat().st_mode) == 0o600
    assert [file.name for file in (data / "secrets").iterdir() if file.name.startswith(".")] == []


def test_password_is_the_given_one_else_a_kept_one(data):
    assert data.password({"MLABS_PASSWORD": "given"}) == "given"
    assert not (data / "secrets" / "password").exists()
    assert data.password({}) == data.password({"MLABS_PASSWORD": ""}) == data.secret("password")


def test_settings_are_the_named_file_else_the_one_in_the_directory(data, tmp_path):
    assert data.settings({}) == ""
    (data / "mlabs_config.py").touch()
    assert data.settings({}) == str(data / "mlabs_config.py")
    assert data.settings({"MLABS_CONFIG": str(tmp_path / "mine.py")}) == str(tmp_path / "mine.py")


def test_ports_stay_where_they_are_free(data):
    first = data.ports()
    assert len(set(astuple(first))) == 5
    assert data.ports() == first == data.last_ports()
    with socket.create_server(("127.0.0.1", first.service)):
        second = data.ports()
    assert (second.hub, second.proxy_api) == (first.hub, first.proxy_api)
    assert second.service != first.service


def test_the_services_port_can_be_said_beforehand(data):
    assert data.ports({"MLABS_SERVICE_PORT": "10101"}).service == 10101
    assert data.last_ports().service == 10101
    assert data.ports({"MLABS_SERVICE_PORT": ""}).service > 0


def test_no_ports_before_the_first_start(data):
    assert data.last_ports() is None


def test_one_holder_at_a_time(data):
    other = DataDir(data.path)
    with data.locked(), pytest.raises(Busy, match=f"process {os.getpid()}"), other.locked():
        pass
    with data.locked():
        pass


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_taken_port_is_seen(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as server:
        port = server.getsockname()[1]
        assert not can_listen(host, port)
    assert can_listen(host, port)
