"""Archives that become datasets: unpacked, or refused whole where they are hostile, damaged or bombs."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from support.answers import error, made
from support.datasets import left, paths, post
from support.waiting import until
from traitlets.config import Config


def zipped(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return packed.getvalue()


def taped(*members, mode="w:gz"):
    """A tar archive; a member is `(name, data)`, or a TarInfo."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                archive.addfile(info, io.BytesIO(member[1]))
    return packed.getvalue()


def member(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def test_archives_are_unpacked_unless_they_are_to_stay(site):
    packed = zipped([("a.csv", "1"), ("in/b.csv", "2"), ("__MACOSX/._a", "x"), (".DS_Store", "x")])
    made(post(site, [("all.zip", packed)], name="d"))
    assert paths(site) == ["a.csv", "in/b.csv"]
    made(post(site, [("all.zip", packed)], name="packed", unpack="false"))
    assert paths(site, "packed") == ["all.zip"]
    for mode, suffix in (("w", "tar"), ("w:gz", "tgz"), ("w:xz", "tar.xz"), ("w:bz2", "tar.bz2")):
        tape = taped(member("in", tarfile.DIRTYPE), ("./in/a.csv", b"3"), mode=mode)
        made(post(site, [(f"x/t.{suffix}", tape)], to="datasets/ada/d/versions"))
        assert paths(site) == ["x/in/a.csv"], mode
    made(post(site, [("one.zip", packed), ("two.zip", packed)], to="datasets/ada/d/versions"))
    assert paths(site) == ["one/a.csv", "one/in/b.csv", "two/a.csv", "two/in/b.csv"]
    until(lambda: not left(site))


def link(name):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


def locked():
    packed = bytearray(zipped([("a", "1")]))
    packed[6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


HOSTILE = {
    "zip-up": ("a.zip", zipped([("good", "1"), ("../a", "1")])),
    "zip-absolute": ("a.zip", zipped([("/etc/x", "1")])),
    "zip-backslash": ("a.zip", zipped([("a\\..\\b", "1")])),
    "zip-link": ("a.zip", zipped([(link("a"), "/etc/passwd")])),
    "zip-locked": ("a.zip", locked()),
    "tar-up": ("a.tgz", taped(("good", b"1"), ("../a", b"1"))),
    "tar-absolute": ("a.tgz", taped(("/etc/x", b"1"))),
    "tar-symlink": ("a.tgz", taped(member("a", tarfile.SYMTYPE, "/etc/passwd"), ("a/b", b"1"))),
    "tar-hard-link": ("a.tgz", taped(member("a", tarfile.LNKTYPE, "/etc/passwd"))),
    "tar-device": ("a.tgz", taped(member("a", tarfile.CHRTYPE))),
    "tar-pipe": ("a.tgz", taped(member("a", tarfile.FIFOTYPE))),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_archives_are_refused_whole(lasting_site, kind):
    error(post(lasting_site, [HOSTILE[kind]], name="hostile"), 400, "archive_unsafe")
    assert lasting_site.as_("ada").get("api/v1/datasets/ada/hostile").status_code == 404
    until(lambda: not left(lasting_site))


DAMAGED = {
    "no-zip": ("a.zip", b"PK\x03\x04 and no more"),
    "cut-zip": ("a.zip", zipped([("a", "1" * 1000)])[:-30]),
    "no-tar": ("a.tar.gz", b"\x1f\x8b\x08 and no more"),
    "cut-tar": ("a.tgz", taped(("a", bytes(range(256)) * 400))[:200]),
    "empty": ("a.zip", b""),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_damaged_archives_are_told_of(lasting_site, kind):
    refused = post(lasting_site, [DAMAGED[kind]])
    error(refused, 400, "archive_invalid")
    noun = "zip file" if kind in ("no-zip", "cut-zip") else "archive"
    assert refused.json()["error"]["message"] == f"This {noun} is damaged: pack it again."


def lying(declared, data):
    """A zip that says that its member is smaller than it is."""
    packed = bytearray(zipped([("a", data)]))
    for at in (22, packed.index(b"PK\x01\x02") + 24):
        packed[at : at + 4] = declared.to_bytes(4, "little")
    return bytes(packed)


def overlapping(count, data):
    """A zip whose list names the same packed bytes again and again."""
    packed = zipped([("a", data)])
    at, end = packed.index(b"PK\x01\x02"), packed.index(b"PK\x05\x06")
    tail = bytearray(packed[end:])
    tail[8:12] = count.to_bytes(2, "little") * 2
    tail[12:16] = ((end - at) * count).to_bytes(4, "little")
    return packed[:at] + packed[at:end] * count + bytes(tail)


def sparse(size):
    """A tar whose file is a hole of that size."""
    hole = member("a", tarfile.GNUTYPE_SPARSE)
    head = bytearray(hole.tobuf(tarfile.GNU_FORMAT))
    head[386:410] = b"%011o\0%011o\0" % (size, 0)
    head[483:495] = b"%011o\0" % size
    head[148:156] = b"%06o\0 " % (sum(head[:148]) + 256 + sum(head[156:512]))
    return bytes(head) + bytes(1024)


@pytest.mark.parametrize("kind", ["zip", "tar", "lying", "overlapping", "many", "folders", "sparse"])
def test_bombs_write_nothing_past_the_quota(start_site, kind):
    config = Config()
    config.Plans.plans = {"free": {"storage": "1M"}}
    config.Datasets.max_files = 50
    site = start_site(config)
    zeros = bytes(20 << 20)
    bomb = {
        "zip": lambda: ("a.zip", zipped([("a", zeros)])),
        "tar": lambda: ("a.tgz", taped(("a", zeros))),
        "lying": lambda: ("a.zip", lying(10, zeros)),
        "overlapping": lambda: ("a.zip", overlapping(40, bytes(100_000))),
        "sparse": lambda: ("a.tar", sparse(20 << 20)),
        "many": lambda: ("a.zip", zipped([(f"{n}", "") for n in range(51)])),
        "folders": lambda: ("a.tgz", taped(*(member(f"{n}", tarfile.DIRTYPE) for n in range(101)))),
    }[kind]()
    answer = post(site, [bomb], name="bomb")
    assert answer.status_code in (400, 413), answer.text
    assert site.as_("ada").get("api/v1/datasets/ada/bomb").status_code == 404
    assert (
        sum(file.stat().st_size for file in Path(site.service.blobs.directory).rglob("*") if file.is_file())
        == 0
    )
    until(lambda: not left(site))
