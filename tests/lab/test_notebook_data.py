"""A notebook's datasets through its server, with the real service behind: use, find, upload, make."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
from lab.user_server import UserServer

# The harness of the service's own tests.
from service.conftest import migrated, site, start_site

__all__ = ["migrated", "site", "start_site"]

PATH = "mnist/mnist.ipynb"
FILES = {"birds.csv": b"name,size\nwren,9\ngoose,90\n", "in/notes.txt": b"by hand"}
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc000000301"
    "0100c9fe92ef0000000049454e44ae426082"
)


def make(site, owner="ada", name="birds", files=FILES, **fields):
    parts = [("file", (path, data)) for path, data in files.items()]
    answer = site.as_(owner).post("api/v1/datasets", files=parts, data={"name": name, **fields})
    assert answer.status_code == 201, answer.text


def more(site, files, owner="ada", name="birds"):
    parts = [("file", (path, data)) for path, data in files.items()]
    answer = site.as_(owner).post(f"api/v1/datasets/{owner}/{name}/versions", files=parts)
    assert answer.status_code == 201, answer.text


@pytest.fixture
async def server(site, tmp_path) -> AsyncIterator[UserServer]:
    """ada's server for her lab mnist; she has a private dataset, birds, in one version."""
    await asyncio.to_thread(site.publish, name="mnist")
    await asyncio.to_thread(make, site)
    server = UserServer(tmp_path, site.url, options=("--Outputs.interval=0.1",))
    server.token = "ada-token"
    await server.start()
    server.write_notebook(PATH, ["1"])
    yield server
    await server.stop()


async def data(server, method="GET", body=None, status=None, path=PATH, **query):
    asked = "".join(f"&{name}={quote(str(value))}" for name, value in query.items())
    return await server.api(method, f"mlabs/api/data?path={quote(path)}{asked}", body, status)


async def ended(server):
    """What was made for the notebook, once that is decided."""
    async with asyncio.timeout(60):
        while True:
            [made] = (await data(server))["making"]
            if made["state"] != "making":
                return made
            await asyncio.sleep(0.1)


def one(found):
    [item] = found["items"]
    return item


async def test_of_a_lab(site, server):
    ada = site.as_("ada")
    beside = server.root / "mnist" / "data" / "ada" / "birds"
    assert (await data(server)) | {"restart_url": ""} == {
        "lab": "ada/mnist", "items": [], "making": [], "metadata": {"data": []}, "restart_url": "",
    }  # fmt: skip
    found = await data(server, "PUT", {"dataset": "ada/birds"})
    item = one(found)
    assert (item["state"], item["version"], item["pinned"], item["newest"]) == ("ready", 1, None, 1)
    assert (server.root / "mnist" / item["path"] / "birds.csv").read_bytes() == FILES["birds.csv"]
    assert found["metadata"] == {"data": ["ada/birds"]}
    assert "data" not in json.loads((server.root / PATH).read_text())["metadata"].get("mlabs", {})
    there = (await asyncio.to_thread(ada.get, "api/v1/labs/ada/mnist/data")).json()["items"]
    assert [use["dataset"] for use in there] == ["ada/birds"]
    await data(server, "PUT", {"dataset": "ada/birds", "version": 1, "write_metadata": True})
    assert json.loads((server.root / PATH).read_text())["metadata"]["mlabs"]["data"] == ["ada/birds@1"]
    await asyncio.to_thread(more, site, {"new.csv": b"3"})
    item = one(await data(server))
    assert (item["state"], item["version"], item["pinned"], item["newest"]) == ("ready", 1, 1, 2)
    item = one(await data(server, "PUT", {"dataset": "ada/birds"}))
    assert (item["state"], item["version"], item["pinned"]) == ("ready", 2, None)
    assert [path.name for path in beside.iterdir()] == ["new.csv"]
    found = await data(server, "DELETE", dataset="ada/birds", write_metadata="true")
    assert (found["items"], found["metadata"], beside.exists()) == ([], {"data": []}, False)
    assert (await data(server))["items"] == []
    again = await data(server, "DELETE", status=404, dataset="ada/birds")
    assert again["error"]["code"] == "dataset_not_attached"


