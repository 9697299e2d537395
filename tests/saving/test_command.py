"""`mlabs copy`, and what it cannot do."""

from __future__ import annotations

from mlabs_ext.cli import main


def test_a_person_is_told_what_was_done(lab, tmp_path, capsys):
    assert main(["copy", "ada/mnist", str(tmp_path / "copies")]) == 0
    assert "mnist, version 2, is in" in capsys.readouterr().out


def test_what_cannot_be_done(site, lab, copy, tmp_path):
    site.as_("ada").post("api/v1/labs", json={"name": "draft", "title": "Draft"})
    site.publish("bob", name="secret", visibility="private")
    assert "draft" in copy("draft", tmp_path / "x", status=1)
    assert "no lab bob/secret" in copy("bob/secret", tmp_path / "x", status=1)
    assert "mlabs[" in copy(lab, "nonsense://x", status=1)
    (tmp_path / "file").write_text("mine")
    assert "cannot be written" in copy(lab, tmp_path / "file", status=1)
    assert not (tmp_path / "x").exists()


def test_first_of_all_sign_in(copy, tmp_path, monkeypatch):
    monkeypatch.setenv("MLABS_LOGIN", str(tmp_path / "none"))
    assert "mlabs login" in copy("mnist", tmp_path / "x", status=1)
