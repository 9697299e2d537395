"""What stands in a notebook after a fix."""

from __future__ import annotations

import copy
import json

import pytest
from guard.notebooks import GITHUB, HEX, RANDOM, code, display, markdown, notebook, raised, stream

from mlabs_ext.guard import Known, check

ADA = Known(names=("Ada Lovelace",), homes=("/srv/homes/ada",), folder="/srv/homes/ada/digits")

SOURCES = {
    "token": (f'login("{GITHUB}")', 'import os\nlogin(os.environ["GITHUB_TOKEN"])'),
    "named": (f"my_api_key = '{RANDOM[:24]}'", 'import os\nmy_api_key = os.environ["MY_API_KEY"]'),
    "password": ('password = "hunter2!x"', 'import getpass\npassword = getpass.getpass("PASSWORD: ")'),
    "imported already": (f'import os\nlogin("{GITHUB}")', 'import os\nlogin(os.environ["GITHUB_TOKEN"])'),
    "part of a string": (
        f'h = {{"Authorization": "Bearer {RANDOM}"}}',
        'import os\nh = {"Authorization": ("Bearer " + os.environ["TOKEN"])}',
    ),
    "in an address": (
        'e = create_engine("postgresql://ada:c0rrect-horse@db.uni.de/x")',
        'import os\ne = create_engine(("postgresql://ada:" + os.environ["PASSWORD"] + "@db.uni.de/x"))',
    ),
    "format string": (f'u = f"{{a}}/{GITHUB}"', "import os\nu = f\"{a}/{os.environ['GITHUB_TOKEN']}\""),
    "bytes": (f'u = b"{GITHUB}"', 'import os\nu = os.environ["GITHUB_TOKEN"].encode()'),
    "twice": (
        f'a("{GITHUB}", "{GITHUB}")',
        'import os\na(os.environ["GITHUB_TOKEN"], os.environ["GITHUB_TOKEN"])',
    ),
    "cell magic": (f'%%time\nlogin("{GITHUB}")', '%%time\nimport os\nlogin(os.environ["GITHUB_TOKEN"])'),
    "shell": (f"!curl -u x:{GITHUB} a", "!curl -u x:$GITHUB_TOKEN a"),
    "comment": (f"# {GITHUB}", "# [removed]"),
    "path below the notebook's folder": ('open("/srv/homes/ada/digits/raw/x.csv")', 'open("raw/x.csv")'),
    "path": ('open("/home/ada/work/data/x.csv")', 'open("data/x.csv")'),
    "path of windows": ('open(r"C:\\Users\\ada\\data\\x.csv")', 'open(r"data/x.csv")'),
    "mail": ("# ada@maths.ox.ac.uk", "# [e-mail removed]"),
    "name": ("# by Ada Lovelace", "# by [name removed]"),
    "host": ("connect('192.168.1.20')", "connect('[address removed]')"),
}


@pytest.mark.parametrize(("before", "after"), SOURCES.values(), ids=SOURCES)
def test_sources(before: str, after: str) -> None:
    nb = notebook(markdown("x"), code(before))
    kept = copy.deepcopy(nb)
    checked = check(nb, ADA)
    fixed = checked.fixed([found.id for found in checked.findings])
    assert fixed.notebook["cells"][1]["source"] == after
    assert (fixed.cells, fixed.metadata, fixed.left) == ([1], False, 0)
    assert nb == kept
    assert check(fixed.notebook, ADA).findings == []


@pytest.mark.parametrize(
    ("language", "expected"),
    [("R", 'k <- Sys.getenv("API_KEY")'), ("julia", 'k <- ENV["API_KEY"]'), ("brainfuck", "k <- [removed]")],
)
def test_other_languages(language: str, expected: str) -> None:
    nb = notebook(code(f'api_key = "{RANDOM[:24]}"'), kernelspec={"language": language})
    checked = check(nb)
    source = checked.fixed([checked.findings[0].id]).notebook["cells"][0]["source"]
    assert source.replace('"[removed]"', "[removed]").replace("api_key =", "k <-") == expected


def test_outputs() -> None:
    nb = notebook(
        code(
            "1",
            stream(f"{GITHUB}\n"),
            raised("\x1b[0;31mFile\x1b[0m /home/ada/x.py", "File /home/ada/y.py"),
            display(application__json={"at": "/home/ada/x"}),
            stream("kept"),
        )
    )
    checked = check(nb)
    assert [found.fix.kind for found in checked.findings] == ["drop_output", "replace", "drop_output"]
    [cell] = checked.fixed([found.id for found in checked.findings]).notebook["cells"]
    assert cell["outputs"] == [raised("\x1b[0;31mFile\x1b[0m ~/x.py", "File ~/y.py"), stream("kept")]


def test_metadata_is_removed() -> None:
    nb = notebook(code("1", author="ada@maths.ox.ac.uk", tags=["a"]), authors=[{"name": "Ada Lovelace"}])
    checked = check(nb, ADA)
    fixed = checked.fixed([found.id for found in checked.findings])
    assert (fixed.metadata, fixed.cells) == (True, [0])
    assert fixed.notebook["metadata"] == {}
    assert fixed.notebook["cells"][0]["metadata"] == {"tags": ["a"]}


@pytest.mark.parametrize("which", [0, 1], ids=["the source's", "the output's"])
def test_a_secret_is_fixed_wherever_it_stands(which: int) -> None:
    nb = notebook(code('password = "N0rwich77"\nprint(password)', stream("N0rwich77\n")), code("2", id="b"))
    checked = check(nb)
    fixed = checked.fixed([checked.findings[which].id])
    assert "N0rwich77" not in json.dumps(fixed.notebook)


def test_only_what_was_chosen() -> None:
    nb = notebook(code(f'a = "{GITHUB}"'), code(f"JUPYTERHUB_API_TOKEN={HEX}", id="b"))
    checked = check(nb)
    fixed = checked.fixed([checked.findings[0].id, "no-such-finding"])
    assert fixed.cells == [0]
    assert HEX in fixed.notebook["cells"][1]["source"]
