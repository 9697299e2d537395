"""What JupyterHub says about a credential, and what follows from it."""

from __future__ import annotations

import pytest

from mlabs_ext.service.viewers import Viewer

READ, WRITE, ADMIN, HUB = (f"custom:mlabs:{may}" for may in ("read", "write", "admin", "hub"))


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ({"name": "ada", "scopes": []}, Viewer(name="ada")),
        ({"name": "ada", "scopes": [READ]}, Viewer(name="ada", can_read=True)),
        ({"name": "ada", "scopes": [WRITE]}, Viewer(name="ada", can_read=True, can_write=True)),
        ({"name": "ada", "scopes": ["custom:mlabs:writer"]}, Viewer(name="ada")),
        (
            {"name": "root", "admin": True, "scopes": [READ, ADMIN]},
            Viewer(name="root", admin=True, can_read=True, metrics=True),
        ),
        (
            {"name": "root", "admin": True, "scopes": [READ, WRITE]},
            Viewer(name="root", can_read=True, can_write=True),
        ),
        ({"name": "ada", "scopes": [READ, ADMIN]}, Viewer(name="ada", can_read=True)),
        (
            {"kind": "service", "name": "ada", "admin": True, "scopes": [READ, WRITE, ADMIN, HUB]},
            Viewer(hub=True, can_read=True),
        ),
        ({"kind": "service", "name": "p", "scopes": ["read:metrics"]}, Viewer(metrics=True)),
    ],
    ids=["none", "read", "write", "other scope", "admin", "server of an admin", "admin scope alone",
         "service named like a person", "metrics"],
)  # fmt: skip
def test_a_viewer_from_a_model(model, expected):
    assert Viewer.from_model(model) == expected


@pytest.mark.parametrize(
    ("viewer", "acts"),
    [
        (Viewer(name="ada", can_read=True), True),
        (Viewer(name="ada"), False),
        (Viewer(name="bob", can_read=True), False),
        (Viewer(name="root", admin=True, can_read=True), True),
        (Viewer(name="root", admin=True), False),
        (Viewer.anonymous(), False),
    ],
)
def test_who_acts_for_ada(viewer, acts):
    assert viewer.acts_for("ada") == acts
