"""Accelerators that this machine has, and the hub that runs does not see."""

from __future__ import annotations

import os
import subprocess

import pytest

from mlabs_ext.doctor import containers
from mlabs_ext.doctor.here import Here
from mlabs_spawner import inventory
from mlabs_spawner.inventory import Gpu

# As a unit with a /dev of its own has it.
HIDING = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs tmpfs "$0" && echo ready && exec sleep 60']
SEEING = ["sh", "-c", "echo ready && exec sleep 60"]


@pytest.fixture
def look(data, environ, write_settings, monkeypatch, tmp_path):
    """What the doctor says of accelerators while a hub runs that was started so."""
    device = tmp_path / "dev" / "nvidiactl"
    device.parent.mkdir()
    device.touch()
    monkeypatch.setattr(containers, "NVIDIA", device)
    monkeypatch.setattr(inventory, "detect", lambda: {"GPU-1": Gpu("GPU-1", "A card")})
    environ["MLABS_ENVIRONMENTS"] = "pytorch"

    def look(command, settings=""):
        write_settings(settings)
        given = {**os.environ, **environ}
        with subprocess.Popen([*command, device.parent], env=given, stdout=subprocess.PIPE) as hub:
            try:
                assert hub.stdout.readline() == b"ready\n"
                here = Here(data, environ)
                here.hub = hub.pid
                return [found.words for found in containers.gpus(here)]
            finally:
                hub.kill()

    return look


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a /dev of its own")
def test_a_unit_that_hides_them_is_a_fault(look):
    [words] = look(HIDING)
    assert "its unit hides them" in words
    assert "PrivateDevices" in words


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a /dev of its own")
def test_whose_names_are_set_need_not_be_seen(look):
    assert look(HIDING, "c.Gpus.devices = ['GPU-1']") == []


def test_a_hub_that_sees_them_is_well(look):
    assert look(SEEING) == []
