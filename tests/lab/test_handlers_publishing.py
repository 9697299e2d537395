"""Publishing by the API of the user's server: which lab it is of, and what of it the service gets."""

from __future__ import annotations

import json

import pytest
from lab.disk import PATH, on_disk

from mlabs_ext.errors import MLabsError

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_publish_of_the_servers_own_lab(service, server):
    server.write_notebook(PATH, ["1 + 1"], {"colab": {"provenance": ["secret"]}})
    before = (server.root / PATH).read_bytes()
    body = {"path": PATH, "title": "Digits", "visibility": "unlisted", "message": "first"}
    published = await server.api("POST", "mlabs/api/publish", body, 201)
    assert (published["created"], published["unchanged"], published["lab"]["version"]) == (True, False, 1)
    assert published["metadata"] == {"environment": "python", "accelerator": "none", "lab": "ada/mnist"}
    [sent] = service.versions
    assert (sent.title, sent.visibility, sent.message) == ("Digits", "unlisted", "first")
    stored = json.loads(service.notebooks["ada/mnist"][0])
    assert stored["metadata"]["mlabs"] == published["metadata"]
    assert "provenance" not in stored["metadata"].get("colab", {})
    assert (server.root / PATH).read_bytes() == before
    again = await server.api("POST", "mlabs/api/publish", {"path": PATH}, 200)
    assert (again["created"], again["unchanged"], again["lab"]["version"]) == (False, True, 1)


async def test_publish_remembers_the_run(service, server, notebook):
    await notebook.execute("1", "a")
    await server.api("POST", "mlabs/api/publish", {"path": PATH})
    [run] = service.runs
    assert service.versions[0].run == run
    assert [event.type for event in service.events[run]] == ["execute", "output", "done"]


@pytest.mark.parametrize("write", [False, True], ids=["front end writes", "server writes"])
async def test_publish_makes_a_new_lab(service, server, write):
    server.write_notebook(
        "else/Über alles.ipynb", ["1"], {"kernelspec": {"name": "python3", "display_name": "x"}}
    )
    before = on_disk(server, "else/Über alles.ipynb")
    body = {"path": "else/Über alles.ipynb", "write_metadata": write}
    published = await server.api("POST", "mlabs/api/publish", body, 201)
    assert published["lab"]["name"] == "uber-alles"
    after = on_disk(server, "else/Über alles.ipynb")
    if write:
        assert after["metadata"].pop("mlabs") == published["metadata"]
    assert after == before


async def test_publish_of_my_lab_by_its_metadata(service, server):
    service.add_lab("ada/other", environment="pytorch")
    server.write_notebook("else/o.ipynb", ["1"], {"mlabs": {"lab": "ada/other"}})
    published = await server.api("POST", "mlabs/api/publish", {"path": "else/o.ipynb"})
    assert published["lab"]["id"] == "ada/other"
    assert published["metadata"]["environment"] == "pytorch"


async def test_the_place_of_the_file_comes_before_its_metadata(service, server):
    service.add_lab("ada/parent")
    server.write_notebook(PATH, ["1"], {"mlabs": {"lab": "ada/parent"}})
    assert (await server.api("POST", "mlabs/api/publish", {"path": PATH}))["lab"]["id"] == "ada/mnist"


async def test_publish_of_somebody_elses_lab_forks_it(service, server):
    parent = server.write_notebook("else/b.ipynb", ["1"], {"mlabs": {"lab": "bob/plots"}})
    service.add_lab("bob/plots", (server.root / "else/b.ipynb").read_bytes())
    server.write_notebook("else/b.ipynb", ["2"], {"mlabs": {"lab": "bob/plots"}})
    published = await server.api("POST", "mlabs/api/publish", {"path": "else/b.ipynb"}, 201)
    assert published["lab"]["forked_from"] == {"lab": "bob/plots", "version": 1}
    assert (published["lab"]["id"], published["lab"]["version"]) == ("ada/plots", 2)
    assert service.versions[0].message == "Forked from bob/plots"
    assert parent


@pytest.mark.parametrize(("access", "status"), [("edit", 200), ("view", 404)])
async def test_publish_of_a_lab_that_is_shared_to_edit(service, server, access, status):
    server.write_notebook("else/b.ipynb", ["1"], {"mlabs": {"lab": "bob/plots"}})
    service.add_lab("bob/plots", (server.root / "else/b.ipynb").read_bytes(), access=access)
    server.write_notebook("else/b.ipynb", ["2"], {"mlabs": {"lab": "bob/plots"}})
    beside = await server.api("GET", "mlabs/api/lab?path=else/b.ipynb")
    changed = await server.api("PATCH", "mlabs/api/lab?path=else/b.ipynb", {"title": "Ours"}, status)
    published = await server.api("POST", "mlabs/api/publish", {"path": "else/b.ipynb"})
    if access == "edit":
        assert (beside["lab"]["id"], beside["source"], beside["dirty"]) == ("bob/plots", None, True)
        assert changed["title"] == "Ours"
        assert (published["lab"]["id"], published["lab"]["version"]) == ("bob/plots", 2)
        assert published["metadata"]["lab"] == "bob/plots"
        assert (published["created"], service.versions[0].run) == (False, None)
    else:
        assert (beside["lab"], beside["source"]) == (None, "bob/plots")
        assert changed["error"]["code"] == "not_a_lab"
        assert published["lab"]["id"] == "ada/plots"


