"""A PostgreSQL server of the tests' own, on loopback, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from pathlib import Path

OWNER = "postgres"


class Server:
    """PostgreSQL in a folder of its own; the superuser is `postgres`, and needs no password."""

    def __init__(self, programs: Path):
        self.programs = programs
        # Not below pytest's folder: that one is closed to other users, and PostgreSQL refuses to be root.
        self.folder = Path(tempfile.mkdtemp(prefix="mlabs-postgresql-"))
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]

    def start(self) -> None:
        if os.getuid() == 0:
            shutil.chown(self.folder, OWNER)
        self.run("initdb", "-D", self.folder / "data", "-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start_again()

    def start_again(self) -> None:
        """Start it on what is there, also after it was killed."""
        # What tests kill is a process, not the machine: nothing needs to wait for the disk.
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c fsync=off"
        options += f" -c unix_socket_directories={self.folder}"
        self.run(
            "pg_ctl", "-D", self.folder / "data", "-o", options, "-l", self.folder / "log", "-w", "start"
        )

    @property
    def pid(self) -> int:
        """Its first process."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def halt(self) -> None:
        """Stop it at once; what it has is kept."""
        self.run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")

    def stop(self) -> None:
        self.halt()
        shutil.rmtree(self.folder)

    def new_database(self) -> str:
        """The SQLAlchemy URL of an empty database."""
        name = f"test_{uuid.uuid4().hex}"
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", OWNER, name)
        return f"postgresql+psycopg://{OWNER}@127.0.0.1:{self.port}/{name}"

    def run(self, program: str, *arguments: str | Path) -> None:
        as_owner = {"user": OWNER, "group": pwd.getpwnam(OWNER).pw_gid} if os.getuid() == 0 else {}
        subprocess.run(
            [self.programs / program, *arguments],
            check=True,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            **as_owner,
        )
