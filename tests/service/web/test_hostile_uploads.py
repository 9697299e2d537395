"""Files that attack who converts them come over HTTP: all are refused, and the version before them stays."""

from __future__ import annotations

import base64
import json
import marshal
import stat
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from support import hostile_models as hostile
from support.hostile_models import dense, saved, sequence
from support.models import SHARD, converting, doubling, keras, upload
from support.waiting import until

MODEL = "models/ada/m"
NARROW = b'[2, 1], "dtype": "float32"', b'[2, 1], "dtype": "uint8"'
SECRET = b"a secret of the server"


@pytest.fixture
def site(start_site):
    with converting(start_site()) as site:
        assert upload(site.as_("ada"), doubling(), name="m").status_code == 201
        yield site


def code(path: Path) -> str:
    """Python code as a Lambda holds it, which leaves a file when it is run."""
    made = compile(f"lambda x: open({str(path)!r}, 'w')", "evil", "eval").co_consts[0]
    return base64.b64encode(marshal.dumps(made)).decode()


def member(path: Path, mode: int, content: bytes) -> Path:
    """A `.keras` file whose weights are a link, or a device."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(sequence(dense())))
        weights = zipfile.ZipInfo("model.weights.h5")
        weights.external_attr = (mode | 0o777) << 16
        archive.writestr(weights, content)
    return path


def attacks(folder: Path) -> dict[str, Path | dict[str, bytes]]:
    """One of each kind that there is."""
    evil, secret = folder / "evil", folder / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["secret"] = np.frombuffer(SECRET[:20] + bytes(4), np.float32).reshape(3, 2)
    (folder / "secret.bin").write_bytes(SECRET[:20] + bytes(4))

    def outside(group):
        group.create_group("dense")
        group["dense/kernel:0"] = h5py.ExternalLink(str(secret), "/secret")

    def stored_outside(group):
        place = [(str(folder / "secret.bin"), 0, 24)]
        group.create_dataset("dense/kernel:0", (3, 2), np.float32, external=place)

    def virtual(group):
        layout = h5py.VirtualLayout((3, 2), np.float32)
        layout[:] = h5py.VirtualSource(str(secret), "secret", (3, 2), np.float32)
        group.create_group("dense").create_virtual_dataset("kernel:0", layout)

    old = {"class_name": "Lambda", "config": {"name": "f", "function": [code(evil), None, None]}}
    function = {"class_name": "__lambda__", "config": {"code": code(evil), "defaults": None}}
    new = {"class_name": "Lambda", "module": "keras.layers", "config": {"name": "f", "function": function}}
    own = {"class_name": "Own", "module": "os", "registered_name": "x>Own", "config": {"name": "own"}}
    whole = saved(folder / "whole.h5", sequence(dense())).read_bytes()
    archive, short = keras()["net.keras"], doubling()
    places = {name: folder / f"{name}.h5" for name in "abcdefgh"}
    return {
        "a Lambda of Keras 2": saved(places["a"], sequence(old, dense())),
        "a Lambda of Keras 3": hostile.keras(folder / "lambda.keras", sequence(new, dense())),
        "a layer of one's own": hostile.keras(folder / "own.keras", sequence(own)),
        "an external link": saved(places["b"], sequence(dense()), outside),
        "external storage": saved(places["c"], sequence(dense()), stored_outside),
        "a virtual dataset": saved(places["d"], sequence(dense()), virtual),
        "a circle of soft links": saved(places["e"], sequence(dense()), hostile.soft_circle),
        "a shape beyond the file": saved(places["f"], sequence(dense()), hostile.larger_than_the_file),
        "a bomb in HDF5": saved(places["g"], sequence(dense()), hostile.bomb),
        "a bomb in a zip": hostile.keras(
            folder / "bomb.keras", weights=bytes(2 << 20), compression=zipfile.ZIP_DEFLATED
        ),
        "a link in a zip": member(folder / "link.keras", stat.S_IFLNK, str(secret).encode()),
        "a device in a zip": member(folder / "device.keras", stat.S_IFBLK, b""),
        "an .h5 that ends early": {"net.h5": whole[: len(whole) // 2]},
        "a .keras that ends early": {"net.keras": archive[: len(archive) // 2]},
        "a shard too few": {"model.json": short["model.json"]},
        "a shard too many": short | {"more.bin": b"1234"},
        "a short shard": short | {"weights.bin": short["weights.bin"][:-4]},
        "a type of other size": short | {"model.json": short["model.json"].replace(*NARROW)},
        "a pickle": {"net.h5": b"\x80\x04cos\nsystem\n(S'touch " + str(evil).encode() + b"'\ntR."},
    }


NOUNS = ("models", "datasets")
TOO_LARGE = {"a bomb in HDF5", "a bomb in a zip"}


def test_each_is_refused_and_the_version_before_it_is_served(site, tmp_path):
    site.service.modelling.loop.converter.max_size = 1 << 20
    found, ada = {}, site.as_("ada")
    made = attacks(tmp_path)
    for what, files in made.items():
        sent = files if isinstance(files, dict) else {files.name: files.read_bytes()}
        answer = upload(ada, sent, f"{MODEL}/versions?wait=60")
        found[what] = answer.status_code
        assert "error" in answer.json(), what
    assert found == {what: 413 if what in TOO_LARGE else 422 for what in made}
    assert not (tmp_path / "evil").exists()
    served = site.as_(None).get(f"{MODEL}/latest/model.json")
    assert f"../1/{SHARD}" in served.text
    assert site.as_(None).get(f"{MODEL}/1/{SHARD}").content == doubling()["weights.bin"]
    assert [one["version"] for one in site.as_(None).get(f"api/v1/{MODEL}/versions").json()["items"]] == [1]


# Paths, each of one file of several in a form; those of one that is good by itself come first.
OUT = {
    "above": ["../model.json"],
    "absolute": ["/etc/model.json"],
    "out and elsewhere": ["net/../../model.json"],
    "nothing but above": [".."],
    "an empty part": ["a//model.json"],
    "above, as on Windows": ["..\\model.json"],
    "above, encoded": ["%2e%2e/model.json"],
    "a slash, encoded": ["..%2fmodel.json"],
    "encoded twice": ["%252e%252e/model.json"],
    "NUL, encoded": ["a%00/model.json"],
    "NUL": ["a\0b/model.json"],
    "a tab": ["a\tb/model.json"],
    "a sibling": ["net/model.json", "../net2/weights.bin"],
    "out of a sibling": ["net/model.json", "netx/../../weights.bin"],
    "out of the folder and back": ["net/model.json", "net/../net/weights.bin"],
}
# To a dataset a folder beside another is as good as any.
BESIDE = {
    "a sibling by its prefix": ["net/model.json", "net2/weights.bin"],
    "above it": ["a/model.json", "b"],
}


@pytest.mark.parametrize(
    ("noun", "paths"),
    [
        *(pytest.param(noun, paths, id=f"{noun}, {what}") for noun in NOUNS for what, paths in OUT.items()),
        *(pytest.param("models", paths, id=f"models, {what}") for what, paths in BESIDE.items()),
    ],
)
def test_no_path_leads_out(start_site, noun, paths):
    site = start_site()
    heads = [f'Content-Disposition: form-data; name="file"; filename="{path}"' for path in paths]
    body = "".join(f"--x\r\n{head}\r\n\r\n{{}}\r\n" for head in heads) + "--x--\r\n"
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = site.as_("ada").post(f"api/v1/{noun}", content=body.encode(), headers=form)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "path_invalid"), answer.text
    until(lambda: not list(site.service.blobs.unfinished.glob("*")))
    assert site.as_("ada").get(f"api/v1/{noun}?owner=ada").json()["items"] == []


@pytest.mark.parametrize("path", ["../a", "/a", "a/../b", "%2e%2e/a", "%252e%252e/a", "a%00", "a\0b", "a\\b"])
def test_no_upload_in_pieces_leads_out(start_site, path):
    site = start_site()
    named = f"filename {base64.b64encode(path.encode()).decode()}"
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "1", "Upload-Metadata": named}
    answer = site.as_("ada").post("api/v1/uploads", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "path_invalid"), answer.text
