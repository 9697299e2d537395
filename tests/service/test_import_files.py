"""Files come along that lie beside a notebook, all of them or none."""

from __future__ import annotations

import pytest

from mlabs_ext.service import import_files
from mlabs_ext.service.import_files import beside

FILES = {
    "a/x.csv": 1,
    "a/b/y.csv": 1,
    "a/outputs/m.bin": 1,
    "a/checkpoint/m.bin": 1,
    "a/outputs.csv": 1,
    "z.csv": 1,
    f"a/{'n' * 201}": 1,
}


@pytest.mark.parametrize(
    ("notebook", "taken"),
    [
        ("a/n.ipynb", {"x.csv": "a/x.csv", "b/y.csv": "a/b/y.csv", "outputs.csv": "a/outputs.csv"}),
        ("a/b/n.ipynb", {"y.csv": "a/b/y.csv"}),
        ("c/n.ipynb", {}),
    ],
)
def test_what_lies_where_the_notebook_does_comes_along(notebook, taken):
    assert beside(notebook, FILES) == taken


def test_at_the_top_all_comes_along_under_its_own_path():
    assert beside("n.ipynb", {"a/x.csv": 1, "z.csv": 1}) == {"a/x.csv": "a/x.csv", "z.csv": "z.csv"}


@pytest.mark.parametrize(
    "files",
    [
        {f"{n}.csv": 1 for n in range(import_files.MAX_FILES + 1)},
        {"x.csv": import_files.MAX_TOTAL, "y.csv": 1},
    ],
    ids=["many", "much"],
)
def test_too_much_stays_behind_as_a_whole(files):
    assert beside("n.ipynb", files) == {}
    del files[next(iter(files))]
    assert beside("n.ipynb", files).keys() == files.keys()
