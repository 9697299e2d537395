"""How labs, servers and files are named, in every room alike."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote

from anyascii import anyascii

from mlabs_ext.errors import BadInput, Unusable

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?")
# JupyterHub's rule for named servers, less the two prefixes that `server_name` and batch runs claim.
PLAIN_SERVER = re.compile(r"(?!lab-|run-)[a-z](?:-?[a-z0-9]){0,29}")
# With a ULID in it, exactly as long as JupyterHub allows.
RUN_SERVER = re.compile(r"run-([0-9a-hjkmnp-tv-z]{26})")


def check_name(name: str, noun: str = "lab") -> str:
    """Return `name` if it may name a lab, dataset or model; raise Unusable otherwise."""
    if not NAME.fullmatch(name):
        raise Unusable(
            f"{name!r:.80} cannot name a {noun}: use 1 to 60 of a-z, 0-9 and '-', "
            "with a letter or digit at both ends.",
            "name_invalid",
        )
    return name


def name_from(title: str, fallback: str = "untitled") -> str:
    """Make a valid name from a title in any script: `"Héllo, Мир!"` gives `"hello-mir"`."""
    name = re.sub(r"[^a-z0-9]+", "-", anyascii(title).lower()).strip("-")[:60].strip("-")
    return name or fallback


def numbered(name: str, n: int) -> str:
    """The n-th candidate where `name` is taken: `numbered("mnist", 2)` gives `"mnist-2"`."""
    suffix = f"-{n}"
    return name if n < 2 else name[: 60 - len(suffix)].rstrip("-") + suffix


def split_lab(ref: str) -> tuple[str, str]:
    """Split `"ada/mnist"` (or `"@ada/mnist"`) into owner and name; raise BadInput otherwise."""
    owner, slash, name = ref.removeprefix("@").partition("/")
    if not (owner and slash and NAME.fullmatch(name)):
        raise BadInput(f"{ref!r:.100} is not a lab: write it as owner/name.", "lab_reference_invalid")
    return owner, name


def split_dataset(ref: str) -> tuple[str, str, int | None]:
    """Take `owner/name` or `owner/name@version` apart; BadInput for anything else."""
    whole, at, number = ref.removeprefix("@").partition("@")
    owner, slash, name = whole.partition("/")
    good = owner and slash and NAME.fullmatch(name) and "\0" not in owner
    if not good or (at and not (number.isascii() and number.isdigit() and 0 < int(number[:18]) < 2**31)):
        raise BadInput(
            f"{ref!r:.100} is no dataset: write it as owner/name, or owner/name@version.",
            "dataset_reference_invalid",
        )
    return owner, name, int(number) if at else None


def server_name(lab: str) -> str:
    """The named server of a lab: its name where JupyterHub allows it, else `lab-<start>-<hash>`.

    No two labs of one owner share a server name: hashed names have a prefix that plain ones may not have.
    """
    if PLAIN_SERVER.fullmatch(lab) and len(lab) <= 30:
        return lab
    start = re.sub(r"-+", "-", lab)[:14].strip("-")
    return f"lab-{start}-{hashlib.sha256(lab.encode()).hexdigest()[:10]}"


def run_server(run: str) -> str:
    """The named server that a batch run has to itself."""
    return f"run-{run.lower()}"


def run_of_server(server: str) -> str | None:
    """The batch run that a server of this name is for; None for the server of a lab."""
    found = RUN_SERVER.fullmatch(server)
    return found[1].upper() if found else None


def notebook_path(lab: str) -> str:
    """Where a lab's notebook lies below its owner's home, with forward slashes."""
    return f"{lab}/{lab}.ipynb"


def lab_url(base: str, owner: str, name: str) -> str:
    """The lab's page below `base`, which ends in a slash."""
    return f"{base}@{quote(owner, safe='')}/{name}"
