"""Packs the MLabs that runs here, from a checkout or an installation alike, into a wheel for the images."""

from __future__ import annotations

import base64
import configparser
import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import mlabs_ext
import mlabs_images
import mlabs_spawner

PACKAGES = {"mlabs_ext": mlabs_ext, "mlabs_spawner": mlabs_spawner, "mlabs_images": mlabs_images}
# What Python leaves beside the files; pip does so beside data files too.
COMPILED = {".pyc", ".pyo"}
# A wheel of the same content is the same file, bit by bit: the images' label tells whether it changed.
EPOCH = (1980, 1, 1, 0, 0, 0)
WHEEL = "Wheel-Version: 1.0\nGenerator: mlabs\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def build(folder: Path) -> Path:
    """Write the wheel of this very MLabs into `folder`."""
    distribution = installed()
    stem = f"mlabs-{distribution.version}"
    info = f"{stem}.dist-info"
    files = dict(sorted([*code(), *data(distribution, f"{stem}.data/data")]))
    for name in ("METADATA", "entry_points.txt"):
        files[f"{info}/{name}"] = (distribution.read_text(name) or "").encode()
    files[f"{info}/WHEEL"] = WHEEL.encode()
    files[f"{info}/RECORD"] = record(files, f"{info}/RECORD")
    return packed(folder / f"{stem}-py3-none-any.whl", files)


def digest(wheel: Path) -> str:
    """What images are labelled with."""
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def installed() -> metadata.Distribution:
    """The installation of MLabs; what setuptools leaves in a checkout is none."""
    return next(found for found in metadata.distributions(name="mlabs") if found.read_text("RECORD"))


def code() -> Iterator[tuple[str, bytes]]:
    """Every file of the packages, by its name in a wheel."""
    for name, package in PACKAGES.items():
        root = Path(str(package.__file__)).parent
        for file in root.rglob("*"):
            if file.is_file() and file.suffix not in COMPILED:
                yield f"{name}/{file.relative_to(root).as_posix()}", file.read_bytes()


def data(distribution: metadata.Distribution, prefix: str) -> Iterator[tuple[str, bytes]]:
    """What goes to `etc` and `share`: an editable installation lacks it, its checkout has it."""
    if checkout := checkout_of(distribution):
        yield from ((f"{prefix}/{place}", file.read_bytes()) for place, file in named_in(checkout))
        return
    for entry in distribution.files or []:
        parts = [part for part in entry.parts if part != ".."]
        if entry.parts[0] == ".." and parts[0] in {"etc", "share"} and entry.suffix not in COMPILED:
            yield f"{prefix}/{'/'.join(parts)}", Path(str(entry.locate())).read_bytes()


def checkout_of(distribution: metadata.Distribution) -> Path | None:
    """The checkout behind an editable installation."""
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    if not origin.get("dir_info", {}).get("editable"):
        return None
    return Path(str(origin["url"]).removeprefix("file://"))


def named_in(checkout: Path) -> Iterator[tuple[str, Path]]:
    """The data files that `setup.cfg` names: where each goes, and where it is."""
    setup = configparser.ConfigParser()
    setup.read(checkout / "setup.cfg")
    for place, patterns in setup["options.data_files"].items():
        for pattern in patterns.split():
            yield from ((f"{place}/{file.name}", file) for file in checkout.glob(pattern) if file.is_file())


def record(files: dict[str, bytes], own: str) -> bytes:
    """The list of all files with their hashes."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.writerow([name, f"sha256={digest}", len(content)])
    lines.writerow([own, "", ""])
    return out.getvalue().encode()


def packed(wheel: Path, files: dict[str, bytes]) -> Path:
    """Write the archive."""
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return wheel
