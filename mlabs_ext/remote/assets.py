"""`mlabs assets`: the files of a lab, listed or fetched."""

from __future__ import annotations

import argparse
from pathlib import Path, PurePosixPath
from urllib.parse import urljoin, urlsplit

import msgspec

from mlabs_ext.errors import Conflict, NotFound
from mlabs_ext.remote.files import coming
from mlabs_ext.remote.runs import path_of, whole
from mlabs_ext.remote.site import SERVICE, Site, kept
from mlabs_ext.wire import Asset, AssetPage


def list_assets(options: argparse.Namespace) -> int:
    """Print them, by path."""
    site = Site(kept())
    found = of_lab(site, options)
    if options.json:
        print(msgspec.json.encode(found).decode())
        return 0
    for asset in found:
        print(f"{asset.path} {asset.size} {urljoin(f'{site.login.url}/', asset.url)}")
    return 0


def get(options: argparse.Namespace) -> int:
    """Fetch one of them."""
    site = Site(kept())
    asset = next((one for one in of_lab(site, options) if one.path == options.path), None)
    if asset is None:
        message = f"{options.lab} has no file {options.path} in {options.of}: see mlabs assets {options.lab}"
        raise NotFound(message, "asset_not_found")
    file = Path(options.to or PurePosixPath(asset.path).name)
    if file.exists() and not options.force:
        raise Conflict(f"{file} is there already: --force replaces it.", "file_exists")
    with coming(file) as opened:
        site.download(urlsplit(asset.url).path.partition(f"{SERVICE}/")[2], opened)
    print(f"{file}: {asset.size} bytes")
    return 0


def of_lab(site: Site, options: argparse.Namespace) -> list[Asset]:
    """The files of a lab's latest version, or of what `--of` names."""
    where = f"labs/{path_of(whole(site, options.lab))}/assets"
    return site.get(where, AssetPage, of=options.of, metric=options.metric).items
