"""`mlabs export` as a person at a terminal meets it."""

from __future__ import annotations

import json
import signal
import subprocess

import pytest
from support.up import COMMAND, environment
from support.waiting import until

from mlabs_ext.cli import main


@pytest.fixture
def mlabs(capsys, monkeypatch, tmp_path):
    """The command, in this process; its exit status, and what it said."""
    monkeypatch.setenv("MLABS_LOGIN", str(tmp_path / "no-login"))

    def run(*arguments: object) -> tuple[int, str, str]:
        try:
            status = main(["export", *map(str, arguments)])
        except SystemExit as ended:
            status = ended.code
        return status, *capsys.readouterr()

    return run


WRONG = [(), ("x",), ("ada/mnist", "--all", "x"), ("a", "b", "c"), ("--all", "--remote", "--data", "x", "y")]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_what_is_asked_wrongly_exits_with_2(mlabs, arguments):
    status, said, why = mlabs(*arguments)
    assert (status, said) == (2, "")
    assert why


def test_what_cannot_be_done_exits_with_1_and_a_reason(mlabs, old_town, tmp_path):
    data = old_town.site.service.data_dir
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for arguments, words in (
        (("ada/secret", tmp_path / "a", "--data", data), "no lab ada/secret"),
        (("nonsense", tmp_path / "a", "--data", data), "owner/name"),
        (("--all", tmp_path / "full", "--data", data), "empty folder"),
        (("--all", tmp_path / "file", "--data", data), "cannot be written"),
        (("--all", tmp_path / "a", "--data", tmp_path / "none"), "no data directory"),
        (("mnist", tmp_path / "a", "--remote"), "mlabs login"),
    ):
        status, said, why = mlabs(*arguments)
        assert (status, said) == (1, "")
        assert words in why


def test_a_killed_export_leaves_whole_files_and_is_gone_on_with(mlabs, old_town, old_copy, tmp_path):
    whole, _ = old_copy
    command = ["--all", str(tmp_path / "copy"), "--data", old_town.site.service.data_dir, "--json"]
    running = subprocess.Popen([COMMAND, "export", *command], env=environment(), stderr=subprocess.DEVNULL)
    until(lambda: (tmp_path / "copy" / "static").is_dir(), 60)
    running.send_signal(signal.SIGKILL)
    running.wait(30)
    files = whole.files()
    there = (path for path in (tmp_path / "copy").rglob("*") if path.is_file())
    left = [path for path in there if ".mlabs-export" not in path.parts]
    assert left
    for path in left:
        name = path.relative_to(tmp_path / "copy").as_posix()
        assert name == "mlabs-export.json" or path.read_bytes() == files[name]
    status, said, why = mlabs(*command)
    assert status == 0, why
    assert json.loads(said)["files"] == len(files) - 2
    check = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    subprocess.run(check, cwd=tmp_path / "copy", check=True, capture_output=True)
    assert not (tmp_path / "copy" / ".mlabs-export").exists()


def test_a_person_is_told_what_was_done(mlabs, old_town, tmp_path):
    status, said, why = mlabs(
        "@ada",
        tmp_path / "copy",
        "--data",
        old_town.site.service.data_dir,
        "--site",
        "https://labs.example.org",
    )
    assert status == 0, why
    assert said.startswith("1 lab in ")
    page = (tmp_path / "copy/@ada/mnist/index.html").read_text()
    assert "https://labs.example.org/services/mlabs/@ada/mnist" in page
