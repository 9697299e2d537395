"""The folder that a batch run works in."""

from __future__ import annotations

from mlabs_ext.lab.run_folder import RunFolder


def test_what_is_in_it(tmp_path):
    lab = tmp_path / "mnist"
    for name in ("outputs", ".ipynb_checkpoints", "data"):
        (lab / name).mkdir(parents=True)
    (lab / "data" / "x.csv").write_text("1")
    (lab / "helpers.py").write_text("a = 1")
    (lab / "outputs" / "old").write_text("old")
    folder = RunFolder(tmp_path, "01", lab)
    folder.make()
    assert sorted(path.name for path in folder.path.iterdir()) == ["data", "helpers.py", "outputs"]
    assert (folder.path / "data" / "x.csv").read_text() == "1"
    assert list(folder.outputs.iterdir()) == []
    (folder.outputs / "model").write_text("m")
    folder.make()
    assert list(folder.outputs.iterdir()) == []
    folder.remove()
    assert not folder.path.exists()
    assert (lab / "data" / "x.csv").read_text() == "1"
    assert (lab / "outputs" / "old").read_text() == "old"


def test_a_lab_that_was_never_opened_here(tmp_path):
    folder = RunFolder(tmp_path, "01", tmp_path / "absent")
    folder.make()
    assert [path.name for path in folder.path.iterdir()] == ["outputs"]
