"""The rooms meet over HTTP only, rules know nothing of it, and a user's server loads nothing heavy."""

from __future__ import annotations

import ast
import configparser
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import mlabs_ext
import mlabs_spawner

EXT = Path(mlabs_ext.__file__).parent
ROOMS = {
    "mlabs_spawner": Path(mlabs_spawner.__file__).parent,
    "mlabs_ext.service": EXT / "service",
    "mlabs_ext.lab": EXT / "lab",
    "mlabs_ext.up": EXT / "up",
}
# What all rooms may import, and what it may import itself.
GROUND = {file.stem for file in EXT.glob("*.py")} - {"cli", "__init__"}
GROUND |= {f"guard/{file.stem}" for file in (EXT / "guard").glob("*.py")}
GROUND_MAY = {"anyascii", "msgspec", "nbformat", "traitlets", "ulid", "mlabs_ext", *sys.stdlib_module_names}
# What only knows how to answer HTTP or to ask by it, or runs the service.
EDGE = {"app", "hub", "incoming", "logs", "outbound"}
# What a hub host has and a user's container lacks.
HEAVY = (
    "sqlalchemy",
    "alembic",
    "nbconvert",
    "jupyterhub.services.auth",
    "jinja2.ext",
    "mlabs_ext.service",
    "uv",
)


@cache
def imports(file: Path) -> tuple[str, ...]:
    """The full names of the modules, and of the names in them, that a file imports anywhere in it."""
    return tuple(_imports(file))


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}: relative imports hide where things come from"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_never_import_each_other(room):
    others = [other for other in ROOMS if other != room]
    wrong = [
        f"{file}: {name}"
        for file in files(ROOMS[room])
        for name in imports(file)
        if any(is_in(name, other) for other in others)
    ]
    assert not wrong


@pytest.mark.parametrize("module", sorted(GROUND))
def test_ground_floor_imports_little(module):
    wrong = [name for name in imports(EXT / f"{module}.py") if name.split(".")[0] not in GROUND_MAY]
    assert not wrong
    assert not [name for name in imports(EXT / f"{module}.py") for room in ROOMS if is_in(name, room)]


def test_rules_and_mechanisms_know_nothing_of_http():
    rules = [file for file in (EXT / "service").glob("*.py") if file.stem not in EDGE]
    wrong = [
        f"{file.name}: {name}"
        for file in rules
        for name in imports(file)
        if is_in(name, "tornado") or is_in(name, "mlabs_ext.service.web")
    ]
    assert rules
    assert not wrong


def test_no_cancellation_is_lost():
    """`asyncio.wait_for` swallows one that meets its answer before Python 3.12, `asyncio.timeout` never."""
    wrong = [
        str(file)
        for folder in (EXT, ROOMS["mlabs_spawner"])
        for file in files(folder)
        if "asyncio.wait_for(" in file.read_text(encoding="utf-8")
    ]
    assert not wrong


def test_handlers_know_no_tables():
    wrong = [
        f"{file.name}: {name}"
        for file in files(EXT / "service" / "web")
        for name in imports(file)
        if is_in(name, "sqlalchemy") or is_in(name, "mlabs_ext.service.orm")
    ]
    assert not wrong


# Commands that stand above the rooms: each may read a data directory, and no room knows of them.
ABOVE = ("export", "saving", "backups")
# What backups know of the service: what keeps data, and nothing that acts for people.
KEEPS = {"blobs", "collection", "folders", "migrations", "orm", "orm_search", "search_index", "search_text"}
KEEPS |= {"sizes", "store"}


@pytest.mark.parametrize("command", ABOVE)
def test_rooms_know_nothing_of_commands(command):
    rooms = [file for folder in ROOMS.values() for file in files(folder)]
    wrong = [
        f"{file}: {name}"
        for file in (*rooms, *EXT.glob("*.py"))
        for name in imports(file)
        if is_in(name, f"mlabs_ext.{command}") and file.name != "cli.py"
    ]
    assert not wrong


def test_backups_know_only_what_keeps_data():
    found = {
        name.split(".")[2]
        for file in files(EXT / "backups")
        for name in imports(file)
        if name.startswith("mlabs_ext.service.")
    }
    assert found == KEEPS


def test_every_package_is_installed():
    """setup.cfg names packages one by one: a forgotten one is missing from the wheel only."""
    checkout = Path(__file__).parents[1]
    setup = configparser.ConfigParser()
    assert setup.read(checkout / "setup.cfg")
    named = set(setup["options"]["packages"].split())
    found = {
        ".".join(file.parent.relative_to(checkout).parts)
        for file in (checkout / "mlabs_ext").rglob("__init__.py")
    }
    assert found - named == set()


def test_users_server_loads_nothing_heavy():
    code = "import json, sys, mlabs_ext.lab.app; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    loaded = json.loads(done.stdout)
    assert [name for name in loaded if any(is_in(name, heavy) for heavy in HEAVY)] == []
