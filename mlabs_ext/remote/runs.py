"""`mlabs run` and `mlabs runs`: a notebook or a lab run in the background, and what ran before."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from urllib.parse import quote, urljoin

import msgspec
from msgspec import Struct

from mlabs_ext import names, notebook, parameters
from mlabs_ext.errors import BadInput, NotFound, Unavailable
from mlabs_ext.remote.site import Site, kept
from mlabs_ext.wire import BatchCreate, Lab, LabCreate, Me, Run

# Seconds between two looks at a run that is waited for.
LOOK = 1.5
# How often in a row the service may not answer meanwhile.
PATIENCE = 200


class Runs(Struct):
    """A page of runs."""

    items: list[Run]


def run(options: argparse.Namespace) -> int:
    """Have it run; with --wait, to its end."""
    site = Site(kept())
    found = start(site, options)
    if options.wait:
        if not options.json:
            print(f"{found.id} {page(site, found)}", flush=True)
        found = wait(site, found)
    show([found], options.json, site, one=True)
    return 1 if options.wait and found.status != "succeeded" else 0


def start(site: Site, options: argparse.Namespace) -> Run:
    """Queue the run."""
    fields = BatchCreate(
        parameters=given(options.param) or None,
        environment=options.environment,
        accelerator=options.accelerator,
        timeout=options.timeout,
    )
    if options.target.endswith(".ipynb"):
        lab, fields.notebook = of_file(site, Path(options.target), site.get("me", Me).name)
    else:
        lab = whole(site, options.target)
    return site.post(f"labs/{path_of(lab)}/runs", fields, Run)


def of_file(site: Site, file: Path, me: str) -> tuple[str, msgspec.Raw]:
    """The lab of a notebook file, made as a draft where there is none, and what runs."""
    try:
        nb = notebook.clean(notebook.parse(file.read_bytes()))
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}", "file_unreadable") from error
    named = notebook.runtime_of(nb).lab
    mine = named and names.split_lab(named)[0] == me
    lab = named if named and mine else f"{me}/{names.name_from(file.stem)}"
    try:
        site.get(f"labs/{path_of(lab)}", Lab)
    except NotFound:
        title = notebook.title_of(nb) or file.stem
        site.post("labs", LabCreate(name=names.split_lab(lab)[1], title=title), Lab)
    return lab, msgspec.Raw(notebook.dumps(nb))


def whole(site: Site, reference: str) -> str:
    """A lab as OWNER/NAME, also where its own person names it by NAME alone."""
    return reference if "/" in reference else f"{site.get('me', Me).name}/{reference}"


def path_of(lab: str) -> str:
    """A reference as it stands in an address."""
    owner, name = names.split_lab(lab)
    return f"{quote(owner, safe='')}/{name}"


def given(pairs: list[str]) -> dict[str, object]:
    """The parameters, as the command line has them."""
    found: dict[str, object] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise BadInput(f"Write a parameter as NAME=VALUE, not {pair!r:.80}.", "parameters_invalid")
        found[name.strip()] = parameters.read(value)
    return parameters.check(found)


def wait(site: Site, found: Run) -> Run:
    """The run at its end; a service that restarts meanwhile is waited for."""
    silent, said = 0, ""
    while found.ended is None:
        if found.status != said and sys.stderr.isatty():
            said = found.status
            print(f"{said}…", file=sys.stderr)
        time.sleep(LOOK)
        try:
            found, silent = site.get(f"runs/{found.id}", Run), 0
        except Unavailable:
            silent += 1
            if silent > PATIENCE:
                raise
    return found


def list_runs(options: argparse.Namespace) -> int:
    """Print runs, newest first."""
    site = Site(kept())
    path = "me/runs"
    if options.lab:
        path = f"labs/{path_of(whole(site, options.lab))}/runs"
    show(site.get(path, Runs, limit=options.limit).items, options.json, site)
    return 0


def show(runs: list[Run], as_json: bool, site: Site, one: bool = False) -> None:
    """Print runs for a program or a person."""
    if as_json:
        print(msgspec.json.encode(runs[0] if one else runs).decode())
        return
    for each in runs:
        took = "" if each.duration is None else f" {each.duration:.1f} s"
        error = f" {each.error.ename}: {each.error.evalue}" if each.error else ""
        reason = f" ({each.reason})" if each.reason else ""
        print(f"{each.id} {each.status}{reason} {each.lab}{took} {page(site, each)}{error}")


def page(site: Site, run: Run) -> str:
    """The run's page."""
    return urljoin(f"{site.login.url}/", run.url)
