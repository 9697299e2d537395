"""`mlabs export`: chooses what to read, writes, and says what was done."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlabs_ext
from mlabs_ext import names
from mlabs_ext.errors import Forbidden, Full, MLabsError, NotFound
from mlabs_ext.export import wanted
from mlabs_ext.export.exporter import Exporter
from mlabs_ext.export.folder import Folder
from mlabs_ext.export.links import Scope
from mlabs_ext.export.source import Elsewhere, Reader
from mlabs_ext.remote.site import Site, kept
from mlabs_ext.up.data import DataDir
from mlabs_ext.wire import Me
from mlabs_images.progress import Progress

NO_SPACE = 28


def run(options: argparse.Namespace) -> int:
    """Export; what an interrupted one has written is kept."""
    try:
        done = asyncio.run(export(options))
    except KeyboardInterrupt:
        print("\nStopped. What was written is kept; the same command goes on from there.", file=sys.stderr)
        return 1
    except OSError as error:
        kind = Full if error.errno == NO_SPACE else MLabsError
        reason = f"{options.folder} cannot be written: {error.strerror or error}"
        raise kind(reason, "folder_unusable") from error
    print(json.dumps(done, indent=2) if options.json else told(done, options.folder))
    return 0


async def export(options: argparse.Namespace) -> dict[str, Any]:
    """Do it; the account of it."""
    what = asked(options)
    if options.remote:
        return await write(Reader(Elsewhere(kept().url)), what, Path(options.folder), me())
    # The service's modules are heavy, and a machine that only reads another MLabs may lack them.
    from mlabs_ext.export import local

    source = local.opened(DataDir(options.data) if options.data else DataDir.of(os.environ), options.site)
    try:
        return await write(Reader(source), what, Path(options.folder), None)
    finally:
        await source.close()


async def write(reader: Reader, what: str, root: Path, person: str | None) -> dict[str, Any]:
    """Write all of it; `person` is who asks another MLabs, None where the data directory is read."""
    await reader.check()
    with Folder(root, what).opened() as folder:
        scope, labs = await read(reader, folder)
        if person and any(lab.visibility == "unlisted" and lab.owner != person for lab in labs):
            raise Forbidden("Only its owner may export an unlisted lab.", "not_the_owner")
        await copy(Exporter(reader, folder, scope), scope, labs)
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        about = {"version": mlabs_ext.__version__, "site": reader.source.origin or None, "exported": now}
        return folder.finish(about | {"labs": len(scope.labs)})


async def read(reader: Reader, folder: Folder) -> tuple[Scope, list[wanted.Lab]]:
    """What there is to write; where there is nothing any more, an earlier export is not left unsaid."""
    try:
        return await wanted.read(reader, folder.what)
    except NotFound as error:
        if not folder.known:
            raise
        reason = (
            f"{error.message} {folder.root} still has an earlier export: delete it, or make the lab public."
        )
        raise NotFound(reason, error.code) from error


async def copy(exporter: Exporter, scope: Scope, labs: list[wanted.Lab]) -> None:
    """Everything, one lab after another, and how far it is on a terminal."""
    progress = Progress()
    progress.begin("export")
    await exporter.begin()
    for number, lab in enumerate(labs):
        progress.report(lab.ref, 100 * number // len(labs))
        await exporter.lab(lab)
    if labs and not scope.labs:
        raise NotFound("All labs were made private or deleted meanwhile.", "lab_not_found")
    await exporter.lists([lab for lab in labs if lab.ref in scope.labs])
    progress.end(f"{len(scope.labs)} of {len(labs)} labs")


def asked(options: argparse.Namespace) -> str:
    """What is to be exported, in one word; a lab of one's own elsewhere needs no owner."""
    if options.all:
        return wanted.ALL
    if options.what.startswith("@") and "/" not in options.what:
        return str(options.what)
    named = f"{me()}/{options.what}" if options.remote and "/" not in options.what else options.what
    return "/".join(names.split_lab(named))


def me() -> str:
    """Who signed in."""
    return Site(kept()).get("me", Me).name


def told(done: dict[str, Any], folder: str) -> str:
    """What was done, for a person."""
    labs = "1 lab" if done["labs"] == 1 else f"{done['labs']} labs"
    return (
        f"{labs} in {folder}: {done['files']} files, {done['bytes']} bytes"
        f" ({done['written']} written, {done['unchanged']} as they were, {done['removed']} removed)."
    )
