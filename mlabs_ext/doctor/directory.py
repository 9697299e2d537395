"""Checks of the data directory: whose it is, who can read it, what it lies on, what is left over."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from mlabs_ext.doctor.found import Found, fault, warning
from mlabs_ext.doctor.here import Here
from mlabs_ext.up import processes

MEGABYTE = 1024 * 1024
# Below the first nothing can be relied on; below the second it is time to do something.
FULL, SOON = 512 * MEGABYTE, 2048 * MEGABYTE
FEW, FEWER = 20_000, 2_000
OTHERS = stat.S_IRWXG | stat.S_IRWXO
# SQLite's locks, and its memory that processes share, do not hold on these.
NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "beegfs")
NETWORK_FUSE = ("fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.gcsfuse", "fuse.ceph-fuse")
MOUNTS = Path("/proc/self/mountinfo")


def exists(here: Here) -> Iterator[Found]:
    """It is there, it is this user's, and can be written to."""
    path = here.data.path
    if not path.is_dir():
        yield fault(f"{path} is no directory." if path.exists() else f"There is no {path}.")
        return
    owner = path.stat().st_uid
    if owner != os.geteuid():
        yield fault(f"{path} belongs to {name_of(owner)}, and you are {name_of(os.geteuid())}.")
    elif not os.access(path, os.W_OK | os.X_OK):
        yield fault(f"{path} cannot be written to.")
    strange = [one.name for one in sorted(path.iterdir()) if one.lstat().st_uid != owner]
    if strange:
        yield fault(f"What is in it belongs to somebody else: {', '.join(strange[:5])}.")


def secrets(here: Here) -> Iterator[Found]:
    """Only their owner can read secrets."""
    here.need_data()
    folder = here.data / "secrets"
    if folder.is_dir():
        for file in [folder, *sorted(folder.iterdir())]:
            mode = stat.S_IMODE(file.stat().st_mode)
            if mode & OTHERS:
                yield fault(f"{file} has mode {mode:o}: others can read it.")
    mode = stat.S_IMODE(here.data.path.stat().st_mode)
    if mode & OTHERS:
        yield warning(f"{here.data.path} has mode {mode:o}: others can look into it.")


def space(here: Here) -> Iterator[Found]:
    """There is room for more, and for more files."""
    here.need_data()
    places = {
        here.data.path,
        here.data.path / here.setting("Blobs", "directory", ""),
        Path(environments(here)),
    }
    for place in sorted(place for place in places if place.is_dir()):
        free = shutil.disk_usage(place).free
        if free < SOON:
            yield (fault if free < FULL else warning)(f"{free // MEGABYTE} MB are free where {place} is.")
        state = os.statvfs(place)
        if state.f_files and state.f_favail < FEW:
            level = fault if state.f_favail < FEWER else warning
            yield level(f"Where {place} is there is room for {state.f_favail} files.")


def environments(here: Here) -> str:
    """Where environments are installed."""
    return here.environ.get("MLABS_ENVIRONMENTS_DIR") or str(here.data / "environments")


def disk(here: Here) -> Iterator[Found]:
    """SQLite's files lie on a disk of this machine."""
    here.need_data()
    kind = file_system(here.data.path, MOUNTS.read_text(encoding="utf-8"))
    if kind in NETWORK or kind in NETWORK_FUSE:
        which = "hub.sqlite and mlabs.sqlite" if "sqlite" in here.database_url else "hub.sqlite"
        yield fault(f"{here.data.path} is on a network file system ({kind}): {which} may be damaged there.")


def file_system(path: Path, mounts: str) -> str:
    """The kind of file system that a path is on, by the lines of /proc/self/mountinfo."""
    found, kind = Path("/"), ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        place = Path(before.split()[4].replace("\\040", " "))
        if path.is_relative_to(place) and len(place.parts) >= len(found.parts):
            found, kind = place, after.split()[0]
    return kind


def leftovers(here: Here) -> Iterator[Found]:
    """Nothing of an earlier start is in the way of the next."""
    here.need_data()
    pid_file = here.data / "proxy.pid"
    said = pid_file.read_text().strip() if pid_file.exists() else ""
    pid = int(said) if said.isdigit() else 0
    if pid and not here.hub and "configurable-http-proxy" in processes.command_line(pid):
        yield warning(f"A proxy of an earlier start still runs, as process {pid}.")


def name_of(user: int) -> str:
    """A user's name, else number."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
