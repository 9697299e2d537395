"""Schemathesis asks every operation of the served description for what is, and what is not, in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fuzz.filled import fill
from service.conftest import Site, services
from support.models import converting
from traitlets.config import Config

TESTS = Path(__file__).parents[1]
# The API says 404 where others say 403, and 422 to what is well-formed but unusable; see docs/api.md.
EXPECTED = {
    "positive_data_acceptance": ["2xx", "403", "404", "409", "412", "413", "422", "507"],
    "negative_data_rejection": ["4xx"],
    # 412 is what the tus protocol says to who does not say which version of it they speak.
    "missing_required_header": ["400", "403", "412", "422"],
}
# Who asks, by the token; how many examples are few; and where, if not everywhere.
PEOPLE = {
    "a person": ("ada", 2, []),
    "an administrator": ("admin", 1, []),
    "nobody": (None, 1, []),
    "the hub": ("spawner", 3, ["--include-path-regex=^/(servers|hub|runs)"]),
    "a worker": ("worker", 3, ["--include-path-regex=^/(workers|jobs)"]),
}
LONG = ["--phases=examples,coverage,fuzzing,stateful", "--max-examples=50"]


@pytest.fixture(scope="module")
def filled(migrated: Path, make_notebook: Any, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A data directory with something of everything in it, to copy."""
    folder = tmp_path_factory.mktemp("filled")
    with services(migrated, folder) as start:
        values = fill(start(), make_notebook)
    token = values.pop("token")[0]
    return SimpleNamespace(data=folder / "data-0", values=values, worker=f"worker {token}")


@pytest.fixture
def fuzzed(filled: SimpleNamespace, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Fuzz a service with that in it, as somebody; fails with all that schemathesis found."""
    config = Config()
    config.Traffic.per_person = config.Traffic.costly = config.Traffic.registrations = 0
    config.Comments.most = config.Proposals.most = config.Reports.most = 1_000_000
    with services(filled.data, tmp_path) as start:
        site = start(config)

        def fuzz(who: str | None, arguments: list[str]) -> None:
            token = filled.worker if who == "worker" else f"token {who}-token" if who else None
            settings = tmp_path / "schemathesis.toml"
            settings.write_text(_settings(filled.values, token, "worker" if who == "worker" else "token"))
            with converting(site):
                _run(site, settings, arguments)

        yield fuzz


def _settings(values: dict[str, list[str]], token: str | None, scheme: str) -> str:
    """The configuration: nearly all addresses are of something that is there."""
    lines = [
        'hooks = "fuzz.hooks"',
        "output.sanitization.enabled = false",
        'generation.database = "none"',
        *(f"checks.{name}.expected-statuses = {json.dumps(good)}" for name, good in EXPECTED.items()),
    ]
    for name, known in values.items():
        lines.append(f"dictionaries.{name}.values = {json.dumps(known)}")
        lines.append(f'parameters."path.{name}" = {{ dictionary = "{name}", probability = 0.9 }}')
    if token:
        lines.append(f"auth.openapi.{scheme}.api_key = {json.dumps(token)}")
    return "\n".join(lines)


def _run(site: Site, settings: Path, arguments: list[str]) -> None:
    command = [sys.executable, "-m", "schemathesis.cli", f"--config-file={settings}", "run"]
    address = f"{site.url}api/v1/openapi.json"
    shared = ["--continue-on-failure", "--no-color", "--warnings=off"]
    done = subprocess.run(
        [*command, address, *shared, *arguments],
        cwd=settings.parent,
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
    )
    print(done.stdout[-2000:])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("who", "few", "where"),
    # An administrator is asked the same as a person, and in the long run.
    [
        pytest.param(*given, id=who, marks=pytest.mark.slow if given[0] == "admin" else [])
        for who, given in PEOPLE.items()
    ],
)
def test_every_operation_does_what_its_description_says(fuzzed, who, few, where):
    quick = ["--phases=fuzzing", "--generation-deterministic", "--no-shrink"]
    fuzzed(who, [f"--max-examples={few}", *where, *quick])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("who", "where"), [(who, where) for who, _, where in PEOPLE.values()], ids=PEOPLE.keys()
)
def test_at_length(fuzzed, who, where):
    fuzzed(who, [*LONG, *where])
