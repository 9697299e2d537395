"""`mlabs publish`, `fork` and `pull`: a notebook file becomes a lab, a lab one's own, a lab a file."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import msgspec
from nbformat import NotebookNode

from mlabs_ext import guard, names, notebook
from mlabs_ext.errors import BadInput, Conflict, NotFound, Unusable
from mlabs_ext.guard.personal import is_anybodys
from mlabs_ext.remote.files import replaced
from mlabs_ext.remote.runs import path_of, whole
from mlabs_ext.remote.site import Site, kept
from mlabs_ext.wire import ForkCreate, Lab, LabCreate, Me, Version, VersionCreate

STOPPED = "Nothing was published: take out what looks like a secret, or add --anyway if it is none."
UNSURE = "Nothing was published."


def publish(options: argparse.Namespace) -> int:
    """Look the file through, publish it, and have it remember its lab."""
    site, file = Site(kept()), Path(options.file)
    me, nb = site.get("me", Me).name, read(file)
    need(site, me, file, nb, options.anyway)
    before = of_notebook(site, me, nb, options)
    lab = new_lab(site, nb, file, options) if before is None else new_version(site, nb, before, options)
    remember(file, lab)
    same = before is not None and lab.version == before.version
    show(site, lab, options.json, "the same as before, " if same else "")
    return 0


def read(file: Path) -> NotebookNode:
    """The notebook in a file, without what is never published."""
    try:
        return notebook.clean(notebook.parse(file.read_bytes()))
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}", "file_unreadable") from error


def need(site: Site, me: str, file: Path, nb: NotebookNode, anyway: bool) -> None:
    """Raise Unusable where it holds a secret, or where its person thinks better of what it tells of them."""
    home = Path.home()
    known = guard.Known(
        names=(me,),
        homes=() if is_anybodys(home.name) else (str(home),),
        folder=str(file.absolute().parent),
        secrets=(site.login.token,),
    )
    findings = guard.check(nb, known).findings
    tell(findings)
    if anyway or not findings:
        return
    if guard.stopping(findings):
        raise Unusable(STOPPED, "guard_stopped")
    if sys.stdin.isatty() and input("Publish all the same? [y/N] ").strip().lower() not in ("y", "yes"):
        raise Unusable(UNSURE, "guard_stopped")


def tell(findings: Iterable[guard.Finding]) -> None:
    """What was found, a line each; never the secret itself."""
    for found in findings:
        fix = f" {found.fix.label}." if found.fix else ""
        print(f"{found.place}, line {found.line}: {found.title}: {found.excerpt}.{fix}", file=sys.stderr)


def of_notebook(site: Site, me: str, nb: NotebookNode, options: argparse.Namespace) -> Lab | None:
    """The lab that gets a version: the notebook's own, or a fork of somebody else's; None for a new one."""
    named = notebook.runtime_of(nb).lab
    if named is None or options.name not in (None, names.split_lab(named)[1]):
        return None
    try:
        lab = site.get(f"labs/{path_of(named)}", Lab)
    except NotFound:
        return None
    if lab.owner == me or lab.access == "edit":
        return lab
    return site.post(f"labs/{path_of(named)}/fork", ForkCreate(name=options.name), Lab)


def new_lab(site: Site, nb: NotebookNode, file: Path, options: argparse.Namespace) -> Lab:
    """A lab of the notebook's; private where it names one that is not there, unless that is said."""
    title = options.title or notebook.title_of(nb) or file.stem[:200]
    fields = said(options, nb)
    if notebook.runtime_of(nb).lab and options.name is None and fields["visibility"] is None:
        fields["visibility"] = "private"
    notebook.forget_lab(nb)
    create = LabCreate(notebook=msgspec.Raw(notebook.dumps(nb)), name=options.name, title=title, **fields)
    return site.post("labs", create, Lab)


