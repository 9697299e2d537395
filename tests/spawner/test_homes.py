import itertools
from pathlib import Path

import pytest

from mlabs_spawner.homes import LONGEST, Home, folder

NAMES = [
    "ada", "Ada", "ADA", "user-a", "user", "a-b", "a_b", "a.b", ".", "..", ".ada", "%2Eada",
    "a/b", "a%2Fb", "/", "\\",
    "Åsa", "A\u030asa", "ада", "ada@example.org", "ada ", " ada", "ada\n", "ada\0", "con", "~ada", "-ada",
    "x" * 300, "x" * 301, "é" * 200, "é" * 201, "x" * LONGEST, "x" * LONGEST + "%%",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_is_one_safe_name(name, tmp_path):
    made = tmp_path / folder(name)
    made.mkdir()
    assert made.parent == made.resolve().parent == tmp_path
    assert len(folder(name).encode()) < 200
    assert not folder(name).startswith(".")


def test_no_two_names_share_one():
    assert len({folder(name) for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", ["ada", "user-a", "a.b", "ada_2"])
def test_ordinary_names_stay_as_they_are(name):
    assert folder(name) == name


def test_no_two_servers_share_a_folder():
    users, servers = ["user", "user-a", "user-a-b"], ["a-b", "b", "a"]
    homes = [Home(Path("/homes", folder(u)), s) for u, s in itertools.product(users, servers)]
    assert len({home.server_path for home in homes}) == len(homes)
    assert len({home.variables()["JUPYTERLAB_WORKSPACES_DIR"] for home in homes}) == len(homes)


def test_folders_are_nobody_elses_business(tmp_path):
    home = Home(tmp_path / "users" / "ada", "mnist")
    home.make()
    home.make()
    assert home.path.stat().st_mode & 0o777 == 0o700
    assert Path(home.variables()["JUPYTER_RUNTIME_DIR"]).stat().st_mode & 0o777 == 0o700


def test_the_log_of_the_last_start_is_kept(tmp_path):
    home = Home(tmp_path, "mnist")
    home.make()
    for text in (b"first\n", b"second\nlast words\n"):
        with home.open_log() as log:
            log.write(text)
    assert home.last_words(1) == "last words"
    assert home.log.with_suffix(".log.1").read_bytes() == b"first\n"
