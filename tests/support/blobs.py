"""The ways to use blobs, and a store that is asked once."""

from __future__ import annotations

from mlabs_ext.service.blobs import Blobs

# Tests of failures need not wait for second attempts.
ONCE = {"config_kwargs": {"retries": {"total_max_attempts": 1}}}


def write(blobs: Blobs, data: bytes) -> str:
    """As `put`, in pieces."""
    with blobs.writer() as writer:
        writer.write(data)
        return writer.commit()


WAYS = {
    "put": lambda blobs, _: blobs.put(b"new"),
    "writer": lambda blobs, _: write(blobs, b"new"),
    "get": Blobs.get,
    "size": Blobs.size,
    "exists": Blobs.exists,
    "open": Blobs.open,
    "read": lambda blobs, digest: list(blobs.read(digest)),
    "delete": Blobs.delete,
}
