import os
import stat

import pytest

from mlabs_spawner.beneath import Beneath, Outside, Stamp


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    (folder / "mnist" / "data").mkdir(parents=True)
    (folder / "mnist" / "mnist.ipynb").write_text("notebook")
    (folder / "mnist" / "data" / "a.csv").write_text("1,2")
    (folder / "other").mkdir()
    (folder / "other" / "secret").write_text("secret")
    (tmp_path / "shadow").write_text("root's")
    return folder


@pytest.fixture
def files(home):
    return Beneath(str(home), os.getuid())


def write(files, path, text, known=None, modified=5_000_000_000, mode=0o640):
    with files.writing(path, Stamp(len(text), modified, mode), known) as file:
        os.write(file, text.encode())


def read(files, path):
    with files.reading(path) as file:
        return os.read(file, 100).decode()


def test_every_file_of_the_folders_and_no_other(home, files):
    (home / "mnist" / "link").symlink_to(home.parent / "shadow")
    (home / "mnist" / "out").symlink_to(home / "other")
    os.mkfifo(home / "mnist" / "pipe")
    (home / "mnist" / ".mlabs-arriving-1").write_text("half")
    assert set(files.every(["mnist", "absent", "other/secret"])) == {
        *("mnist/mnist.ipynb", "mnist/data/a.csv", "other/secret")
    }


@pytest.mark.parametrize(
    "path", ["../shadow", "mnist/../../shadow", "/etc/passwd", "mnist//x", "mnist/.", "", "a\0b", "x" * 300]
)
def test_paths_that_lead_elsewhere_are_none(files, path):
    for use in (files.stamp, lambda path: files.remove(path, None), lambda path: write(files, path, "x")):
        with pytest.raises(Outside):
            use(path)


def test_links_lead_nowhere(home, files):
    shadow = home.parent / "shadow"
    (home / "mnist" / "link").symlink_to(shadow)
    (home / "mnist" / "up").symlink_to(home.parent)
    os.mkfifo(home / "mnist" / "pipe")
    for path in ("mnist/link", "mnist/pipe", "mnist/data"):
        with pytest.raises(FileNotFoundError):
            read(files, path)
    with pytest.raises(Outside):
        read(files, "mnist/up/shadow")
    with pytest.raises(Outside):
        write(files, "mnist/up/new", "x")
    files.remove("mnist/link", Stamp.of(shadow.stat()))
    # What comes takes the link's place; what it leads to stays as it is.
    write(files, "mnist/link", "mine")
    assert (shadow.read_text(), read(files, "mnist/link")) == ("root's", "mine")


def test_a_file_arrives_whole_or_not_at_all(home, files):
    write(files, "mnist/new/deep/b.txt", "hello")
    made = home / "mnist" / "new" / "deep" / "b.txt"
    assert (made.read_text(), made.stat().st_mtime_ns) == ("hello", 5_000_000_000)
    assert stat.S_IMODE(made.stat().st_mode) == 0o640
    with pytest.raises(RuntimeError), files.writing("mnist/new/deep/b.txt", Stamp(9, 1), None) as file:
        os.write(file, b"half")
        raise RuntimeError
    assert [(one.name, one.read_text()) for one in made.parent.iterdir()] == [("b.txt", "hello")]


def test_what_somebody_else_changed_is_kept_beside(home, files):
    write(files, "mnist/b.txt", "first")
    known = files.stamp("mnist/b.txt")
    write(files, "mnist/b.txt", "second", known, modified=6_000_000_000)
    assert sorted(one.name for one in (home / "mnist").glob("b*")) == ["b.txt"]
    (home / "mnist" / "b.txt").write_text("somebody else's")
    write(files, "mnist/b.txt", "third", known)
    kept = list((home / "mnist").glob("b (kept*.txt"))
    assert [one.read_text() for one in kept] == ["somebody else's"]
    assert read(files, "mnist/b.txt") == "third"


def test_only_what_is_as_it_is_known_is_removed(home, files):
    known = files.stamp("mnist/data/a.csv")
    files.remove("mnist/data/a.csv", Stamp(known.size, known.modified + 1))
    assert (home / "mnist" / "data" / "a.csv").exists()
    files.remove("mnist/data/a.csv", known)
    assert not (home / "mnist" / "data").exists()
    assert (home / "mnist" / "mnist.ipynb").exists()
    files.remove("mnist/absent/x", None)
