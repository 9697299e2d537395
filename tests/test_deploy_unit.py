"""The unit of docs/deployment.md: which devices it has, and how long it waits for a start."""

from __future__ import annotations

import fnmatch
import shutil
import subprocess
from configparser import ConfigParser

import pytest
from support import needs

from mlabs_ext.up.patience import AT_WORK_WITHIN

UNIT = needs.CHECKOUT / "deploy" / "one-machine" / "mlabs.service"
# As the drivers of several years have them in /proc/devices.
NVIDIA = ["nvidia", "nvidiactl", "nvidia-frontend", "nvidia-modeset", "nvidia-uvm", "nvidia-caps"]
OTHERS = ["mem", "tty", "sd", "drm", "input", "vfio", "fuse", "kvm"]


@pytest.fixture(scope="module")
def service():
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(UNIT)
    return unit["Service"]


def test_of_devices_it_has_those_of_gpus_alone(service):
    # A private /dev would have none at all.
    assert "PrivateDevices" not in service
    assert service["DevicePolicy"] == "closed"
    assert UNIT.read_text().count("DeviceAllow=") == 1
    which, rights = service["DeviceAllow"].split()
    assert rights == "rw"
    group = which.removeprefix("char-")
    assert [name for name in (*NVIDIA, *OTHERS) if fnmatch.fnmatch(name, group)] == NVIDIA


def test_what_hides_devices_takes_nothing_else_away_with_it(service):
    # What a private /dev would also have forbidden: to make devices, and to reach ports of the hardware.
    assert service["CapabilityBoundingSet"] == ""
    assert service["SystemCallFilter"] == "@system-service"


def test_systemd_waits_longer_than_mlabs_up_does(service):
    assert int(service["TimeoutStartSec"].removesuffix("min")) * 60 > AT_WORK_WITHIN


def test_systemd_reads_it(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / "mlabs.service"
    unit.write_text(UNIT.read_text().replace("/opt/mlabs/bin/mlabs up", shutil.which("true") or "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
