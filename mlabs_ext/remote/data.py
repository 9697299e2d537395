"""`mlabs data add`: files and folders of this machine become a dataset, or the next version of one."""

from __future__ import annotations

import argparse
import os
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import msgspec

from mlabs_ext.errors import BadInput
from mlabs_ext.remote.runs import path_of, whole
from mlabs_ext.remote.site import Site, kept
from mlabs_ext.remote.uploads import Progress, Sender
from mlabs_ext.wire import Dataset, DatasetCreate, DatasetVersion, DatasetVersionCreate

# More go as one archive, which the service unpacks.
MANY = 200
DAY = 86400
# As a shell says of what Ctrl-C ended.
STOPPED = 130


def add(options: argparse.Namespace) -> int:
    """Send it all, and have something made of it."""
    site = Site(kept())
    files = collected([Path(os.path.abspath(path)) for path in options.paths])  # noqa: PTH100 - links stay
    try:
        with packed(files, options.packed) as sent:
            sender = Sender(site, Progress(sum(file.stat().st_size for file in sent.values())))
            uploads = sender.send_all(sent)
    except KeyboardInterrupt:
        print("Stopped. The same command goes on from here, within the hour.", file=sys.stderr)
        return STOPPED
    make = add_version if options.to else create
    show(site, make(site, options, uploads), options.json)
    sender.forget()
    return 0


def create(site: Site, options: argparse.Namespace, uploads: list[str]) -> Dataset:
    """A new dataset."""
    alone = Path(options.paths[0]).resolve().name if len(options.paths) == 1 else ""
    title = options.title or options.name or alone.partition(".")[0] or None
    fields = DatasetCreate(
        uploads=uploads,
        unpack=not options.packed,
        name=options.name,
        title=title,
        description=options.description,
        license=options.license,
        source=options.source,
        tags=options.tag or None,
        visibility=options.visibility,
        message=options.message,
    )
    return site.post("datasets", fields, Dataset, DAY)


def add_version(site: Site, options: argparse.Namespace, uploads: list[str]) -> DatasetVersion:
    """The next version of a dataset."""
    fields = DatasetVersionCreate(
        uploads=uploads, unpack=not options.packed, keep=options.keep, message=options.message
    )
    return site.post(f"datasets/{path_of(whole(site, options.to))}/versions", fields, DatasetVersion, DAY)


def collected(paths: list[Path]) -> dict[str, Path]:
    """The files by the paths that they are to have; those of several folders begin with the folder's name."""
    found: dict[str, Path] = {}
    for path in paths:
        top = path if path.is_dir() and len(paths) == 1 else path.parent
        for file in below(path) if path.is_dir() else [path]:
            name = file.relative_to(top).as_posix()
            if name in found:
                raise BadInput(f"{found[name]} and {file} would both be {name}: rename one.", "path_twice")
            if not file.is_file():
                raise BadInput(f"{file} is not there, or no file.", "file_unreadable")
            found[name] = file
    if not found:
        raise BadInput("There is no file in it: add one at least.", "dataset_empty")
    return found


def below(folder: Path) -> list[Path]:
    """All files of a folder but hidden ones."""
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place, name) for name in sorted(files) if not name.startswith(".")]
    return found


@contextmanager
def packed(files: dict[str, Path], as_they_are: bool) -> Iterator[dict[str, Path]]:
    """What is sent: the files, or one archive of very many of them."""
    if len(files) <= MANY or as_they_are:
        yield files
        return
    with tempfile.TemporaryDirectory(prefix="mlabs-") as folder:
        archive = Path(folder, "files.tar")
        with tarfile.open(archive, "w") as tar:
            for path, file in files.items():
                tar.add(file.resolve(), path)
        yield {archive.name: archive}


def show(site: Site, made: Dataset | DatasetVersion, as_json: bool) -> None:
    """Print what was made, for a program or a person."""
    if as_json:
        print(msgspec.json.encode(made).decode())
        return
    if isinstance(made, Dataset):
        name = f"{made.owner}/{made.name}@{made.version}"
    else:
        name = f"{made.dataset}@{made.number}"
    size = f"{made.size / 1e6:.1f} MB" if made.size >= 1e5 else f"{made.size} bytes"
    print(f"{name}: {made.files} files, {size}, {urljoin(site.login.url, made.url)}")
