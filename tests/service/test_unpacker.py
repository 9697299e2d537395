"""Notebooks are found in files by a process of their own, which may die of it."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from mlabs_ext.errors import BadInput, TooLarge, Unusable
from mlabs_ext.service.unpacker import Unpacker
from mlabs_ext.service.unpacking import Task, is_simple, unpacked

MANY = 1 << 20


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def task(name, data, choice="", limit=MANY):
    return Task(name, data, choice, limit)


@pytest.mark.parametrize(
    ("name", "data", "simple"),
    [
        ("x.ipynb", b"{}", True),
        ("x", b"{}", True),
        ("x.py", b'{"nbformat": 4}', True),
        ("x.py", b"1", False),
        ("x.ipynb", zipped(a=b""), False),
        ("x.zip", b"{}", True),
    ],
)
def test_what_needs_no_process(name, data, simple):
    assert is_simple(task(name, data)) is simple


def test_one_notebook_is_taken_and_of_several_one_is_chosen():
    one = unpacked(task("all.zip", zipped(**{"a/x.ipynb": b"{}", "a/d.csv": b"1"})))
    assert (one.name, one.path, one.notebook, one.files) == ("x.ipynb", "a/x.ipynb", b"{}", {"a/d.csv": 1})
    two = zipped(**{"x.ipynb": b"{}", "y.ipynb": b"[]"})
    assert unpacked(task("all.zip", two)).notebook == b""
    assert unpacked(task("all.zip", two)).notebooks == ["x.ipynb", "y.ipynb"]
    assert unpacked(task("all.zip", two, "y.ipynb")).notebook == b"[]"
    for choice in ("z.ipynb", "../x.ipynb"):
        with pytest.raises(BadInput):
            unpacked(task("all.zip", two, choice))
    with pytest.raises(BadInput, match="no notebook in this archive"):
        unpacked(task("all.zip", zipped(**{"x.csv": b"1"})))
    with pytest.raises(TooLarge):
        unpacked(task("all.zip", zipped(**{"x.ipynb": b" " * 1000}), limit=999))


async def test_a_script_in_an_archive_by_a_process():
    found = await Unpacker().unpack(
        task("all.zip", zipped(**{"train.py": b"# %%\n1\n# %%\n2\n", "d.csv": b"1"}))
    )
    assert (found.name, found.files) == ("train.py", {"d.csv": 1})
    assert [cell["source"] for cell in json.loads(found.notebook)["cells"]] == ["1", "2"]
    assert "# %%" in found.made_of


async def test_what_is_wrong_comes_back_as_it_was_said():
    unpacker = Unpacker()
    with pytest.raises(BadInput) as refused:
        await unpacker.unpack(task("x.zip", zipped(**{"../x.ipynb": b"{}"})))
    assert refused.value.code == "archive_unsafe"
    with pytest.raises(TooLarge):
        await unpacker.unpack(task("x.zip", zipped(**{"x.ipynb": b" " * 1000}), limit=999))


async def test_who_takes_too_long_is_ended():
    with pytest.raises(Unusable, match="too long") as refused:
        await Unpacker(timeout=0.01).unpack(task("x.py", b"1"))
    assert refused.value.code == "import_failed"


async def test_a_text_that_grows_beyond_measure_is_given_up():
    lines = ["# ---", "# jupyter:", "#   a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"#   a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises((Unusable, BadInput, TooLarge)):
        await Unpacker(timeout=3).unpack(task("x.py", "\n".join([*lines, "# ---", "1"]).encode()))
