"""Files of labs, over HTTP: what a lease has, and nothing else."""

import os

import pytest
from support.file_server import serving

OTHER = [
    ".mlabs/x",
    "mnist2/x",
    "other/secret",
    "mnist",
    "mnist/../other/secret",
    "mnist/%2e%2e/other/secret",
]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("files")) as made:
        yield made


@pytest.fixture
def home(files):
    home = files.home("ada")
    (home / "mnist").mkdir(exist_ok=True)
    (home / "mnist" / "mnist.ipynb").write_text("notebook")
    (home / "other").mkdir(exist_ok=True)
    (home / "other" / "secret").write_text("secret")
    return home


@pytest.fixture
def ada(files, home):
    with files.ask(files.lease("ada", "mnist")) as client:
        yield client


def stamped(content, known="", modified=7_000_000_000):
    return {
        "content": content,
        "headers": {"X-MLabs-Stamp": f"{len(content)} {modified} 420", "X-MLabs-Known": known},
    }


def test_a_file_there_and_back(ada, home):
    name = "a ü%?#.bin"
    path = f"files/mnist/deep/{'a%20%C3%BC%25%3F%23.bin'}"
    data = os.urandom(3_000_000)
    stamp = ada.put(path, **stamped(data)).json()["stamp"]
    assert stamp == [3_000_000, 7_000_000_000, 0o644]
    assert (home / "mnist" / "deep" / name).read_bytes() == data
    assert ada.get(path).content == data
    index = ada.get("index").json()["files"]
    assert index["mnist/deep/a%20%C3%BC%25%3F%23.bin"] == stamp
    assert set(index) == {"mnist/mnist.ipynb", "mnist/deep/a%20%C3%BC%25%3F%23.bin"}
    assert ada.delete(path, headers={"X-MLabs-Known": "3000000 1"}).status_code == 204
    assert (home / "mnist" / "deep" / name).exists(), "it is not as it was known"
    known = " ".join(map(str, stamp))
    assert ada.delete(path, headers={"X-MLabs-Known": known}).status_code == 204
    assert not (home / "mnist" / "deep").exists()
    empty = ada.put("files/mnist/empty", **stamped(b""))
    assert (empty.status_code, (home / "mnist" / "empty").read_bytes()) == (200, b"")
    (home / "mnist" / "empty").unlink()


@pytest.mark.parametrize("path", OTHER)
def test_nothing_else_of_a_home_can_be_had(files, ada, home, path):
    for answer in (
        ada.get(f"files/{path}"),
        ada.put(f"files/{path}", **stamped(b"x")),
        ada.delete(f"files/{path}", headers={"X-MLabs-Known": ""}),
    ):
        assert answer.status_code in (404, 409, 204), answer.text
        assert b"secret" not in answer.content
    assert (home / "other" / "secret").read_text() == "secret"
    assert not (home / "mnist2").exists()
    assert (home / "mnist" / "mnist.ipynb").read_text() == "notebook"


@pytest.mark.parametrize(
    "spoil",
    [lambda token: "x", lambda token: token[:-1], lambda token: f"../{token}"],
    ids=["none", "wrong", "a path"],
)
def test_without_a_lease_nothing_can_be_had(files, home, spoil):
    token = files.lease("ada", "mnist")
    with files.ask(spoil(token)) as nobody:
        answer = nobody.get("files/mnist/mnist.ipynb")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "lease_over")


def test_a_lease_ends_with_its_server_and_with_the_next_one(files, home):
    old = files.lease("ada", "mnist")
    new = files.lease("ada", "mnist")
    with files.ask(old) as first, files.ask(new) as second:
        assert [one.get("index").status_code for one in (first, second)] == [403, 200]
        files.leases.end("mlabs-ada-mnist")
        assert second.put("files/mnist/late", **stamped(b"x")).status_code == 403
    assert not (home / "mnist" / "late").exists()


def test_what_is_too_large_stays_where_it_is(files, home):
    with files.ask(files.lease("ada", "mnist", most=100)) as ada:
        answer = ada.put("files/mnist/large", **stamped(b"x" * 101))
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "lab_too_large")
        assert ada.put("files/mnist/small", **stamped(b"x" * 95)).status_code == 200
        assert ada.get("index").status_code == 413
    (home / "mnist" / "small").unlink()


@pytest.mark.parametrize("headers", [{}, {"X-MLabs-Stamp": "one two"}, {"X-MLabs-Stamp": "1 2 3 4"}])
def test_a_file_without_its_state_is_refused(ada, home, headers):
    answer = ada.put("files/mnist/bad", content=b"x", headers=headers)
    assert (answer.status_code, set(answer.json()["error"])) == (400, {"status", "code", "message"})
    assert sorted(one.name for one in (home / "mnist").iterdir()) == ["mnist.ipynb"]
