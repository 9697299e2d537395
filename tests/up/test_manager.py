"""A service manager hears how far `mlabs up` is."""

from __future__ import annotations

import socket

import pytest

from mlabs_ext.up.manager import READY, tell_manager


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_a_manager_that_listens_is_told(kind, tmp_path, monkeypatch):
    name = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(name if kind == "path" else f"\0{name}")
        manager.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", name if kind == "path" else f"@{name}")
        tell_manager(READY, "STATUS=Ready")
        assert manager.recv(100) == b"READY=1\nSTATUS=Ready"


def test_a_manager_that_is_gone_is_no_reason_to_end(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    tell_manager(READY)
    assert "does not answer" in capsys.readouterr().err


def test_without_a_manager_nothing_is_said(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    tell_manager(READY)
