"""A lab of ada's with two versions and files, and ada signed in as `mlabs login` does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

# The harness of the service's own tests.
from service.conftest import cells, migrated, site, start_site
from service.web.conftest import RUN, ok, record

from mlabs_ext.cli import main
from mlabs_ext.remote.site import Login, keep

__all__ = ["migrated", "site", "start_site"]
FILES = {"model/model.json": b'{"a": 1}', "plot é.png": b"PNG"}


@pytest.fixture
def lab(site, tmp_path, monkeypatch) -> str:
    """Its name, as `mlabs copy` takes it."""
    site.publish("ada", name="mnist", title="MNIST", visibility="private", message="First")
    ada = site.as_("ada")
    body = {"notebook": cells("# Hello", "2 + 2"), "message": "Second\n\nwith more"}
    ok(ada.post("api/v1/labs/ada/mnist/versions", json=body))
    record(ada, RUN, "ada/mnist", "succeeded")
    for path, data in FILES.items():
        ok(ada.put(f"api/v1/runs/{RUN}/outputs/{path}", content=data))
    monkeypatch.setenv("MLABS_LOGIN", str(tmp_path / "login.json"))
    keep(Login(site.url.removesuffix("/services/mlabs/"), "ada-token"))
    return "mnist"


@pytest.fixture
def copy(capsys) -> Callable[..., Any]:
    """`mlabs copy`: what it prints as JSON, or the reason why it does not, where `status` is 1."""

    def run(*arguments: object, status: int = 0) -> Any:
        assert main(["copy", *map(str, arguments), "--json"]) == status
        said, why = capsys.readouterr()
        return why if status else json.loads(said)

    return run
