"""Archives: notebooks are found in them, and hostile ones are refused before anything is unpacked."""

from __future__ import annotations

import io
import stat
import struct
import zipfile

import pytest

from mlabs_ext.errors import BadInput, TooLarge
from mlabs_ext.service import import_archive
from mlabs_ext.service.import_archive import Archive


def packed(*members, **named):
    """A zip archive; a member is a name, or a name and what to change of its entry."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            name, changes = member if isinstance(member, tuple) else (member, {})
            entry = zipfile.ZipInfo(name)
            for field, value in changes.items():
                setattr(entry, field, value)
            # An entry keeps the name that was given, whatever it is.
            entry.filename = name
            archive.writestr(entry, named.get("data", b"{}"))
    return file.getvalue()


def test_notebooks_and_files():
    data = packed(
        *("a/b.ipynb", "z.ipynb", "train.py", "data/x.csv", "README.md", "empty/"),
        *("__MACOSX/a/._b.ipynb", ".ipynb_checkpoints/z.ipynb", "a/.DS_Store", "a/__pycache__/x.pyc"),
    )
    archive = Archive(data)
    assert archive.notebooks == ["a/b.ipynb", "z.ipynb"]
    assert archive.files == {"README.md": 2, "data/x.csv": 2, "train.py": 2}
    assert archive.read("a/b.ipynb", 2) == b"{}"


def test_scripts_count_where_there_is_no_notebook():
    archive = Archive(packed("README.md", "setup.py", "train.py", "notes.Rmd", "x.csv"))
    assert archive.notebooks == ["notes.Rmd", "train.py"]


UNSAFE = {
    "upward": "../x.ipynb",
    "upward within": "a/../../x.ipynb",
    "upward at the end": "a/..",
    "absolute": "/etc/x.ipynb",
    "a drive": "C:/x.ipynb",
    "backslashes": "..\\x.ipynb",
    "a control character": "a\x1b.ipynb",
    "a line": "a\n.ipynb",
    "too long": "a" * 501,
    "a link": ("x.ipynb", {"external_attr": (stat.S_IFLNK | 0o777) << 16}),
    "a device": ("x.ipynb", {"external_attr": (stat.S_IFBLK | 0o600) << 16}),
    "a pipe": ("x.ipynb", {"external_attr": (stat.S_IFIFO | 0o600) << 16}),
}


@pytest.mark.parametrize("member", UNSAFE.values(), ids=UNSAFE)
def test_unsafe_members_make_the_whole_archive_unwanted(member):
    with pytest.raises(BadInput) as refused:
        Archive(packed("good.ipynb", member))
    assert refused.value.code == "archive_unsafe"
    assert "good" not in refused.value.message


def test_a_nul_in_a_name():
    data = packed("xxxx.ipynb").replace(b"xxxx.ipynb", b"x\0xx.ipynb")
    with pytest.raises(BadInput) as refused:
        Archive(data)
    assert refused.value.code in ("archive_unsafe", "archive_invalid")


def test_members_that_need_a_password():
    data = bytearray(packed("x.ipynb"))
    central = data.rindex(b"PK\x01\x02")
    data[central + 8] |= 1
    with pytest.raises(BadInput, match="password"):
        Archive(bytes(data))


def declared(data, size):
    """The archive with another size of its last member in its directory."""
    changed = bytearray(data)
    central = changed.rindex(b"PK\x01\x02")
    struct.pack_into("<L", changed, central + 24, size)
    return bytes(changed)


def test_bombs():
    with pytest.raises(TooLarge, match="unpack to more"):
        Archive(declared(packed("x.ipynb"), import_archive.MAX_TOTAL + 1))
    with pytest.raises(TooLarge, match="members"):
        Archive(packed(*(f"{n}.txt" for n in range(import_archive.MAX_MEMBERS + 1)), data=b""))


def test_a_notebook_is_not_unpacked_over_the_limit():
    data = packed("x.ipynb", data=b"0" * 5_000_000)
    with pytest.raises(TooLarge, match="larger than"):
        Archive(data).read("x.ipynb", 1_000_000)
    # What is said to be small, and is not, ends with its checksum.
    with pytest.raises(BadInput, match="cannot be unpacked"):
        Archive(declared(data, 1000)).read("x.ipynb", 1_000_000)


@pytest.mark.parametrize(
    "data",
    [b"PK\x03\x04", b"PK\x03\x04" + b"x" * 1000, packed("x.ipynb")[:-10], packed("x.ipynb")[20:]],
    ids=["nothing", "noise", "cut", "without its start"],
)
def test_what_is_no_archive(data):
    with pytest.raises(BadInput) as refused:
        Archive(data).read("x.ipynb", 100)
    assert refused.value.code == "archive_invalid"


def test_damaged_members():
    data = bytearray(packed("x.ipynb", data=bytes(range(256)) * 100))
    data[60:80] = b"\xff" * 20
    with pytest.raises(BadInput, match="cannot be unpacked"):
        Archive(bytes(data)).read("x.ipynb", 1_000_000)


def test_what_is_not_in_it():
    with pytest.raises(BadInput) as refused:
        Archive(packed("x.ipynb")).read("../x.ipynb", 100)
    assert refused.value.code == "import_choice"
