"""The API of the user's server: fork, embed, history, open, lab, and who may use it."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from lab.disk import PATH, on_disk
from lab.user_server import TOKEN, UserServer
from support.waiting import eventually
from tornado.web import RequestHandler

from mlabs_ext.errors import MLabsError
from mlabs_ext.lab.web.base import Api
from mlabs_ext.lab.web.routes import ROUTES

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "json_invalid"),
        (b'{"path": 1}', 422, "fields_invalid"),
        (b'{"path": "a", "surprise": 1}', 422, "fields_invalid"),
        (b"\xff", 400, "json_invalid"),
    ],
    ids=["not JSON", "wrong type", "unknown field", "not UTF-8"],
)
async def test_bad_bodies(server, body, status, code):
    response = await server.request("POST", "mlabs/api/publish", body)
    assert (response.code, json.loads(response.body)["error"]["code"]) == (status, code)


async def test_fork(service, server):
    server.write_notebook("else/b.ipynb", ["1"])
    service.add_lab("bob/plots", (server.root / "else/b.ipynb").read_bytes())
    answer = await server.api("POST", "mlabs/api/fork", {"lab": "bob/plots"}, 201)
    assert answer["lab"]["forked_from"]["lab"] == "bob/plots"
    assert answer["open_url"] == "/services/mlabs/open/@ada/plots"
    assert (await server.api("POST", "mlabs/api/fork", {"lab": "bob/none"}, 404))["error"][
        "code"
    ] == "lab_not_found"
    assert (await server.api("POST", "mlabs/api/fork", {"lab": "nonsense"}, 400))["error"]["code"] == (
        "lab_reference_invalid"
    )


async def test_embed(service, server):
    server.write_notebook(PATH, ["1"])
    assert (await server.api("GET", f"mlabs/api/embed?path={PATH}", status=422))["error"][
        "code"
    ] == "not_published"
    await server.api("POST", "mlabs/api/publish", {"path": PATH})
    service.labs["ada/mnist"].title = 'A "title" & <script>'
    base = f"{server.url}/services/mlabs"
    for asked in (f"path={PATH}", "lab=ada/mnist"):
        assert await server.api("GET", f"mlabs/api/embed?{asked}") == {
            "url": f"{base}/@ada/mnist",
            "embed_url": f"{base}/embed/@ada/mnist",
            "html": (
                f'<iframe src="{base}/embed/@ada/mnist" title="A &quot;title&quot; &amp; &lt;script&gt;" '
                'loading="lazy" style="width:100%;border:0" height="480"></iframe>'
            ),
            "markdown": f"[![Open in MLabs]({base}/badge.svg)]({base}/@ada/mnist)",
            "rst": f".. image:: {base}/badge.svg\n   :target: {base}/@ada/mnist\n   :alt: Open in MLabs",
            "paragraph": (
                '<p class="mlabs" data-lab="ada/mnist" data-height="480" style="min-height:480px">'
                f'<a href="{base}/@ada/mnist">A &quot;title&quot; &amp; &lt;script&gt;</a></p>\n'
                f'<script async src="{base}/embed.js"></script>'
            ),
        }


async def test_history_pages_and_merges(service, server, notebook):
    for n in range(3):
        await notebook.execute(str(n), "a")
        # The reply may overtake what is recorded: a restart at once could end the kernel unheard.
        await eventually(lambda known=n + 1: len(service.runs) == known)
        await notebook.restart()
    await eventually(lambda: len(service.ended()) == 3)
    newest = sorted(service.runs, reverse=True)
    first = await server.api("GET", f"mlabs/api/history?path={PATH}&limit=2")
    assert [run["id"] for run in first["items"]] == newest[:2]
    rest = await server.api("GET", f"mlabs/api/history?path={PATH}&limit=2&cursor={first['next']}")
    assert [run["id"] for run in rest["items"]] == newest[2:]
    await service.down()
    await notebook.execute("1", "a")
    await service.up()
    service.fault = lambda path, body: MLabsError("Not now.") if path.startswith("runs") else None
    page = await eventually_open(server)
    assert [(run["status"], run["busy"], run["cells"]) for run in page["items"][:2]] == [
        ("running", False, 1),
        ("succeeded", False, 1),
    ]
    assert (await server.api("GET", "mlabs/api/history?path=no/lab.ipynb"))["items"] == []
    for bad in ("0", "101", "x", "-1"):
        answer = await server.api("GET", f"mlabs/api/history?path={PATH}&limit={bad}", status=400)
        assert answer["error"]["code"] == "limit_invalid"
    service.fault = lambda path, body: None


async def eventually_open(server: UserServer) -> dict:
    while True:
        page = await server.api("GET", f"mlabs/api/history?path={PATH}")
        if page["items"][0]["status"] == "running" and not page["items"][0]["busy"]:
            return page


async def test_lab(service, server):
    server.write_notebook(PATH, ["1"])
    shown = await server.api("GET", f"mlabs/api/lab?path={PATH}")
    assert (shown["draft"], shown["dirty"], shown["foreign"], shown["owner"]) == (True, True, False, "ada")
    await server.api("POST", "mlabs/api/publish", {"path": PATH})
    shown = await server.api("GET", f"mlabs/api/lab?path={PATH}")
    assert (shown["lab"]["id"], shown["draft"], shown["dirty"]) == ("ada/mnist", False, False)
    server.write_notebook(PATH, ["1"], {"mlabs": {"lab": "ada/mnist", "environment": "python"}})
    assert (await server.api("GET", f"mlabs/api/lab?path={PATH}"))["dirty"] is False
    server.write_notebook(PATH, ["2"])
    assert (await server.api("GET", f"mlabs/api/lab?path={PATH}"))["dirty"] is True
    own = {"mlabs": {"lab": "ada/mnist"}}
    server.write_notebook(PATH, ["2"], own | {"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    await server.api("POST", "mlabs/api/publish", {"path": PATH})
    for kernel, dirty in (("python3", False), ("ir", True)):
        added = {"kernelspec": {"name": kernel, "display_name": "As the machine calls it"}}
        server.write_notebook(PATH, ["2"], own | added | {"language_info": {"name": "python"}})
        assert (await server.api("GET", f"mlabs/api/lab?path={PATH}"))["dirty"] is dirty
    changed = await server.api("PATCH", f"mlabs/api/lab?path={PATH}", {"visibility": "private", "title": "T"})
    assert (changed["visibility"], changed["title"]) == ("private", "T")
    server.write_notebook("else/b.ipynb", ["1"], {"mlabs": {"lab": "bob/plots"}})
    shown = await server.api("GET", "mlabs/api/lab?path=else/b.ipynb")
    assert (shown["lab"], shown["source"], shown["foreign"]) == (None, "bob/plots", True)
    answer = await server.api("PATCH", "mlabs/api/lab?path=else/b.ipynb", {"title": "T"}, 404)
    assert answer["error"]["code"] == "not_a_lab"
    assert (await server.api("GET", "mlabs/api/lab", status=400))["error"]["code"] == "path_missing"


@pytest.mark.parametrize(
    ("query", "place"), [("", "lab/tree"), ("&ui=notebook", "notebooks")], ids=["JupyterLab", "Notebook 7"]
)
async def test_open_of_a_draft(service, server, query, place):
    response = await server.request("GET", f"mlabs/api/open?lab=ada/mnist{query}")
    assert (response.code, response.headers["Location"]) == (302, f"/{place}/{PATH}")
    nb = on_disk(server)
    assert nb["metadata"]["mlabs"] == {"environment": "python", "accelerator": "none", "lab": "ada/mnist"}
    assert nb["metadata"]["kernelspec"]["name"] == "python3"
    assert nb["cells"] == []


async def test_open_fetches_once_and_never_writes_over(service, server):
    server.write_notebook("else/b.ipynb", ["41 + 1"], {"kernelspec": {"name": "colab", "display_name": "x"}})
    service.add_lab("ada/copy", (server.root / "else/b.ipynb").read_bytes())
    await server.request("GET", "mlabs/api/open?lab=ada/copy")
    nb = on_disk(server, "copy/copy.ipynb")
    assert nb["cells"][0]["source"] == ["41 + 1"] or nb["cells"][0]["source"] == "41 + 1"
    assert nb["metadata"]["mlabs"]["lab"] == "ada/copy"
    assert nb["metadata"]["kernelspec"]["name"] == "python3"
    assert (await server.api("GET", "mlabs/api/lab?path=copy/copy.ipynb"))["lab"]["id"] == "ada/copy"
    (server.root / "copy/copy.ipynb").write_text("mine")
    assert (await server.request("GET", "mlabs/api/open?lab=ada/copy")).code == 302
    assert (server.root / "copy/copy.ipynb").read_text() == "mine"


@pytest.mark.parametrize(
    ("lab", "status", "words"),
    [
        ("bob/plots", 403, "not your lab"),
        ("ada/none", 404, "no lab"),
        ("<script>alert(1)</script>", 400, "owner/name"),
        ("", 400, "owner/name"),
        ("ada/../../x", 400, "owner/name"),
    ],
    ids=["somebody else's", "absent", "script", "empty", "path"],
)
async def test_open_says_in_a_page_what_is_wrong(server, lab, status, words):
    response = await server.request("GET", f"mlabs/api/open?lab={quote(lab)}")
    page = response.body.decode()
    assert response.code == status
    assert response.headers["Content-Type"].startswith("text/html")
    assert words in page
    assert "<script>" not in page


def calls(*verbs: str) -> list[tuple[str, str]]:
    """Every call of the API by one of these verbs, and its path."""
    return [
        (verb.upper(), pattern.removeprefix("/").replace("([0-9A-Z]{26})", "0" * 26))
        for pattern, handler in ROUTES
        for verb in verbs
        if issubclass(handler, Api) and getattr(handler, verb) is not getattr(RequestHandler, verb)
    ]


async def test_nobody_else_may_write(server):
    no_token = {"Authorization": ""}
    cookie = await signed_in(server)
    asked = calls("post", "put", "patch", "delete")
    assert len(asked) > 20
    for verb, path in asked:
        body = None if verb == "DELETE" else {}
        response = await server.request(verb, path, body, headers=no_token)
        assert response.code == 403, (verb, path)
        assert json.loads(response.body)["error"]["status"] == 403
        response = await server.request(verb, path, body, headers={**no_token, "Cookie": cookie})
        assert response.code == 403, (verb, path)
        assert "_xsrf" in json.loads(response.body)["error"]["message"]


async def test_nobody_else_may_read(server):
    asked = calls("get")
    assert len(asked) > 15
    for verb, path in asked:
        response = await server.request(verb, f"{path}?path={PATH}", headers={"Authorization": ""})
        assert response.code == 403, path
        assert json.loads(response.body)["error"]["code"] == "forbidden"
    pages = [pattern for pattern, handler in ROUTES if not issubclass(handler, Api)]
    assert pages == ["/mlabs/api/open", "/mlabs/api/run"]
    for pattern in pages:
        response = await server.request("GET", pattern.removeprefix("/"), headers={"Authorization": ""})
        assert response.code == 302
        assert "/login?next=" in response.headers["Location"]


async def signed_in(server: UserServer) -> str:
    response = await server.request("GET", f"lab?token={TOKEN}", headers={"Authorization": ""})
    return "; ".join(cookie.split(";")[0] for cookie in response.headers.get_list("Set-Cookie"))


async def test_off_without_mlabs(tmp_path):
    server = UserServer(tmp_path, "")
    await server.start()
    try:
        assert (await server.request("GET", "mlabs/api/lab?path=x")).code == 404
        assert server.log.count("MLabs is off: MLABS_SERVICE_URL is not set") == 1
        assert not server.outbox.exists()
    finally:
        await server.stop()


async def test_only_the_owner_of_a_shared_server(service, tmp_path):
    server = UserServer(
        tmp_path, service.url, options=("--ServerApp.identity_provider_class=lab.identity.ByHeader",)
    )
    await server.start()
    try:
        for path in ("history", "lab"):
            for name, code in (("ada", 200), ("bob", 403), ("Ada", 403)):
                asked = f"mlabs/api/{path}?path={PATH}"
                response = await server.request("GET", asked, headers={"Authorization": "", "X-User": name})
                assert (name, response.code) == (name, code)
        assert json.loads(response.body)["error"]["code"] == "not_your_server"
    finally:
        await server.stop()