async def test_of_a_notebook_that_is_no_lab(server, site):
    path = "deep/er/plain.ipynb"
    server.write_notebook(path, ["1"], {"mlabs": {"data": ["ada/birds@1", "eve/gone", "nonsense"]}})
    there, lost = (await data(server, path=path))["items"]
    assert (there["dataset"], there["state"], lost["dataset"], lost["state"]) == (
        "ada/birds", "absent", "eve/gone", "lost",
    )  # fmt: skip
    found = await data(server, "PUT", {"dataset": "ada/birds"}, path=path)
    assert found["metadata"] == {"data": ["ada/birds", "eve/gone"]}
    beside = server.root / "deep" / "er" / "data" / "ada" / "birds"
    assert (beside / "birds.csv").read_bytes() == FILES["birds.csv"]
    await data(server, "PUT", {"dataset": "ada/birds"})
    await data(server, "DELETE", dataset="ada/birds")
    assert (beside / "birds.csv").exists(), "another notebook has it still"
    found = await data(server, "DELETE", path=path, dataset="ada/birds", write_metadata="true")
    assert found["metadata"] == {"data": ["eve/gone"]}
    assert not beside.exists()
    assert not list((server.root / ".mlabs" / "data" / "ada" / "birds").iterdir())


async def test_what_cannot_be(server):
    for wish, status, code in [
        ({"dataset": "ada/nothing"}, 404, "dataset_not_found"),
        ({"dataset": "ada/birds", "version": 7}, 404, "version_not_found"),
        ({"dataset": "birds"}, 400, "dataset_reference_invalid"),
        ({}, 422, "fields_invalid"),
    ]:
        assert (await data(server, "PUT", wish, status))["error"]["code"] == code
    assert (await data(server, status=404, path="no.ipynb"))["error"]["code"] == "notebook_not_found"
    assert (await data(server))["items"] == []
    mine = server.root / "mnist" / "data" / "ada" / "birds"
    mine.mkdir(parents=True)
    item = one(await data(server, "PUT", {"dataset": "ada/birds"}))
    assert (item["state"], "move or rename data/ada/birds" in item["message"]) == ("blocked", True)


async def test_finding_and_looking(site, server):
    described = {"visibility": "public", "license": "CC0-1.0", "description": "Measured."}
    await asyncio.to_thread(make, site, "bob", "weights", {"a.png": PIXEL, **FILES}, **described)
    await asyncio.to_thread(make, site, "eve", "hers", {"x.csv": b"1"})
    shared = site.as_("eve")
    await asyncio.to_thread(shared.put, "api/v1/datasets/eve/hers/shares/ada", json={})

    async def find(**query):
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        return [
            item["reference"] for item in (await server.api("GET", f"mlabs/api/data/find?{asked}"))["items"]
        ]

    assert await find(q="weights") == ["bob/weights"]
    assert await find(whose="mine") == ["ada/birds"]
    assert await find(whose="shared") == ["eve/hers"]
    assert await find(whose="shared", q="else") == []
    assert await find(kind="lab", whose="mine") == ["ada/mnist"]
    assert await find(kind="model") == []
    for query, code in {"kind=x": "kind_invalid", "whose=x": "whose_invalid"}.items():
        refused = await server.api("GET", f"mlabs/api/data/find?{query}", None, 400)
        assert refused["error"]["code"] == code
    files = await server.api("GET", "mlabs/api/data/files?dataset=bob/weights")
    assert [file["path"] for file in files["items"]] == ["a.png", "birds.csv", "in/notes.txt"]
    table = await server.api("GET", "mlabs/api/data/preview?dataset=bob/weights&version=1&file=birds.csv")
    assert [(column["name"], column["type"]) for column in table["table"]["columns"]] == [
        ("name", "category"),
        ("size", "integer"),
    ]
    image = await server.request("GET", "mlabs/api/data/file?dataset=bob/weights&version=1&file=a.png")
    assert (image.code, image.headers["Content-Type"], image.body) == (200, "image/png", PIXEL)
    other = await server.request("GET", "mlabs/api/data/file?dataset=bob/weights&version=1&file=birds.csv")
    assert other.code == 422
    hidden = await server.api("GET", "mlabs/api/data/files?dataset=eve/nothing", None, 404)
    assert hidden["error"]["code"] == "dataset_not_found"


