"""What is proposed for a finding, and what would then stand in its place."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

from mlabs_ext.guard.findings import Fix, Known
from mlabs_ext.guard.kinds import KINDS
from mlabs_ext.guard.literals import line_around, literal_at
from mlabs_ext.guard.matches import TOO_MUCH, Match

# How other languages than Python read a variable of the environment.
ENVIRON = {
    "python": 'os.environ["{}"]',
    "r": 'Sys.getenv("{}")',
    "julia": 'ENV["{}"]',
    "javascript": "process.env.{}",
    "typescript": "process.env.{}",
}
VARIABLE = re.compile(r"[A-Za-z_]\w{2,39}")


def proposal(match: Match, nb: dict[str, Any], known: Known) -> Fix | None:
    """What can be done, in one step; None where only the person can."""
    text, kind = match.text, KINDS[match.kind]
    if match.kind == TOO_MUCH:
        return _drop() if text.where == "output" else None
    if text.where == "metadata":
        return Fix("remove", "Remove this entry")
    if not text.whole or (text.where == "output" and kind.severity == "secret"):
        return _drop() if text.where == "output" else None
    if match.kind == "path":
        return _shorter(match, known)
    if text.where == "source" and text.code and kind.variable:
        return _from_outside(match, language_of(nb), kind.variable)
    return Fix("replace", f"Replace by {kind.instead}", kind.instead)


def _drop() -> Fix:
    return Fix("drop_output", "Remove this output")


def _from_outside(match: Match, language: str, usual: str) -> Fix:
    name = variable(match, usual)
    if _is_shell(match):
        return Fix("replace", f"Replace by ${name}", f"${name}")
    if language not in ENVIRON or literal_at(match) is None:
        return Fix("replace", "Replace by [removed]", "[removed]")
    if language == "python" and match.kind == "password":
        asked = f'getpass.getpass("{name}: ")'
        return Fix("getpass", f"Ask for it when it runs: {asked}", asked)
    read = ENVIRON[language].format(name)
    return Fix("environ", f"Read it from the environment: {read}", read)


def variable(match: Match, usual: str) -> str:
    """What a variable of the environment for this secret is called."""
    own = match.name.rpartition(".")[2].replace("-", "_").strip("_")
    telling = match.kind in ("password", "key", "token") and VARIABLE.fullmatch(own)
    return own.upper() if telling else usual


def _is_shell(match: Match) -> bool:
    content = match.text.text
    start, end = line_around(content, match.start, match.end)
    return content.startswith(("%%bash", "%%sh", "%%script")) or content[start:end].lstrip().startswith("!")


def _shorter(match: Match, known: Known) -> Fix:
    """A path relative to the notebook's folder in a source, and with `~` for the home elsewhere."""
    content = match.value
    if match.text.where != "source":
        return Fix("replace", "Write ~ for the home directory", "~")
    path = content.replace("\\\\", "/").replace("\\", "/")
    folder = known.folder.rstrip("/")
    if folder and path.startswith(f"{folder}/"):
        short = path[len(folder) + 1 :]
    else:
        parts = PurePosixPath(path[len(match.name) :].replace("//", "/")).parts
        short = "/".join([part for part in parts if part != "/"][-2:])
    return Fix("relative", f"Make it relative: {short or '.'}", short or ".")


def language_of(nb: dict[str, Any]) -> str:
    """The language of the code, in small letters."""
    metadata = nb["metadata"]
    for holder, key in (("kernelspec", "language"), ("language_info", "name")):
        found = metadata.get(holder)
        if isinstance(found, dict) and isinstance(found.get(key), str) and found[key]:
            return found[key].lower()
    return "python"
