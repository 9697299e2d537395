"""The folder of an export: whole files, nothing out of date, nothing of others' touched, whatever happens."""

from __future__ import annotations

import hashlib
import json
import subprocess

import pytest

from mlabs_ext.errors import Conflict, Unavailable
from mlabs_ext.export.folder import ABOUT, SUMS, WORK, Folder


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def written(root, what="@ada", **files: bytes) -> dict:
    with Folder(root, what).opened() as folder:
        for file, data in files.items():
            folder.put(f"a/{file}", data)
        return folder.finish({"exported": "now"})


def names(root) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_what_is_written_is_accounted_for(tmp_path):
    done = written(tmp_path, x=b"one", y=b"two!")
    assert done == {
        "what": "@ada", "exported": "now", "files": 2, "bytes": 7, "written": 2, "unchanged": 0, "removed": 0,
    }  # fmt: skip
    assert names(tmp_path) == {"a/x", "a/y", SUMS, ABOUT}
    subprocess.run(["sha256sum", "--check", "--strict", SUMS], cwd=tmp_path, check=True, capture_output=True)


def test_only_what_changed_is_written_and_what_is_gone_is_removed(tmp_path):
    written(tmp_path, x=b"one", y=b"two", z=b"three")
    before = (tmp_path / "a/x").stat()
    done = written(tmp_path, x=b"one", y=b"TWO")
    assert (done["written"], done["unchanged"], done["removed"]) == (1, 1, 1)
    assert (tmp_path / "a/x").stat() == before
    assert names(tmp_path) == {"a/x", "a/y", SUMS, ABOUT}


def test_folders_that_are_empty_go_too(tmp_path):
    written(tmp_path, x=b"one")
    with Folder(tmp_path, "@ada").opened() as folder:
        folder.put("b/y", b"two")
        folder.finish({})
    assert not (tmp_path / "a").exists()


def test_what_others_put_there_stays(tmp_path):
    written(tmp_path, x=b"one")
    (tmp_path / "CNAME").write_text("labs.example.org")
    (tmp_path / "a/mine").write_text("mine")
    written(tmp_path, y=b"two")
    assert names(tmp_path) == {"CNAME", "a/mine", "a/y", SUMS, ABOUT}


def test_an_interrupted_export_leaves_whole_files_and_is_gone_on_with(tmp_path):
    with pytest.raises(KeyboardInterrupt), Folder(tmp_path, "@ada").opened() as folder:
        folder.put("a/x", b"one")
        folder.put("a/gone", b"no part of it later")
        with folder.draft("a/y") as out:
            out.write(b"half")
            raise KeyboardInterrupt
    assert names(tmp_path) - {f"{WORK}/journal", f"{WORK}/what"} == {"a/x", "a/gone"}
    # As a kill leaves it: half a line in the journal, and a draft.
    with (tmp_path / WORK / "journal").open("a") as journal:
        journal.write("-  a/y")
    (tmp_path / WORK / "draft-9").write_bytes(b"half")
    with Folder(tmp_path, "@ada").opened() as folder:
        assert folder.has("a/x", digest(b"one"), 3)
        assert not folder.has("a/y", digest(b"two"), 3)
        folder.put("a/y", b"two")
        assert folder.finish({})["removed"] == 1
    assert names(tmp_path) == {"a/x", "a/y", SUMS, ABOUT}


def test_a_file_is_not_believed_to_be_there_by_its_size_alone(tmp_path):
    """Between the note that it will be written and the note that it is, the old one may still be there."""
    written(tmp_path, x=b"old")
    with pytest.raises(RuntimeError), Folder(tmp_path, "@ada").opened() as folder:
        folder._note("-", "a/x")
        raise RuntimeError
    with Folder(tmp_path, "@ada").opened() as folder:
        assert not folder.has("a/x", digest(b"new"), 3)
        assert not folder.has("a/x", digest(b"old"), 3)


def test_a_file_that_was_cut_or_lost_is_written_again(tmp_path):
    written(tmp_path, x=b"one", y=b"two")
    (tmp_path / "a/x").write_bytes(b"o")
    (tmp_path / "a/y").unlink()
    with Folder(tmp_path, "@ada").opened() as folder:
        assert not folder.has("a/x", digest(b"one"), 3)
        assert not folder.has("a/y", digest(b"two"), 3)


def test_bytes_that_are_not_those_that_were_promised_are_refused(tmp_path):
    with Folder(tmp_path, "@ada").opened() as folder:
        with pytest.raises(Unavailable), folder.draft("a/x", digest(b"whole")) as out:
            out.write(b"who")
        assert not (tmp_path / "a").exists()


def test_the_same_bytes_lie_on_the_disk_once(tmp_path):
    for _ in range(2):
        with Folder(tmp_path, "@ada").opened() as folder:
            folder.put("a/x", b"one")
            folder.link("b/x", "a/x")
            folder.finish({})
        assert (tmp_path / "a/x").samefile(tmp_path / "b/x")
        assert (tmp_path / "b/x").read_bytes() == b"one"


def test_what_is_dropped_is_removed(tmp_path):
    with Folder(tmp_path, "@ada").opened() as folder:
        folder.put("a/x", b"one")
        folder.put("ab/y", b"two")
        folder.drop("a/")
        assert folder.finish({})["files"] == 1
    assert names(tmp_path) == {"ab/y", SUMS, ABOUT}


def test_a_folder_with_other_things_in_it_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(Conflict) as refused, Folder(tmp_path, "@ada").opened():
        pass
    assert refused.value.code == "folder_not_empty"
    assert names(tmp_path) == {"thesis.tex"}


def test_hidden_files_are_no_reason_to_refuse(tmp_path):
    (tmp_path / ".git").mkdir()
    assert written(tmp_path, x=b"one")["files"] == 1


@pytest.mark.parametrize("finished", [True, False])
def test_a_folder_has_one_export_only(tmp_path, finished):
    with Folder(tmp_path, "@ada").opened() as folder:
        if finished:
            folder.finish({})
    with pytest.raises(Conflict) as refused, Folder(tmp_path, "@bob").opened():
        pass
    assert refused.value.code == "folder_other_export"


def test_two_at_the_same_time_are_refused(tmp_path):
    first, second = Folder(tmp_path, "@ada"), Folder(tmp_path, "@ada")
    with first.opened(), pytest.raises(Conflict) as refused, second.opened():
        pass
    assert refused.value.code == "folder_in_use"


def test_a_forged_account_reaches_nothing_outside(tmp_path):
    outside, root = tmp_path / "outside", tmp_path / "copy"
    outside.write_text("mine")
    written(root, x=b"one")
    with (root / SUMS).open("a") as sums:
        sums.write(f"{digest(b'')}  ../outside\n{digest(b'')}  {outside}\n")
    written(root, x=b"one")
    assert outside.read_text() == "mine"
    assert json.loads((root / ABOUT).read_text())["files"] == 1
