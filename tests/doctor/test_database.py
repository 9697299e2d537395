"""A real PostgreSQL, which is well, and one that is too old."""

from __future__ import annotations

import pytest

from mlabs_ext.service.store import Store


@pytest.mark.postgresql
def test_postgresql(postgresql_url, write_settings, examine, monkeypatch):
    store = Store(url=postgresql_url)
    store.migrate()
    store.close()
    write_settings(f"c.Store.url = {postgresql_url!r}")
    assert examine() == {}
    monkeypatch.setattr("mlabs_ext.doctor.database.OLDEST", 990_000)
    assert "its makers mend 99" in examine()["postgresql"].found[0].words
