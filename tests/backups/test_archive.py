"""What is written is what any tar reads, and of what others write no more is read than that."""

from __future__ import annotations

import io
import tarfile

import pytest

from mlabs_ext.backups.archive import LARGEST, MOST, Entry, Reader, Writer
from mlabs_ext.errors import Unusable

NAMES = ["short", "a/" * 60 + "deep", "long" * 60, "é/漢", "undecodable\udcff", "folder/"]


def written(*entries: tuple[Entry, bytes]) -> bytes:
    file = io.BytesIO()
    writer = Writer(file)
    for entry, data in entries:
        writer.add(entry, [data])
    writer.end()
    assert writer.size == len(file.getvalue())
    return file.getvalue()


def read(data: bytes) -> list[tuple[Entry, bytes]]:
    reader = Reader(io.BytesIO(data))
    return [(entry, b"".join(reader.content())) for entry in reader]


@pytest.mark.parametrize("name", NAMES)
def test_any_tar_reads_what_is_written(name):
    data = written((Entry(name, size=3, mode=0o640, time=10**9, user=1000, group=2**31), b"abc"))
    with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape") as archive:
        (member,) = archive
        assert (member.name.rstrip("/"), member.mode, member.mtime) == (name.rstrip("/"), 0o640, 10**9)
        assert archive.extractfile(member).read() == b"abc"
    ((entry, content),) = read(data)
    assert (entry.name, entry.user, entry.group, content) == (name.rstrip("/"), 1000, 2**31, b"abc")


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 2**20, 2**20 + 1])
def test_contents_of_any_length(size):
    data = bytes(range(256)) * (size // 256 + 1)
    made = written((Entry("a", size=size), data[:size]), (Entry("b", size=1), b"b"))
    assert [content for _, content in read(made)] == [data[:size], b"b"]


def test_what_is_not_read_is_read_past():
    reader = Reader(io.BytesIO(written((Entry("a", size=2000), bytes(2000)), (Entry("b", size=1), b"b"))))
    assert [entry.name for entry in reader] == ["a", "b"]


@pytest.mark.parametrize(("came", "kept"), [(b"abcdef", b"abc"), (b"a", b"a\0\0")], ids=["grown", "shrunk"])
def test_a_file_that_changes_meanwhile_spoils_nothing(came, kept):
    data = written((Entry("a", size=3), came), (Entry("b", size=1), b"b"))
    assert [content for _, content in read(data)] == [kept, b"b"]


def test_an_archive_that_ends_anywhere_is_cut_off():
    data = written((Entry("é" * 100, size=700), bytes(700)), (Entry("b", size=1), b"b"))
    # One block of zeros says that nothing follows.
    for size in range(0, len(data) - 1023, 97):
        with pytest.raises(Unusable, match="ends too early"):
            read(data[:size])


def header(**fields) -> bytes:
    info = tarfile.TarInfo("x")
    for name, value in fields.items():
        setattr(info, name, value)
    return info.tobuf(tarfile.GNU_FORMAT)


def extended(text: bytes, size: int | None = None) -> bytes:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, len(text) if size is None else size
    return info.tobuf(tarfile.USTAR_FORMAT) + text + bytes(-len(text) % 512)


HOSTILE = {
    "hard-link": header(type=tarfile.LNKTYPE, linkname="/etc/passwd"),
    "device": header(type=tarfile.CHRTYPE, devmajor=1),
    "block-device": header(type=tarfile.BLKTYPE),
    "pipe": header(type=tarfile.FIFOTYPE),
    "sparse": header(type=tarfile.GNUTYPE_SPARSE),
    "long-name": header(type=tarfile.GNUTYPE_LONGNAME, size=2**40),
    "global-header": header(type=tarfile.XGLTYPE, size=2**40),
    "negative-size": header(size=-1),
    "endless-size": header(size=LARGEST + 1),
    "folder-with-bytes": header(type=tarfile.DIRTYPE, size=512),
    "header-without-end": extended(b"", MOST + 1),
    "two-headers": extended(b"12 path=abc\n") + extended(b"12 path=abc\n"),
    "no-record": extended(b"nonsense"),
    "record-too-long": extended(b"99 path=abc\n"),
    "record-too-short": extended(b"3 path=abc\n"),
    "size-no-number": extended(b"12 size=abc\n") + header(),
    "checksum": header()[:-512] + b"y" + header()[1:512],
    "noise": bytes(range(256)) * 2,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_what_backups_do_not_have_is_refused(data):
    with pytest.raises(Unusable):
        read(data + bytes(1024))
