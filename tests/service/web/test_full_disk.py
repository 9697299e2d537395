"""A disk that is really full: what cannot be stored is refused with 507, and all that is there is read."""

from __future__ import annotations

import os
import subprocess

import httpx
import pytest
from service.conftest import services

SIZE = 12 << 20


@pytest.fixture
def small_disk(tmp_path):
    """A file system with room for little."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_what_was_acknowledged_is_read_and_the_rest_is_refused(migrated, small_disk, make_notebook):
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(3 << 20))
    with services(migrated, small_disk) as start:
        site = start()
        ada = site.client(Authorization="token ada-token", Connection="close")
        notebook = make_notebook(f"x = '{os.urandom(300_000).hex()}'")

        def publish(name: str) -> httpx.Response:
            sent = make_notebook(f"x = '{os.urandom(300_000).hex()}'")
            return ada.post("api/v1/labs", json={"name": name, "notebook": sent})

        kept = []
        while (answer := publish(f"lab-{len(kept)}")).status_code == 201:
            kept.append(answer.json()["name"])
        assert (answer.status_code, answer.json()["error"]["code"]) == (507, "full")
        assert len(kept) > 2
        for name in kept:
            assert ada.get(f"api/v1/labs/ada/{name}/versions/1/notebook").status_code == 200
        assert ada.get(f"api/v1/labs/ada/lab-{len(kept)}").status_code == 404
        assert {lab["name"] for lab in ada.get("api/v1/labs?owner=ada").json()["items"]} == set(kept)
        files = [("file", ("a.bin", bytes(SIZE)))]
        for answer in (
            ada.put(f"api/v1/labs/ada/{kept[0]}/assets/a.bin", content=bytes(SIZE)),
            ada.post("api/v1/datasets", files=files, data={"name": "d"}),
            ada.post(f"api/v1/labs/ada/{kept[0]}/versions", json={"notebook": notebook}),
        ):
            assert answer.status_code == 507, answer.text
        assert site.as_(None).get("healthz").status_code == 200
        # Of what was refused nothing has stayed, and with room it goes on by itself.
        ballast.unlink()
        assert publish(f"lab-{len(kept)}").status_code == 201
        assert list(site.service.blobs.unfinished.glob("*")) == []
