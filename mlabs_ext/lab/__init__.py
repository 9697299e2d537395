"""Runs inside the user's server: publishes, opens, forks, and records executions."""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from mlabs_ext.lab.app import MLabsLab

    return [{"module": "mlabs_ext.lab.app", "app": MLabsLab}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "mlabs-labextension"}]
