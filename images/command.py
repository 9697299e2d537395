"""`mlabs images`: tells what there is, builds, and makes the base of it all."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from typing import Any

import msgspec

from mlabs_ext.catalogue import Catalogue
from mlabs_ext.environment import EnvironmentSpec
from mlabs_ext.errors import Unusable
from mlabs_ext.up.data import DataDir
from mlabs_ext.up.settings import Settings
from mlabs_images import build, engine, listing, system
from mlabs_images.progress import Progress


def data(options: argparse.Namespace) -> DataDir:
    """The data directory: packages, logs, and the administrator's settings are in it."""
    return DataDir(options.data) if options.data else DataDir.of(os.environ)


def catalogue(options: argparse.Namespace) -> Catalogue:
    """The environments, with the administrator's own."""
    return Settings(data(options).settings(os.environ)).catalogue([])


def chosen(options: argparse.Namespace) -> list[EnvironmentSpec]:
    """The environments to build; raise Unusable where one is unknown or has no such accelerator."""
    known = catalogue(options)
    if options.names:
        return [known.check(name, options.accelerator) for name in dict.fromkeys(options.names)]
    specs = [spec for spec in known.all() if options.accelerator in spec.accelerators]
    if not specs:
        raise Unusable(
            f"No environment has an accelerator {options.accelerator!r:.80}.", "accelerator_unknown"
        )
    return specs


def make(options: argparse.Namespace) -> int:
    """Build; what fails does not keep the others from being built."""
    try:
        specs = chosen(options)
    except Unusable as error:
        print(error.message, file=sys.stderr)
        return 2
    progress = Progress()
    builder = build.Builder(engine.connect(), data(options).path, progress.report)
    made: list[build.Built] = []
    failed = 0
    progress.begin("base")
    progress.end(outcome(builder.base(options.base)))
    for spec in specs:
        progress.begin(build.title(spec, options.accelerator))
        try:
            made.append(builder.build(spec, options.accelerator))
            progress.end(outcome(made[-1]))
        except build.BuildFailed as error:
            failed += 1
            progress.end(f"{error.message}\nTo try again: {again(spec, options)}")
    if options.json:
        print(json.dumps(msgspec.to_builtins(made), indent=2))
    return 1 if failed else 0


def again(spec: EnvironmentSpec, options: argparse.Namespace) -> str:
    """The command line that builds just that."""
    extra = "" if options.accelerator == "none" else f" --accelerator {options.accelerator}"
    return f"mlabs images build {spec.name}{extra}" + (f" --data {options.data}" if options.data else "")


def outcome(built: build.Built) -> str:
    """One line of what was built."""
    return f"{'built' if built.changed else 'unchanged'}: {built.name}, {size(built.size)}, {built.id[:19]}"


def make_base(options: argparse.Namespace) -> int:
    """Make the system image."""
    client = engine.connect()
    print(f"Making {system.OWN} from Debian's packages, which takes about half a minute", file=sys.stderr)
    image = system.make(client, mirror=options.mirror)
    fields = {"name": system.OWN, "id": image.id, "size": image.attrs["Size"]}
    print(
        json.dumps(fields, indent=2) if options.json else f"{system.OWN}: {size(fields['size'])}, {image.id}"
    )
    return 0


def show(options: argparse.Namespace) -> int:
    """Print what there is."""
    folder = data(options).path
    try:
        images, absent = listing.Listing(engine.connect(), folder), None
    except engine.NoEngine as error:
        images, absent = None, error.message
    rows = listing.everything(catalogue(options), folder, images)
    if options.json:
        print(json.dumps(rows, indent=2))
        return 0
    here = (os.environ.get("MLABS_SPAWNER") or "local") == "local"
    for row in rows:
        print("\n".join(lines(row, here)))
    if absent:
        print("Images are not shown: no Docker engine answers here.")
    return 0


def lines(row: dict[str, Any], here: bool) -> Iterator[str]:
    """What a person is told of one environment; `here` where labs may run on this machine itself."""
    frameworks = ", ".join(f"{name} {version}" for name, version in row["frameworks"].items())
    yield f"{row['name']:12} {row['title']}: {frameworks}{' (default)' * row['default']}"
    if row["reason"] and here:
        yield f"{'':12} not available on this machine itself: {row['reason']}"
    if row["virtualenv"]["installed"]:
        yield f"{'':12} installed on this machine, {size(row['virtualenv']['size'])}"
    for image in row["images"] or []:
        yield f"{'':12} {image_line(row['name'], image)}"


def image_line(name: str, image: dict[str, Any]) -> str:
    """What a person is told of one image."""
    accelerator = "" if image["accelerator"] == "none" else f" --accelerator {image['accelerator']}"
    if image["state"] == "absent":
        return f"no image: `mlabs images build {name}{accelerator}` builds it"
    state = f"outdated: {image['reason']}" if image["reason"] else "current"
    inside = ", ".join(f"{name} {version}" for name, version in image["versions"].items())
    return (
        f"{image['name']}, {size(image['size'])}, {image['id'][:19]}, {state}; inside: {inside or 'unknown'}"
    )


def size(number: int) -> str:
    """Bytes for people."""
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"
