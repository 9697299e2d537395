"""An S3-compatible store of the tests' own (SeaweedFS), on loopback, gone afterwards."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import s3fs

BUCKET = "mlabs"
KEY, SECRET = "the-tests-key", "the-tests-very-secret-key"
ACTIONS = ["Admin", "Read", "Write", "List"]
PATIENCE = 60


class Store:
    """A server with one bucket; what was stored is there again when it is started after a kill."""

    def __init__(self, program: str):
        self.program = program
        self.folder = Path(tempfile.mkdtemp(prefix="mlabs-s3-"))
        user = {"name": "mlabs", "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ACTIONS}
        (self.folder / "s3.json").write_text(json.dumps({"identities": [user]}))
        with ExitStack() as stack:
            probes = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(8)]
            self.ports = [probe.getsockname()[1] for probe in probes]
        self.options: dict[str, Any] = {
            "endpoint_url": f"http://127.0.0.1:{self.ports[0]}",
            "key": KEY,
            "secret": SECRET,
        }

    def settings(self, **options: Any) -> dict[str, Any]:
        """What `c.Blobs` needs to keep blobs in a folder of their own here."""
        return {
            "url": f"s3://{BUCKET}/{uuid.uuid4().hex}/blobs",
            "storage_options": {**self.options, **options},
        }

    def files(self) -> s3fs.S3FileSystem:
        """The store as it is, past MLabs."""
        return s3fs.S3FileSystem(**self.options, use_listings_cache=False, skip_instance_cache=True)

    def start(self) -> None:
        """Start the server, and return when it stores something."""
        deadline = time.monotonic() + PATIENCE
        self._run()
        while not self._answers():
            assert time.monotonic() < deadline, (self.folder / "log").read_text()[-4000:]
            if not self.runs:
                # Somebody else was quicker at one of the ports, and may leave it again.
                self._run()
            time.sleep(0.1)

    def _run(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.program, *self._arguments()], cwd=self.folder, stdout=log, stderr=subprocess.STDOUT
            )

    def _arguments(self) -> list[str]:
        names = ("s3", "filer", "master", "volume")
        (self.folder / "data").mkdir(exist_ok=True)
        return [
            *("server", "-dir=data", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"),
            *(f"-{name}.port={port}" for name, port in zip(names, self.ports[:4], strict=True)),
            *(f"-{name}.port.grpc={port}" for name, port in zip(names, self.ports[4:], strict=True)),
            *(f"-{name}.localSocket={self.folder / name}.sock" for name in names[:2]),
            *("-s3.config=s3.json", "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.autoCreateBucket=false"),
            *("-master.telemetry=false", "-master.volumeSizeLimitMB=1024", "-volume.max=16"),
            # There is nobody else to elect, and a start waits for it.
            "-master.electionTimeout=300ms",
        ]

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.ports[0]), timeout=1).close()
            files = self.files()
            if not files.exists(BUCKET):
                files.mkdir(BUCKET)
            files.pipe_file(f"{BUCKET}/ready", b"yes")
        except OSError:
            return False
        return True

    @property
    def runs(self) -> bool:
        """Whether there is a server now."""
        return self.process.poll() is None

    def kill(self) -> None:
        """End the server without a word of warning."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End the server and remove what it stored, and its sockets, for which it takes no other folder."""
        self.kill()
        shutil.rmtree(self.folder)
        for port in self.ports:
            for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                left.unlink()
