"""Runs a server on a machine that has none of its user's files: fetches its lab's first, sends changes back.

    python -m mlabs_ext.lab.carried COMMAND…

The files come from, and go to, MLABS_FILES_URL; what changes is sent every few seconds, and the rest when the
server has ended. Only then is the folder here emptied. What could not be sent stays, and is sent first when
the lab comes to this machine again. Standard library only: it starts before anything else does.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from mlabs_ext.lab.away import TIMEOUT, Away, Changed, Failed, Stamp, Unread
from mlabs_ext.lab.listing import ARRIVING, Listing, stamp_of

# A look through many files is followed by a longer rest.
REST = 20
STATE = Path(".mlabs", "carried.json")
# Of records of runs: the server delivers them itself, and what is left of them goes home when it has ended.
LATE = ".mlabs/outbox/"


class Here:
    """The files on this machine, below `root`; `known`: the state of each here and there, when last equal."""

    def __init__(self, root: Path, folders: list[str], away: Away):
        self.root, self.folders, self.away = root, folders, away
        self.known: dict[str, tuple[Stamp, Stamp]] = {}
        with contextlib.suppress(FileNotFoundError, ValueError):
            self.known = json.loads((root / STATE).read_text())

    def every(self) -> Listing:
        """Each file; links, pipes and the like stay here."""
        found = Listing()
        for folder in self.folders:
            found.look(self.root / folder, folder)
        return found

    def push(self, late: bool = True) -> int:
        """Send what has changed; how many files. Without `late`, not what is sent at the end only."""
        now = self.every()
        changed = {path: stamp for path, stamp in now.files.items() if self._differs(path, stamp)}
        gone = [path for path in self.known if not now.may_have(path)]
        if not late:
            changed = {path: stamp for path, stamp in changed.items() if not path.startswith(LATE)}
            gone = [path for path in gone if not path.startswith(LATE)]
        refused = [unread(path, error) for path, error in now.unread.items()]
        try:
            for path, stamp in changed.items():
                self._send(path, stamp, refused)
            for path in gone:
                self.away.remove(path, self.known[path][1])
                del self.known[path]
        finally:
            if changed or gone:
                self.keep()
        if refused:
            raise refused[0]
        return len(changed) + len(gone)

    def _differs(self, path: str, stamp: Stamp) -> bool:
        known = self.known.get(path)
        return known is None or known[0] != stamp

    def _send(self, path: str, stamp: Stamp, refused: list[Failed]) -> None:
        """Send one; where it alone is refused, the others are sent all the same."""
        known = self.known.get(path)
        try:
            source = (self.root / path).open("rb")
        except FileNotFoundError:
            return
        except OSError as error:
            refused.append(unread(path, error))
            return
        with source:
            try:
                there = self.away.put(path, stamp, known and known[1], source)
            except Changed:
                refused.append(Failed(f"{path} changed while it was sent"))
            except Unread as error:
                refused.append(unread(path, error))
            except Failed as error:
                if not error.alone:
                    raise
                refused.append(Failed(f"{path}: {error}", alone=True))
            else:
                self.known[path] = (stamp, there)

    def pull(self) -> None:
        """Have all files as they are there; what is here and was never sent is sent first."""
        if self.known:
            self.push()
        there = self.away.index()
        for path, stamp in there.items():
            known = self.known.get(path)
            if known is None or known[1] != stamp:
                self._fetch(path, stamp)
        for path in [path for path in self.known if path not in there]:
            (self.root / path).unlink(missing_ok=True)
            del self.known[path]
        self.keep()

    def _fetch(self, path: str, stamp: Stamp) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        arriving = file.with_name(f"{ARRIVING}{os.getpid()}")
        with arriving.open("wb") as into:
            self.away.get(path, into)
        arriving.chmod(stamp[2])
        os.utime(arriving, ns=(stamp[1], stamp[1]))
        arriving.rename(file)
        self.known[path] = (stamp_of(file.stat()), stamp)

    def keep(self) -> None:
        """Write down what is known, for another start on this machine."""
        file = self.root / STATE
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(self.known))
        partial.rename(file)

    def empty(self) -> None:
        """Leave nothing on this machine."""
        for one in self.root.iterdir():
            if one.is_dir() and not one.is_symlink():
                shutil.rmtree(one, ignore_errors=True)
            else:
                one.unlink(missing_ok=True)


def unread(path: str, error: Exception) -> Failed:
    """What is said of a file or folder that may hold what was never sent: until it is, all stays."""
    reason = f"{path} cannot be read, so it is not sent: {error}. Make it readable, or remove it"
    return Failed(reason, alone=True)


class Run:
    """The server, with its files."""

    def __init__(self, here: Here, interval: float, grace: float):
        self.here, self.interval, self.grace = here, interval, grace
        self.process: subprocess.Popen[bytes] | None = None
        self.told: float | None = None

    def stop(self, *_: object) -> None:
        """Have the server end; its files are sent then."""
        self.told = time.monotonic()
        if self.process:
            self.process.terminate()

    def run(self, command: list[str]) -> int:
        """The server's exit status."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        if not self.attempt(self.here.pull, TIMEOUT):
            print("MLabs: the lab's files cannot be fetched, so it is not started.", file=sys.stderr)
            return 1
        if self.told is not None:
            return 0
        own = {name: value for name, value in os.environ.items() if not name.startswith("MLABS_FILES_")}
        self.process = subprocess.Popen(command, env=own)
        status = self.watch(self.process)
        if self.attempt(self.here.push, self.grace):
            self.here.empty()
        return status

    def watch(self, process: subprocess.Popen[bytes]) -> int:
        """Send what changes until the server has ended; return how it did."""
        pause = self.interval
        while True:
            try:
                return process.wait(1 if self.told else pause)
            except subprocess.TimeoutExpired:
                if self.told and time.monotonic() - self.told > self.grace / 4:
                    process.kill()
            began = time.monotonic()
            if not self.told:
                self.once(lambda: self.here.push(late=False))
            pause = max(self.interval, REST * (time.monotonic() - began))

    def attempt(self, work: Any, seconds: float) -> bool:
        """Do it, again and again for so long; whether it was done."""
        deadline = time.monotonic() + seconds
        while (done := self.once(work)) is False and time.monotonic() < deadline:
            time.sleep(1)
        return bool(done)

    def once(self, work: Any) -> bool | None:
        """Whether it was done; None where it never will be."""
        try:
            work()
        except Failed as error:
            print(f"MLabs: the lab's files: {error}", file=sys.stderr, flush=True)
            return None if error.final else False
        return True


def main(command: list[str]) -> int:
    """The exit status of the command."""
    variables = os.environ
    away = Away(variables["MLABS_FILES_URL"], variables["MLABS_FILES_TOKEN"])
    here = Here(Path.home(), json.loads(variables["MLABS_FILES_FOLDERS"]), away)
    interval, grace = (float(variables[f"MLABS_FILES_{name}"]) for name in ("INTERVAL", "GRACE"))
    return Run(here, interval, grace).run(command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
