"""`mlabs copy`: saves a lab where its person wants it."""

from __future__ import annotations

import argparse
import getpass
import json
import re
import sys
from typing import Any

from mlabs_ext.errors import Forbidden, Full, MLabsError
from mlabs_ext.remote.site import Site, kept
from mlabs_ext.saving import files
from mlabs_ext.saving.copied import Original
from mlabs_ext.saving.git import Repository
from mlabs_ext.wire import Me

GIT = re.compile(r"git\+.+|.+\.git/?")
NO_SPACE = 28


def run(options: argparse.Namespace) -> int:
    """Save it, and say what was done."""
    site = Site(kept())
    ref = options.lab if "/" in options.lab else f"{site.get('me', Me).name}/{options.lab}"
    original = Original(site, ref)
    try:
        done = save(original, options.destination)
    except OSError as error:
        kind = Full if error.errno == NO_SPACE else MLabsError
        reason = f"{options.destination} cannot be written: {error.strerror or error}"
        raise kind(reason, "destination_failed") from error
    print(json.dumps(done, indent=2) if options.json else told(done, original.name, options.destination))
    return 0


def save(original: Original, destination: str) -> dict[str, Any]:
    """Save it there."""
    if GIT.fullmatch(destination):
        return Repository(destination.removeprefix("git+")).save(original)
    if destination.startswith(("webdav+https://", "webdav+http://")):
        return files.save(files.webdav(destination, asked), original)
    if "://" in destination:
        return files.save(files.store(destination), original)
    return files.save(files.Folder(destination), original)


def asked(prompt: str) -> str:
    """A password from the terminal."""
    if not sys.stdin.isatty():
        raise Forbidden(f"Set ${files.PASSWORD}, or run this at a terminal.", "password_missing")
    return getpass.getpass(prompt)


def told(done: dict[str, Any], name: str, destination: str) -> str:
    """What was done, for a person."""
    if "commits" not in done:
        return f"{name}, version {done['version']}, is in {destination}: {done['written']} files written."
    left_out = f" Too large for a repository: {', '.join(done['left_out'])}." if done["left_out"] else ""
    return f"{name}, version {done['version']}, is in {destination}: {done['commits']} new commits.{left_out}"