@pytest.mark.parametrize(
    ("path", "metadata"),
    [(PATH, {}), ("else/o.ipynb", {"mlabs": {"lab": "ada/mnist"}})],
    ids=["the server's lab", "by its metadata"],
)
@pytest.mark.parametrize(
    ("name", "published"),
    [(None, None), ("mnist", None), ("digits", "ada/digits")],
    ids=["no name", "the same name", "another name"],
)
async def test_publish_of_a_lab_in_the_trash(service, server, path, metadata, name, published):
    service.trash.append(service.labs.pop("ada/mnist"))
    server.write_notebook(path, ["1"], metadata)
    status = 201 if published else 409
    answer = await server.api("POST", "mlabs/api/publish", {"path": path, "name": name}, status)
    if published:
        assert (answer["lab"]["id"], answer["created"]) == (published, True)
    else:
        assert answer["error"]["code"] == "lab_in_trash"
        assert "Restore it" in answer["error"]["message"]
    assert list(service.labs) == [published] * bool(published)


async def test_publish_of_a_lab_that_was_deleted_makes_it_anew(service, server):
    del service.labs["ada/mnist"]
    server.write_notebook(PATH, ["1"])
    published = await server.api("POST", "mlabs/api/publish", {"path": PATH}, 201)
    assert (published["lab"]["id"], published["created"]) == ("ada/mnist", True)
    assert published["lab"]["visibility"] == "private"


@pytest.mark.parametrize("asked", [None, "public"], ids=["nothing said", "said to be public"])
async def test_what_came_from_a_lab_that_one_may_not_see_is_private(service, server, asked):
    server.write_notebook("else/b.ipynb", ["1"], {"mlabs": {"lab": "bob/plots", "environment": "pytorch"}})
    beside = await server.api("GET", "mlabs/api/lab?path=else/b.ipynb")
    assert (beside["lost"], beside["visibility"], beside["source"]) == (True, "private", "bob/plots")
    published = await server.api(
        "POST", "mlabs/api/publish", {"path": "else/b.ipynb", "visibility": asked}, 201
    )
    assert published["lab"]["visibility"] == (asked or "private")
    assert (published["note"] or "").startswith("" if asked else "bob/plots is not there for you")
    assert (published["note"] is None) == (asked is not None)
    [stored] = service.notebooks[published["lab"]["id"]]
    assert json.loads(stored)["metadata"]["mlabs"] == {"environment": "pytorch", "accelerator": "none"}


@pytest.mark.parametrize("seen_by", ["public", "private"])
async def test_what_a_fork_would_be_is_known_beforehand(service, server, seen_by):
    server.write_notebook("else/b.ipynb", ["1"], {"mlabs": {"lab": "bob/plots"}})
    service.add_lab("bob/plots", (server.root / "else/b.ipynb").read_bytes(), visibility=seen_by)
    beside = await server.api("GET", "mlabs/api/lab?path=else/b.ipynb")
    assert (beside["lost"], beside["visibility"]) == (False, seen_by)


@pytest.mark.parametrize(
    ("content", "path", "status", "code"),
    [
        (b"", "no/such.ipynb", 404, "notebook_not_found"),
        (b"{", "bad/bad.ipynb", 400, "notebook_invalid"),
        (b"[]", "bad/bad.ipynb", 400, "notebook_invalid"),
        (b"\xff\xfe", "bad/bad.ipynb", 400, "notebook_unusable"),
        (b"", "../../etc/passwd", 404, "notebook_not_found"),
    ],
    ids=["absent", "not JSON", "a list", "not text", "outside"],
)
async def test_publish_of_what_is_no_notebook(service, server, content, path, status, code):
    if path.startswith("bad"):
        (server.root / "bad").mkdir(exist_ok=True)
        (server.root / path).write_bytes(content)
    answer = await server.api("POST", "mlabs/api/publish", {"path": path}, status)
    assert answer["error"]["code"] == code
    assert answer["error"]["status"] == status


async def test_errors_of_the_service_arrive_as_they_are(service, server):
    server.write_notebook(PATH, ["1"])
    refusal = MLabsError("Too many labs for today.", "labs_limit", {"limit": 3})
    refusal.status = 429
    service.fault = lambda path, body: refusal if path.endswith("/versions") else None
    answer = await server.api("POST", "mlabs/api/publish", {"path": PATH}, 429)
    assert answer == refusal.body()


async def test_service_down_says_that_the_work_is_safe(service, server):
    server.write_notebook(PATH, ["1"])
    await service.down()
    answer = await server.api("POST", "mlabs/api/publish", {"path": PATH}, 503)
    assert answer["error"]["code"] == "service_unavailable"
    assert "safe" in answer["error"]["message"]
    await service.up()
