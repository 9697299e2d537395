"""Which settings there are, also where packages that only some need are not installed."""

from __future__ import annotations

import sys

from mlabs_ext.doctor.settings_file import OURS, collect


def test_packages_for_s3_are_not_needed_to_know_the_settings(monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    monkeypatch.delitem(sys.modules, "mlabs_ext.service.blobs_remote", raising=False)
    collect.cache_clear()
    try:
        assert "Labs" in collect(OURS)
    finally:
        collect.cache_clear()
