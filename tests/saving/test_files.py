"""Copies as files: in a folder, in an S3 store, on a WebDAV share."""

from __future__ import annotations

import json
import threading

import pytest
from saving.conftest import FILES
from service.conftest import cells
from service.web.conftest import RUN, ok
from support.s3 import BUCKET


def holds(read, version: int = 2) -> None:
    """Whether a copy is whole; `read` gives a file by its path."""
    assert json.loads(read("mnist/lab.json"))["version"] == version
    assert json.loads(read("mnist/mnist.ipynb"))["nbformat"] == 4
    for path, data in FILES.items():
        assert read(f"mnist/files/{path}") == data


def test_a_folder(site, lab, copy, tmp_path):
    place = tmp_path / "copies"
    assert copy(lab, place) == {"version": 2, "files": 2, "written": 4}
    holds(lambda path: (place / path).read_bytes())
    assert copy(lab, place)["written"] == 0
    ok(site.as_("ada").put(f"api/v1/runs/{RUN}/outputs/model/model.json", content=b"new"))
    ok(site.as_("ada").post("api/v1/labs/ada/mnist/versions", json={"notebook": cells("3 + 3")}))
    assert copy(lab, place)["written"] == 3
    assert (place / "mnist/files/model/model.json").read_bytes() == b"new"
    assert not [path for path in place.rglob("*") if path.name.startswith(".")]


def test_a_file_that_was_cut_is_written_again(lab, copy, tmp_path):
    copy(lab, tmp_path / "copies")
    (tmp_path / "copies/mnist/files/model/model.json").write_bytes(b"{")
    assert copy(lab, tmp_path / "copies")["written"] == 1


def test_another_labs_place_is_not_taken(site, lab, copy, tmp_path):
    site.publish("bob", name="mnist")
    copy("bob/mnist", tmp_path / "copies")
    assert "copy of bob/mnist" in copy(lab, tmp_path / "copies", status=1)


@pytest.mark.s3
def test_a_bucket(lab, copy, s3_store, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_store.options["endpoint_url"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_store.options["key"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_store.options["secret"])
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    url = f"s3://{BUCKET}/copies"
    assert copy(lab, url)["written"] == 4
    holds(lambda path: s3_store.files().cat_file(f"{BUCKET}/copies/{path}"))
    assert copy(lab, url)["written"] == 0
    assert "cannot be written" in copy(lab, "s3://no-such-bucket/x", status=1)


@pytest.fixture
def share(tmp_path):
    """A WebDAV server of the tests' own, whose only user is ada; its address and its folder."""
    from cheroot.wsgi import Server
    from wsgidav.wsgidav_app import WsgiDAVApp

    root = tmp_path / "share"
    (root / "labs").mkdir(parents=True)
    users = {"*": {"ada": {"password": "secret"}}}
    app = WsgiDAVApp(
        {
            "provider_mapping": {"/": str(root)},
            "simple_dc": {"user_mapping": users},
            "http_authenticator": {"accept_basic": True, "accept_digest": False, "default_to_digest": False},
            "logging": {"enable": False},
            "verbose": 0,
        }
    )
    server = Server(("127.0.0.1", 0), app)
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield f"webdav+http://ada@127.0.0.1:{server.bind_addr[1]}/", root
    server.stop()
    thread.join()


def test_a_share(lab, copy, share, monkeypatch):
    url, root = share
    monkeypatch.setenv("MLABS_WEBDAV_PASSWORD", "secret")
    assert copy(lab, f"{url}labs")["written"] == 4
    holds(lambda path: (root / "labs" / path).read_bytes())
    assert copy(lab, f"{url}labs")["written"] == 0
    assert "cannot be written" in copy(lab, f"{url}none", status=1)
    monkeypatch.setenv("MLABS_WEBDAV_PASSWORD", "wrong")
    assert "refuses" in copy(lab, f"{url}labs", status=1)


def test_a_password_is_not_guessed(lab, copy, share, monkeypatch):
    url, root = share
    monkeypatch.delenv("MLABS_WEBDAV_PASSWORD", raising=False)
    assert "MLABS_WEBDAV_PASSWORD" in copy(lab, url, status=1)
    assert not list((root / "labs").iterdir())
