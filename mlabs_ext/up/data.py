"""The data directory: the one place that holds all state, so that a second start finds everything again."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType

FOLDERS = ("blobs", "renders", "environments", "users", "volumes", "secrets", "logs", "backups")


@dataclass(frozen=True)
class Ports:
    """Loopback ports of the processes that only each other talk to, and the one where containers come in.

    At `files`, servers on lent machines get their files, through the proxy.
    """

    hub: int
    proxy_api: int
    service: int
    door: int = 0
    files: int = 0


class Busy(Exception):
    """Another process uses the data directory; the message says which."""


class DataDir:
    """A data directory; `prepare` makes it."""

    def __init__(self, path: str | Path):
        self.path = Path(path).expanduser().resolve()

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> DataDir:
        """The directory that `MLABS_DATA` names, else `mlabs-data` below the working directory."""
        return cls(environ.get("MLABS_DATA") or "mlabs-data")

    def prepare(self) -> DataDir:
        """Make the directory and its folders, for its owner only; raise OSError where that fails."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in FOLDERS:
            (self.path / name).mkdir(mode=0o700, exist_ok=True)
        (self.path / "secrets").chmod(0o700)
        return self

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def secret(self, name: str, size: int = 32) -> str:
        """The secret of that name: `size` random bytes, made on first use, readable by the owner only."""
        file = self.path / "secrets" / name
        if not file.exists():
            _write_once(file, secrets.token_hex(size))
        return file.read_text(encoding="utf-8").strip()

    def prefix(self) -> str:
        """What names of containers and volumes of this directory begin with, on a machine with several."""
        return f"mlabs-{self.secret('prefix', size=4)}"

    def password(self, environ: Mapping[str, str]) -> str:
        """The sign-in password: `MLABS_PASSWORD` where it is set, else one that is made once and kept."""
        return environ.get("MLABS_PASSWORD") or self.secret("password", size=10)

    def settings(self, environ: Mapping[str, str]) -> str:
        """The administrator's file: the one `MLABS_CONFIG` names, else `mlabs_config.py` here, else ""."""
        given, own = environ.get("MLABS_CONFIG"), self / "mlabs_config.py"
        if given:
            return str(Path(given).expanduser().resolve())
        return str(own) if own.exists() else ""

    def ports(self, environ: Mapping[str, str] = MappingProxyType({})) -> Ports:
        """The last start's ports where they are free: servers that outlived the hub find it there again.

        `MLABS_SERVICE_PORT` names the service's, which a proxy in front may have to know beforehand.
        """
        last = self.last_ports()
        names = Ports.__dataclass_fields__
        with _free_ports(len(names)) as spare:
            chosen = Ports(*(_usable(getattr(last, name, None)) or spare.pop() for name in names))
        if environ.get("MLABS_SERVICE_PORT"):
            chosen = replace(chosen, service=int(environ["MLABS_SERVICE_PORT"]))
        file = self.path / "ports.json"
        _draft(file, json.dumps(asdict(chosen))).replace(file)
        return chosen

    def last_ports(self) -> Ports | None:
        """The ports that the last start chose."""
        file = self.path / "ports.json"
        return Ports(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory for this process; raise Busy where another one holds it."""
        with (self.path / "up.lock").open("a+", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise Busy(f"{self.path}, process {lock.read().strip()}") from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield


def can_listen(host: str, port: int) -> bool:
    """Whether this process could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


@contextmanager
def _free_ports(count: int) -> Iterator[list[int]]:
    # All are held until every one is chosen: a closed one could be handed out twice.
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        yield [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _usable(port: int | None) -> int | None:
    return port if port and can_listen("127.0.0.1", port) else None


def _write_once(file: Path, text: str) -> None:
    """Write a file; one that another process made meanwhile wins."""
    draft = _draft(file, text + "\n")
    try:
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink()


def _draft(file: Path, text: str) -> Path:
    """Write `text` beside `file`, mode 600 and safely on disk: the file itself is then whole or absent."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    return draft
