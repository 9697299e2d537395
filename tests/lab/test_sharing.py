"""With whom the lab of a notebook is shared, by the extension against the real service."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import pytest
from lab.user_server import UserServer

# The harness of the service's own tests.
from service.conftest import migrated, site, start_site

__all__ = ["migrated", "site", "start_site"]

PATH = "mnist/mnist.ipynb"
SHARES = f"mlabs/api/shares?path={PATH}"
LINKS = f"mlabs/api/shares/links?path={PATH}"


@pytest.fixture
async def server(site, tmp_path) -> Any:
    """ada's server, with the notebook of a private lab of hers."""
    await asyncio.to_thread(site.publish, "ada", name="mnist", visibility="private")
    server = UserServer(tmp_path, site.url)
    server.token = "ada-token"
    await server.start()
    server.write_notebook(PATH, ["1"], {"mlabs": {"lab": "ada/mnist"}})
    yield server
    await server.stop()


def seen(site: Any, person: str) -> int:
    return site.as_(person).get("api/v1/labs/ada/mnist").status_code


async def listed(server: UserServer) -> list[tuple[str, str, str]]:
    answer = await server.api("GET", SHARES)
    return [(share["kind"], share["name"], share["access"]) for share in answer["items"]]


async def test_a_person_sees_it_edits_it_and_no_longer(server, site):
    assert await listed(server) == []
    assert await asyncio.to_thread(seen, site, "bob") == 404
    await server.api("PUT", f"{SHARES}&who=bob", {"access": "view"})
    assert await asyncio.to_thread(seen, site, "bob") == 200
    await server.api("PUT", f"{SHARES}&who=bob", {"access": "edit"})
    strange = "Ärzte & Co/2"
    group = await server.api("PUT", f"{SHARES}&who={quote(strange, safe='')}", {"kind": "group"})
    assert (group["kind"], group["name"]) == ("group", strange)
    assert await listed(server) == [("user", "bob", "edit"), ("group", strange, "view")]
    await server.api("DELETE", f"{SHARES}&who=bob", status=204)
    assert await asyncio.to_thread(seen, site, "bob") == 404
    await server.api("DELETE", f"{SHARES}&kind=group&who={quote(strange, safe='')}", status=204)
    assert await listed(server) == []


async def test_a_secret_link_is_told_once_and_revoked(server, site):
    made = await server.api("POST", LINKS, {"name": "for the reviewers"}, 201)
    assert made["url"].endswith(f"/s/{made['secret']}")
    [told] = (await server.api("GET", SHARES))["items"]
    assert (told["name"], told["id"], told.get("secret")) == ("for the reviewers", made["id"], None)
    accepted = {"secret": made["secret"]}
    bob = site.as_("bob")
    assert (await asyncio.to_thread(bob.post, "api/v1/me/shared", json=accepted)).status_code == 200
    assert await listed(server) == [("link", "for the reviewers", "view"), ("user", "bob", "view")]
    await server.api("DELETE", f"{LINKS}&link={made['id']}", status=204)
    assert (await listed(server), await asyncio.to_thread(seen, site, "bob")) == ([], 404)


@pytest.mark.parametrize(
    ("method", "asked", "body", "status", "code"),
    [
        pytest.param("PUT", f"{SHARES}&who=ada", {}, 422, "share_invalid", id="with oneself"),
        pytest.param("PUT", f"{SHARES}&who={'n' * 256}", {}, 422, "share_invalid", id="a long name"),
        pytest.param("PUT", f"{SHARES}&who=bob", {"access": "own"}, 422, "fields_invalid", id="no such role"),
        pytest.param("PUT", SHARES, {}, 400, "argument_missing", id="with nobody"),
        pytest.param("DELETE", f"{SHARES}&who=bob", None, 404, "share_not_found", id="not shared"),
        pytest.param("DELETE", f"{SHARES}&who=b&kind=x", None, 400, "kind_invalid", id="no such kind"),
        pytest.param("DELETE", f"{LINKS}&link=none", None, 404, "share_not_found", id="no such link"),
        pytest.param("DELETE", LINKS, None, 400, "argument_missing", id="no link said"),
        pytest.param("POST", LINKS, {"expires": "2020-01-01T00:00:00Z"}, 422, "expires_invalid", id="ended"),
        pytest.param("GET", "mlabs/api/shares?path=other.ipynb", None, 404, "not_a_lab", id="no lab"),
        pytest.param("GET", "mlabs/api/shares", None, 400, "path_missing", id="no notebook"),
    ],
)
async def test_what_cannot_be_is_said(server, method, asked, body, status, code):
    server.write_notebook("other.ipynb", ["1"])
    error = (await server.api(method, asked, body, status))["error"]
    assert (error["code"], bool(error["message"])) == (code, True)


async def test_who_edits_a_lab_of_somebody_elses_does_not_share_it(server, site):
    def prepare() -> None:
        site.publish("bob", name="plots", visibility="private")
        share = site.as_("bob").put("api/v1/labs/bob/plots/shares/ada", json={"access": "edit"})
        assert share.status_code == 200

    await asyncio.to_thread(prepare)
    server.write_notebook("theirs.ipynb", ["3"], {"mlabs": {"lab": "bob/plots"}})
    error = (await server.api("GET", "mlabs/api/shares?path=theirs.ipynb", status=403))["error"]
    assert (error["code"], "ask bob" in error["message"]) == ("not_the_owner", True)
