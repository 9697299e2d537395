"""Packs a source distribution so that the same files are the same archive, bit by bit."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path


def repack(archive: Path) -> None:
    """Give all files the time that SOURCE_DATE_EPOCH says, nobody's name, and an order, if it says one."""
    said = os.environ.get("SOURCE_DATE_EPOCH")
    if not said:
        return
    out = io.BytesIO()
    with tarfile.open(archive) as old, tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as new:
        for member in sorted(old, key=lambda one: one.name):
            member.mtime, member.pax_headers = int(said), {}
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            new.addfile(member, old.extractfile(member) if member.isfile() else None)
    archive.write_bytes(gzip.compress(out.getvalue(), mtime=int(said)))