async def test_an_upload_in_pieces_becomes_a_dataset(server):
    content = b"a,b\n" + b"1,2\n" * 1000
    begun = await server.api("POST", "mlabs/api/data/uploads", {"path": "t.csv", "size": len(content)}, 201)
    place = f"mlabs/api/data/uploads/{begun['id']}"
    for at in (0, 1500):
        piece = content[at : at + 1500]
        sent = await server.request("PATCH", place, piece, headers={"Upload-Offset": str(at)})
        assert (sent.code, json.loads(sent.body)) == (200, {"offset": at + len(piece)})
    refused = await server.request("PATCH", place, b"x", headers={"Upload-Offset": "7"})
    said = json.loads(refused.body)["error"]
    assert (refused.code, said["code"], said["detail"]) == (409, "offset_mismatch", {"offset": 3000})
    assert (await server.api("GET", place))["offset"] == 3000
    assert (await server.request("PATCH", place, b"x")).code == 400
    rest = await server.request("PATCH", place, content[3000:], headers={"Upload-Offset": "3000"})
    assert json.loads(rest.body) == {"offset": len(content)}
    wish = {"title": "Twos", "uploads": [begun["id"]]}
    made = await server.api("POST", f"mlabs/api/data/make?path={PATH}", wish, 202)
    assert (made["state"], made["source"]) == ("making", "1 file")

    made = await ended(server)
    assert (made["state"], made["dataset"]) == ("made", "ada/twos")
    await server.api("DELETE", f"mlabs/api/data/make?id={made['id']}", None, 204)
    assert (await data(server))["making"] == []
    await data(server, "PUT", {"dataset": made["dataset"]})
    assert (server.root / "mnist" / "data" / "ada" / "twos" / "t.csv").read_bytes() == content


async def test_what_cannot_be_made_says_why(server):
    for wish in ({"title": "No"}, {"title": "Both", "url": "https://example.org/x", "run": "0" * 26}):
        refused = await server.api("POST", f"mlabs/api/data/make?path={PATH}", wish, 422)
        assert refused["error"]["code"] == "source_missing"
    # An address inside of the hub's own network.
    wish = {"title": "Inside", "url": "http://127.0.0.1:1/x.csv"}
    await server.api("POST", f"mlabs/api/data/make?path={PATH}", wish, 202)

    made = await ended(server)
    assert (made["state"], made["dataset"]) == ("failed", None)
    assert made["message"]
    too_long = {"path": "x", "size": 10**15}
    refused = await server.api("POST", "mlabs/api/data/uploads", too_long, 413)
    assert refused["error"]["code"] == "file_too_large"
    await server.api("GET", f"mlabs/api/data/uploads/{'0' * 26}", None, 404)


async def test_what_a_run_made_becomes_a_dataset(server):
    [cell] = server.write_notebook(PATH, ["1"])
    assert (await server.api("GET", "mlabs/api/data/outputs?lab=ada/mnist"))["items"] == []
    notebook = await server.open_notebook()
    await notebook.execute(
        "import os; os.makedirs('outputs'); print(1, file=open('outputs/a.txt', 'w'))", cell
    )
    async with asyncio.timeout(60):
        while not (files := (await server.api("GET", "mlabs/api/data/outputs?lab=ada/mnist"))["items"]):
            await asyncio.sleep(0.1)
    [file] = files
    wish = {"title": "Ones", "run": file["run"], "paths": [file["path"]]}
    made = await server.api("POST", f"mlabs/api/data/make?path={PATH}", wish, 202)
    assert made["source"] == f"run {file['run']}"
    assert (await ended(server))["dataset"] == "ada/ones"
    await data(server, "PUT", {"dataset": "ada/ones"})
    assert (server.root / "mnist" / "data" / "ada" / "ones" / file["path"]).read_text() == "1\n"
