"""`mlabs setup` writes the files of deploy/ with this machine's names, and leaves alone what was changed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mlabs_ext.cli import main
from mlabs_ext.up import recipe
from mlabs_ext.up.recipe import FILES
from mlabs_ext.up.setup import people

NAMES = ("labs.uni.test", "content.uni.test")


def files(root: Path) -> dict[str, str]:
    return {str(file.relative_to(root)): file.read_text() for file in root.rglob("*") if file.is_file()}


def test_all_files_have_this_machines_names(tmp_path):
    assert main(["setup", "--root", str(tmp_path), *NAMES]) == 0
    written = files(tmp_path)
    assert set(written) == {recipe.WRITTEN, *(file.place for file in FILES)}
    del written[recipe.WRITTEN]
    for place, text in written.items():
        assert "example" not in text.replace("smtp.example.org", "").replace("login.example.org", "").replace(
            "@example.org", ""
        ).replace('["example.org"]', ""), place
    assert "/etc/letsencrypt/live/labs.uni.test/fullchain.pem" in written["etc/nginx/conf.d/mlabs.conf"]
    program = Path(sys.executable).with_name("mlabs")
    assert f"ExecStart={program} up" in written["etc/systemd/system/mlabs.service"]
    for file in FILES:
        assert (tmp_path / file.place).stat().st_mode & 0o777 == file.mode


def test_what_was_changed_stays_and_what_a_release_has_anew_is_beside_it(tmp_path, capsys, monkeypatch):
    main(["setup", "--root", str(tmp_path), *NAMES])
    place = tmp_path / "etc/mlabs/mlabs_config.py"
    place.write_text("mine")
    capsys.readouterr()
    main(["setup", "--root", str(tmp_path), *NAMES])
    assert "nothing new for it" in capsys.readouterr().out
    assert not place.with_name("mlabs_config.py.new").exists()
    newer = tmp_path / "newer"
    newer.write_text("c.Store.url = 1")
    old = recipe.shared
    monkeypatch.setattr(
        recipe, "shared", lambda name: newer if name.endswith("mlabs_config.py") else old(name)
    )
    main(["setup", "--root", str(tmp_path), *NAMES])
    said = capsys.readouterr().out.splitlines()
    assert place.read_text() == "mine"
    assert "c.Store.url" in place.with_name("mlabs_config.py.new").read_text()
    assert [line.split()[0] for line in said].count("unchanged") == len(FILES) - 1
    assert any(line.startswith("kept") and "mlabs_config.py" in line for line in said)


def test_another_authoritys_certificate(tmp_path):
    own = ["--certificate", "/etc/ssl/own.pem", "--key", "/etc/ssl/private/own.key"]
    main(["setup", "--root", str(tmp_path), *own, *NAMES])
    text = (tmp_path / "etc/nginx/conf.d/mlabs.conf").read_text()
    assert "ssl_certificate /etc/ssl/own.pem;" in text
    assert "ssl_certificate_key /etc/ssl/private/own.key;" in text
    assert "letsencrypt" not in text


def test_it_says_how_people_sign_in(tmp_path):
    main(["setup", "--root", str(tmp_path), *NAMES])
    assert "the password in /var/lib/mlabs/secrets/password" in people(tmp_path)
    with (tmp_path / "etc/mlabs/mlabs_config.py").open("a") as settings:
        settings.write('c.JupyterHub.authenticator_class = "github"\n')
    assert people(tmp_path) == "people sign in as /etc/mlabs/mlabs_config.py says."


WRONG = {
    "no host name": (["labs", "content.uni.test"], "'labs' is no host name"),
    "an address": (["https://labs.uni.test", "content.uni.test"], "is no host name"),
    "a setting of nginx": (["labs.uni.test; }", "content.uni.test"], "is no host name"),
    "one name twice": (["labs.uni.test", "labs.uni.test"], "a host name of their own"),
    "half a certificate": ([*NAMES, "--key", "/k"], "belong together"),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_and_nothing_is_written(arguments, said, tmp_path, capsys):
    assert main(["setup", "--root", str(tmp_path), *arguments]) == 2
    assert said in capsys.readouterr().err
    assert files(tmp_path) == {}
