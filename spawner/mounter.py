"""Mounts a person's files into a container that already runs: a program for a helper container, stdlib only.

A line of JSON in is one request, a line out its answer. It needs Linux 5.12, and the rights to enter the
mount namespaces of the machine and of the container; whoever may ask the engine for containers has those
anyway.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import struct
import sys
from typing import Any

OPEN_TREE, MOVE_MOUNT, MOUNT_SETATTR = 428, 429, 442
CLONE_NEWNS = 0x20000
AT_FDCWD, AT_EMPTY_PATH = -100, 0x1000
OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC = 1, os.O_CLOEXEC
MOVE_MOUNT_F_EMPTY_PATH = 4
RDONLY, NOSUID, NODEV = 1, 2, 4
MS_PRIVATE = 1 << 18
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW

libc = ctypes.CDLL(None, use_errno=True)


def failed(what: str) -> OSError:
    """The error of the last call."""
    code = ctypes.get_errno()
    return OSError(code, os.strerror(code), what)


def call(number: int, *arguments: Any) -> int:
    """One system call that Python has no name for; raise OSError."""
    done = int(libc.syscall(number, *arguments))
    if done < 0:
        raise failed(f"system call {number}")
    return done


def enter(namespace: int) -> None:
    """Be in the mount namespace of this descriptor, at its root."""
    if libc.setns(namespace, CLONE_NEWNS):
        raise failed("setns")


def read(name: str, folder: int) -> str:
    """A whole small file."""
    with os.fdopen(os.open(name, os.O_RDONLY, dir_fd=folder)) as file:
        return file.read()


def namespaces(container: str, pid: int) -> tuple[int, int]:
    """Descriptors of the container's mount namespace, and of the engine's, which is its parent's."""
    process = os.open(f"/proc/{pid}", FOLDER)
    status = read("status", process)
    parent = next(line.split()[1] for line in status.splitlines() if line.startswith("PPid:"))
    theirs = os.open("ns/mnt", os.O_RDONLY, dir_fd=process)
    engines = os.open(f"/proc/{parent}/ns/mnt", os.O_RDONLY)
    # Last, and by the same descriptor: the number may be another process's meanwhile.
    if container not in read("cgroup", process):
        raise RuntimeError(f"process {pid} is not of container {container[:12]}")
    return theirs, engines


def fill(source: str, template: str) -> None:
    """Give an empty folder what the image has in its place, as the engine does for a new volume."""
    new, old = os.open(source, FOLDER), os.open(template, FOLDER)
    if not os.listdir(new):  # noqa: PTH208 - a descriptor
        copy(old, new)


def copy(old: int, new: int) -> None:
    """Copy the content of one folder to another, by descriptors.

    Another container of the same person may run already: whatever it puts there, nothing outside is touched.
    """
    own(old, new)
    with os.scandir(old) as entries:
        for entry in entries:
            try:
                copy_entry(entry, old, new)
            except FileExistsError:
                continue


def copy_entry(entry: os.DirEntry[str], old: int, new: int) -> None:
    """Copy one file, link or folder; raise FileExistsError where there is one."""
    if entry.is_symlink():
        os.symlink(os.readlink(entry.name, dir_fd=old), entry.name, dir_fd=new)
        status = entry.stat(follow_symlinks=False)
        os.chown(entry.name, status.st_uid, status.st_gid, dir_fd=new, follow_symlinks=False)
    elif entry.is_dir():
        os.mkdir(entry.name, 0o700, dir_fd=new)
        there, here = os.open(entry.name, FOLDER, dir_fd=new), os.open(entry.name, FOLDER, dir_fd=old)
        copy(here, there)
        os.close(here)
        os.close(there)
    elif entry.is_file():
        writing = os.open(entry.name, NEW_FILE, 0o600, dir_fd=new)
        reading = os.open(entry.name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=old)
        with os.fdopen(writing, "wb") as target, os.fdopen(reading, "rb") as source:
            shutil.copyfileobj(source, target)
            own(reading, writing)


def own(old: int, new: int) -> None:
    """Owner and mode of `old` for `new`."""
    status = os.fstat(old)
    os.fchown(new, status.st_uid, status.st_gid)
    os.fchmod(new, status.st_mode & 0o7777)


def take(mount: dict[str, Any]) -> int:
    """A mount of its own of a folder on the engine's machine, in no namespace yet, as a descriptor."""
    if mount["template"]:
        fill(mount["source"], mount["template"])
    flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC
    tree = call(OPEN_TREE, AT_FDCWD, os.fsencode(mount["source"]), flags)
    attributes = NOSUID | NODEV | (RDONLY if mount["read_only"] else 0)
    wanted = ctypes.create_string_buffer(struct.pack("QQQQ", attributes, 0, MS_PRIVATE, 0), 32)
    call(MOUNT_SETATTR, tree, b"", AT_EMPTY_PATH, wanted, 32)
    return tree


def mount(request: dict[str, Any]) -> None:
    """Do one request, in a process of its own: there is no way back from a namespace."""
    theirs, engines = namespaces(request["container"], request["pid"])
    enter(engines)
    trees = [(take(one), os.fsencode(one["target"])) for one in request["mounts"]]
    enter(theirs)
    for tree, target in trees:
        call(MOVE_MOUNT, tree, b"", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH)


def answer(request: dict[str, Any]) -> str:
    """What went wrong with one request; empty where nothing did."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            mount(request)
        except BaseException as error:
            os.write(writing, repr(error).encode()[:4000])
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    status = os.waitpid(child, 0)[1]
    return said or (f"status {status}" if status else "")


def main() -> None:
    """Serve for as long as somebody may ask."""
    for line in sys.stdin:
        print(json.dumps({"error": answer(json.loads(line))}), flush=True)


if __name__ == "__main__":
    main()
