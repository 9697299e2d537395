"""All that the JupyterLab extension shows is looked at by axe-core in a test, in the dark and in the light.

A new command, or a new file that makes a panel, dialog or notice, belongs into a table here: with a test that
looks at it, or with the reason for which nobody needs to. Of JupyterLab's own are its menus and the words
that it shows in a corner (`Notification`): we say what is in them, and not how they look.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "ui" / "labextension" / "src"
TESTS = ROOT / "tests" / "end_to_end"
# What a file does that puts something on the screen.
SHOWS = re.compile(
    r"new Overlay\(|\bshowDialog\(|extends (?:ReactWidget|SidePanel)|ReactWidget\.create\(|new HeaderWidget\("
    r"|createElement\('div'\)|launcher\.add\(|\bWidget\.attach\("
)
# What looks: `violations` in one theme, for what changes with each run of a test that has several.
LOOKS = ("in_both_themes", "violations")

DIALOG, QUESTION = ".mlabs-Dialog", ".jp-Dialog"
WHERE_IT_RUNS = ("accessibility", "test_where_it_runs", DIALOG)
HISTORY = ("history", "test_two_runs_are_compared_restored_and_undone", ".mlabs-History")
COMPARE = ("history", "test_two_runs_are_compared_restored_and_undone", DIALOG)
DATA = ("data", "test_nobody_is_shut_out", "#mlabs-data")
ADD_DATA = ("data", "test_nobody_is_shut_out", DIALOG)
SHARE = ("accessibility", "test_who_sees_it", DIALOG)
FORK = ("accessibility", "test_somebody_elses_lab", QUESTION)
STOP = ("accessibility", "test_where_it_runs", QUESTION)
PULL = ("upstream", "test_pull_resolve_propose_accept", DIALOG)
PROPOSE = ("upstream", "propose", DIALOG)
RESOURCES = ("bar", "test_it_wraps_and_is_accessible_in_both_themes", ".mlabs-Resources")
TIMES = ("accessibility", "test_the_launcher_and_the_times_of_cells", ".mlabs-CellTime")
NEW_LAB = ("accessibility", "test_the_launcher_and_the_times_of_cells", ".jp-Launcher-section")

# By the files that make them: where axe looks, and at what.
FILES = {
    "bar/actions.ts": [("accessibility", "test_who_sees_it", QUESTION)],
    "bar/bar.tsx": [
        ("bar", "test_it_wraps_and_is_accessible_in_both_themes", ".mlabs-LabBar"),
        ("accessibility", "test_somebody_elses_lab", ".mlabs-LabBar"),
        ("", "test_the_toolbar_says_how_many_watch", ".mlabs-LabBar"),
    ],
    "connection/notice.tsx": [("connection", "test_nothing_is_lost", ".mlabs-Connection")],
    "data/add.tsx": [ADD_DATA],
    "data/item.tsx": [("data", "test_find_add_read_detach", QUESTION)],
    "data/new_dataset.tsx": [("data", "test_an_upload_goes_on_after_a_break_and_a_reload", DIALOG)],
    "data/panel.tsx": [
        DATA,
        ("accessibility", "test_what_there_is_nothing_of", "#mlabs-data"),
        ("data", "test_an_upload_goes_on_after_a_break_and_a_reload", "#mlabs-data"),
        ("data", "test_a_newer_version_is_offered", "#mlabs-data"),
    ],
    "fork.ts": [FORK],
    "history/actions.ts": [("history", "test_two_runs_are_compared_restored_and_undone", QUESTION)],
    "history/compare.tsx": [COMPARE],
    "history/panel.tsx": [HISTORY, ("accessibility", "test_what_there_is_nothing_of", ".mlabs-History")],
    "launcher/plugin.ts": [NEW_LAB],
    "limits/banner.tsx": [("accessibility", "test_the_end_is_near", ".mlabs-Banner")],
    "resources/panel.tsx": [RESOURCES],
    "runtime/bar.tsx": [("accessibility", "test_where_it_runs", ".mlabs-Bar[data-kind=ask]")],
    "runtime/dialog.tsx": [WHERE_IT_RUNS],
    "share/share.tsx": [SHARE, ("guard", "test_a_planted_secret_is_stopped_fixed_and_published", DIALOG)],
    "stopping/plugin.ts": [STOP],
    "timing/margin.ts": [TIMES],
    "upstream/bar.tsx": [("upstream", "test_pull_resolve_propose_accept", ".mlabs-Bar[data-kind=upstream]")],
    "upstream/propose.tsx": [PROPOSE],
    "upstream/pull.tsx": [PULL],
}
FILES_EXEMPT = {
    "side_panel.ts": "what others fill, and are looked at for",
    "header.tsx": "what others fill, and are looked at for",
    "share/overlay.ts": "the frame of all dialogs, which are looked at",
}

TAB = "leads to a page of the service in a new tab, which tests/service/web looks at"
# By command: the same, or why there is nothing to look at.
COMMANDS = {
    "share": SHARE,
    "fork": FORK,
    "history": HISTORY,
    "background": "shows a word of JupyterLab's own alone",
    "runtime": WHERE_IT_RUNS,
    "data": DATA,
    "addData": ADD_DATA,
    "timing": TIMES,
    "newLab": NEW_LAB,
    "openLab": TAB,
    "importUrl": TAB,
    "welcome": TAB,
    "pull": PULL,
    "propose": PROPOSE,
    "resources": RESOURCES,
    "stop": STOP,
}


def commands() -> set[str]:
    block = re.search(r"export const COMMAND = \{(.*?)\}", (SOURCE / "tokens.ts").read_text(), re.DOTALL)
    assert block
    return set(re.findall(r"(\w+): '", block.group(1)))


def showing() -> set[str]:
    files = [file for kind in ("*.ts", "*.tsx") for file in SOURCE.rglob(kind)]
    return {file.relative_to(SOURCE).as_posix() for file in files if SHOWS.search(file.read_text())}


def looked_at(file: str, test: str) -> list[str]:
    """The selectors of what axe looks at in a test."""
    name = f"test_labextension_{file}.py" if file else "test_labextension.py"
    tree = ast.parse((TESTS / name).read_text())
    [body] = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == test]
    calls = [node for node in ast.walk(body) if isinstance(node, ast.Call)]
    named = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in LOOKS]
    return [ast.unparse(call.args[1]) for call in named]


def test_every_command_is_in_the_table() -> None:
    assert commands() == set(COMMANDS)


def test_every_file_that_shows_something_is_in_the_table() -> None:
    assert showing() == {*FILES, *FILES_EXEMPT}


LOOKED_AT = [each for each in COMMANDS.values() if not isinstance(each, str)]
LOOKED_AT += [each for rows in FILES.values() for each in rows]


@pytest.mark.parametrize(("file", "test", "part"), sorted(set(LOOKED_AT)), ids=str)
def test_axe_looks_at_it(file: str, test: str, part: str) -> None:
    assert any(part in selector for selector in looked_at(file, test))
