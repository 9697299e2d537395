"""What a server mounts: the datasets of its lab that its person may see, as links, for as long as it runs."""

from __future__ import annotations

import logging
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from traitlets.config import Config
from ulid import ULID

from mlabs_ext.service import orm

FILES = {"in/big.bin": b"w" * 300_000, "a table.csv": b"a,b\n1,2\n"}


@pytest.fixture
def site(start_site):
    """ada's private dataset in two versions, and her lab x that uses the first of them."""
    config = Config()
    config.DataMounts.enabled = True
    site = start_site(config)
    make(site, "ada", "birds", FILES)
    more = site.as_("ada").post("api/v1/datasets/ada/birds/versions", files=[("file", ("new.csv", b"3"))])
    assert more.status_code == 201
    site.publish(name="x")
    attach(site, "ada", "x", "ada/birds", version=1)
    return site


def make(site, owner, name, files, **fields):
    parts = [("file", (path, data)) for path, data in files.items()]
    answer = site.as_(owner).post("api/v1/datasets", files=parts, data={"name": name, **fields})
    assert answer.status_code == 201, answer.text


def attach(site, owner, lab, dataset, **fields):
    answer = site.as_(owner).put(f"api/v1/labs/{owner}/{lab}/data/{dataset}", json=fields)
    assert answer.status_code == 200, answer.text


def ask(site, owner="ada", lab="x", id=None, **more):
    server = {"user": owner, "lab": f"{owner}/{lab}", "server": lab, "environment": "python"}
    answer = site.as_("spawner").post("api/v1/servers", json={"id": id or str(ULID()), **server, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def inside(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()}


def test_a_servers_folder_has_what_its_lab_uses_and_takes_no_room(site):
    grant = ask(site)
    folder = Path(grant["data"])
    assert folder.is_absolute()
    assert inside(folder) == {f"ada/birds/{path}": data for path, data in FILES.items()}
    for path in (folder, *folder.rglob("*")):
        status = path.stat()
        wanted = 0o755 if path.is_dir() else 0o444
        assert stat.S_IMODE(status.st_mode) == wanted, path
        assert path.is_dir() or status.st_nlink > 1, path
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    assert ask(site, id=grant["id"])["data"] == str(folder)
    attach(site, "ada", "x", "ada/birds")
    assert inside(ask(site, server="other")["data"]) == {"ada/birds/new.csv": b"3"}
    assert len(inside(folder)) == 2, "what a server has mounted stays as it is"


def test_what_its_person_may_not_see_is_not_in_it(site):
    make(site, "bob", "fish", {"f.csv": b"1"}, visibility="unlisted")
    attach(site, "ada", "x", "bob/fish")
    assert {path.split("/")[0] for path in inside(ask(site)["data"])} == {"ada", "bob"}
    assert site.as_("bob").patch("api/v1/datasets/bob/fish", json={"visibility": "private"}).is_success
    assert {path.split("/")[0] for path in inside(ask(site, server="two")["data"])} == {"ada"}
    folder = ask(site, server="of-an-administrator", admin=True)["data"]
    assert {path.split("/")[0] for path in inside(folder)} == {"ada"}
    shared = site.as_("bob").put("api/v1/datasets/bob/fish/shares/team", json={"kind": "group"})
    assert shared.is_success, shared.text
    assert len(inside(ask(site, server="three", groups=["team"])["data"])) == 3


def test_without_datasets_there_is_nothing_to_mount(site):
    site.publish("bob", name="y")
    assert ask(site, "bob", "y")["data"] is None
    assert ask(site, "bob", "no-such-lab")["data"] is None
    site.service.data_mounts.max_files = 1
    assert ask(site)["data"] is None


def test_what_cannot_be_linked_is_fetched(site, caplog, monkeypatch):
    def fail(source, target):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", fail)
    with caplog.at_level(logging.WARNING):
        assert ask(site)["data"] is None
    assert "cross-device" in caplog.text
    assert list(Path(site.service.data_mounts.directory).iterdir()) == []


def test_the_folder_goes_when_the_server_has_ended(site):
    ids = [ask(site, server=name)["id"] for name in ("ended", "lost", "runs")]
    mounts = site.service.data_mounts
    there = lambda: {path.name for path in Path(mounts.directory).iterdir()}  # noqa: E731
    (Path(mounts.directory) / ".killed").mkdir()
    now = datetime.now(UTC)
    for id, told in zip(ids, ({"ended": now.isoformat()}, {}, {}), strict=True):
        assert site.as_("spawner").patch(f"api/v1/servers/{id}", json={"started": now.isoformat()}).is_success
        assert site.as_("spawner").patch(f"api/v1/servers/{id}", json=told).is_success
    mounts.sweep(now + timedelta(minutes=50))
    assert there() == {*ids, ".killed"}
    mounts.sweep(now + timedelta(minutes=70))
    assert there() == set(ids[1:])
    with site.service.store.write() as session:
        session.get(orm.Server, ids[1]).ended = now
    mounts.sweep(now + timedelta(hours=23))
    assert there() == set(ids[1:]), "what only seems to be gone may be found again"
    mounts.sweep(now + timedelta(hours=25))
    assert there() == {ids[2]}
    assert site.as_("ada").get("data/ada/birds/1/a table.csv").content == FILES["a table.csv"]


def test_by_itself_nothing_is_mounted(start_site):
    site = start_site()
    make(site, "ada", "birds", FILES)
    site.publish(name="x")
    attach(site, "ada", "x", "ada/birds")
    assert ask(site)["data"] is None
