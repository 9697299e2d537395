"""The engine of this machine, as the doctor sees it."""

from __future__ import annotations

import pytest

from mlabs_ext.doctor.found import FAULT

pytestmark = pytest.mark.docker


def test_an_environment_that_is_offered_by_name_needs_an_image(environ, examine, monkeypatch):
    environ |= {"MLABS_SPAWNER": "docker", "MLABS_ENVIRONMENTS": "python"}
    monkeypatch.setenv("MLABS_IMAGE_PREFIX", "nobody-has-these/")
    found = examine()
    # What the engine of this machine can limit is its own affair.
    assert set(found) - {"limits"} == {"images"}
    assert found["images"].status == FAULT
    assert found["images"].found[0].words == "There is no image of: python."


def test_accelerators_need_the_runtime(environ, examine, write_settings):
    environ |= {"MLABS_SPAWNER": "docker", "MLABS_ENVIRONMENTS": "pytorch"}
    write_settings("c.Gpus.devices = ['0']")
    found = examine()["gpus"]
    assert found.status == FAULT
    assert "no NVIDIA runtime" in found.found[0].words
