"""What MLabs presets in JupyterLab."""

from __future__ import annotations

from jupyter_server.services.config.manager import ConfigManager


def test_what_is_typed_is_saved_within_seconds():
    preset = ConfigManager(config_dir_name="labconfig").get("default_setting_overrides")
    assert preset["@jupyterlab/docmanager-extension:plugin"] == {"autosaveInterval": 10}