def new_version(site: Site, nb: NotebookNode, lab: Lab, options: argparse.Namespace) -> Lab:
    """The lab, with the notebook as its next version."""
    where = f"labs/{path_of(f'{lab.owner}/{lab.name}')}"
    fields = said(options, nb)
    notebook.set_runtime(nb, lab=f"{lab.owner}/{lab.name}")
    data = notebook.dumps(nb)
    if lab.version:
        latest = site.bytes_of(f"api/v1/{where}/versions/latest/notebook")
        # A first version does not name its lab, which had no name yet: that alone makes no second one.
        data = latest if nameless(latest) == nameless(data) else data
    create = VersionCreate(notebook=msgspec.Raw(data), title=options.title, **fields)
    site.post(f"{where}/versions", create, Version)
    return site.get(where, Lab)


def nameless(data: bytes) -> bytes:
    """A notebook that names no lab and no runtime."""
    nb = notebook.parse(data)
    nb.metadata.pop("mlabs", None)
    return notebook.dumps(nb)


def said(options: argparse.Namespace, nb: NotebookNode) -> dict[str, Any]:
    """What the command line says of the lab; what it leaves out stays as it is."""
    runtime = notebook.runtime_of(nb)
    return {
        "description": options.description,
        "tags": options.tag or None,
        "visibility": options.visibility,
        "license": options.license,
        "message": options.message,
        "environment": options.environment or runtime.environment,
        "accelerator": options.accelerator or runtime.accelerator,
    }


def remember(file: Path, lab: Lab) -> None:
    """Have the file name the lab, where it does not already."""
    before = file.read_bytes()
    if (named := naming(before, lab)) != before:
        replaced(file, named)


def naming(data: bytes, lab: Lab) -> bytes:
    """The same notebook, with metadata that name the lab and where it runs; as it is where they do."""
    raw = json.loads(data)
    own = {"environment": lab.environment, "accelerator": lab.accelerator, "lab": f"{lab.owner}/{lab.name}"}
    metadata = raw.setdefault("metadata", {})
    before = metadata.get("mlabs")
    metadata["mlabs"] = {**before, **own} if isinstance(before, dict) else own
    if metadata["mlabs"] == before:
        return data
    text = json.dumps(raw, indent=1, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "surrogatepass")


def fork(options: argparse.Namespace) -> int:
    """A lab of one's own that begins with another's."""
    site = Site(kept())
    lab = site.post(f"labs/{path_of(options.lab)}/fork", ForkCreate(name=options.name), Lab)
    show(site, lab, options.json)
    return 0


def pull(options: argparse.Namespace) -> int:
    """A lab's notebook, as a file here."""
    site = Site(kept())
    wanted, _, version = options.lab.partition("@")
    if version and not version.isdecimal():
        raise BadInput(f"Write a version as a number: {wanted}@3.", "version_invalid")
    where = f"labs/{path_of(whole(site, wanted))}"
    lab = site.get(where, Lab)
    file = Path(options.file or f"{lab.name}.ipynb")
    data = naming(site.bytes_of(f"api/v1/{where}/versions/{version or 'latest'}/notebook"), lab)
    if file.exists() and file.read_bytes() == data:
        print(f"{file} is up to date.")
        return 0
    keep_old(file, options.force)
    replaced(file, data)
    print(f"{file}: {lab.owner}/{lab.name}, version {version or lab.version}")
    return 0


def keep_old(file: Path, force: bool) -> None:
    """What is in the place of a file that comes is kept beside it; Conflict where nobody said so."""
    if not file.exists():
        return
    if not force:
        raise Conflict(f"{file} is there, and differs: --force keeps it as {file}~.", "file_exists")
    file.replace(f"{file}~")


def show(site: Site, lab: Lab, as_json: bool, words: str = "") -> None:
    """Print a lab for a program or a person."""
    if as_json:
        print(msgspec.json.encode(lab).decode())
        return
    url = urljoin(f"{site.login.url}/", lab.url)
    print(f"{lab.owner}/{lab.name}@{lab.version}: {words}{lab.visibility}, {url}")
