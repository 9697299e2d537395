"""Datasets over real HTTP: uploads of files, and what became of them."""

from __future__ import annotations

import os
from pathlib import Path


def post(site, files, who="ada", to="datasets", **fields):
    parts = [("file", (path, data)) for path, data in files]
    return site.as_(who).post(f"api/v1/{to}", files=parts, data=fields)


def paths(site, name="d", number="latest", who="ada"):
    answer = site.as_(who).get(f"api/v1/datasets/ada/{name}/versions/{number}")
    assert answer.status_code == 200, answer.text
    return [file["path"] for file in answer.json()["items"]]


def left(site):
    """Files that uploads left behind; folders may go while they are looked through."""
    walked = os.walk(site.service.staging.directory)
    return [Path(folder, name) for folder, _, names in walked for name in names]
