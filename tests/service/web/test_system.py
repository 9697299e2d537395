"""Sign-in, sign-out, health, metrics."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from support.post_office import receiver

from mlabs_ext.service.web.system import safe_next

BASE = "/services/mlabs/"


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/services/mlabs/@ada/x", "/services/mlabs/@ada/x"),
        ("/services/mlabs/?q=a&sort=popular", "/services/mlabs/?q=a&sort=popular"),
        ("/services/mlabs/?q=../..", "/services/mlabs/?q=../.."),
        ("", BASE),
        ("/", BASE),
        ("/hub/spawn/ada/x", BASE),
        ("//evil.example/services/mlabs/", BASE),
        ("/\\evil.example/services/mlabs/", BASE),
        ("\\/services/mlabs/", BASE),
        ("https://evil.example/services/mlabs/", BASE),
        ("javascript:alert(1)//services/mlabs/", BASE),
        ("/services/mlabs/../../hub/spawn", BASE),
        ("/services/mlabs/..", BASE),
        ("/services/mlabs/%2e%2E/hub", BASE),
        ("/services/mlabs/./x", BASE),
        ("/services/mlabs/\r\nSet-Cookie: a=b", BASE),
        ("/services/mlabs/\t/x", BASE),
        (" /services/mlabs/", BASE),
        ("/services/mlabsevil/", BASE),
    ],
    ids=repr,
)
def test_where_a_sign_in_may_lead(wanted, goes_to):
    assert safe_next(wanted, BASE) == goes_to


def test_signing_in_starts_at_the_hub(site):
    answer = site.as_(None).get(f"login?next={quote('/services/mlabs/@ada/x')}")
    address = urlsplit(answer.headers["Location"])
    asked = parse_qs(address.query)
    assert answer.status_code == 302
    assert address.path == "/hub/api/oauth2/authorize"
    assert asked["client_id"] == ["service-mlabs"]
    assert asked["code_challenge_method"] == ["S256"]
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()


@pytest.mark.parametrize("protocol", ["http", "https"])
def test_a_whole_sign_in(site, protocol):
    person = site.client(**{"X-Forwarded-Proto": protocol})
    start = person.get(f"login?next={quote('/services/mlabs/@ada/x')}")
    state = parse_qs(urlsplit(start.headers["Location"]).query)["state"][0]
    back = person.get(f"oauth_callback?code=ada&state={quote(state)}", headers=cookies_of(start))
    assert back.headers["Location"].startswith("/services/mlabs/login?next=")
    cookies = back.headers.get_list("Set-Cookie")
    kept = [cookie for cookie in cookies if not cookie.startswith("service-mlabs-oauth-state")]
    assert {cookie.partition("=")[0] for cookie in kept} == {"service-mlabs", "_xsrf"}
    for cookie in kept:
        said = cookie.lower()
        assert "httponly" in said
        assert "samesite=lax" in said
        assert "path=/services/mlabs/" in said
        assert ("secure" in said.split("; ")) == (protocol == "https")
    on = person.get(back.headers["Location"].removeprefix(BASE), headers=cookies_of(back))
    assert on.headers["Location"] == "/services/mlabs/@ada/x"
    assert person.get("api/v1/me", headers=cookies_of(back)).json()["name"] == "ada"


def cookies_of(answer) -> dict[str, str]:
    """What a browser would send next; httpx keeps secure cookies from a test's plain HTTP."""
    return {"Cookie": "; ".join(c.partition(";")[0] for c in answer.headers.get_list("Set-Cookie"))}


@pytest.mark.parametrize("wanted", ["/services/mlabs/me", "//evil.example", "https://evil.example/"])
def test_who_is_signed_in_goes_on(site, wanted):
    answer = site.session("ada").get(f"login?next={quote(wanted, safe='')}")
    assert answer.headers["Location"] == (wanted if wanted.endswith("/me") else BASE)


@pytest.mark.parametrize(
    "query",
    ["", "?code=x", "?code=x&state=forged", "?error=no&error_description=<b>no</b>", "?state=%00&code=x"],
)
def test_a_forged_sign_in_is_refused(site, query):
    answer = site.as_(None).get(f"oauth_callback{query}")
    assert answer.status_code == 403
    assert "<b>no</b>" not in answer.text


def test_signing_out_needs_a_form(site):
    ada = site.session("ada")
    assert ada.get("logout").status_code == 405
    assert site.as_(None).post("logout").status_code == 303
    forged = ada.post("logout", headers={"X-XSRFToken": "forged"})
    assert forged.status_code == 403
    answer = ada.post("logout")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/hub/logout")
    assert 'service-mlabs=""' in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("path", ["@ada/", "@ada/mnist/", "@ada/mnist/runs//"])
def test_a_slash_too_many_leads_to_the_page(site, path):
    answer = site.as_(None).get(f"{path}?v=1")
    page = f"/services/mlabs/{path.rstrip('/')}?v=1"
    assert (answer.status_code, answer.headers["Location"]) == (301, page)


def test_health(site):
    assert site.as_(None).get("healthz").json()["status"] == "ok"


def test_health_without_a_database(site, monkeypatch):
    from mlabs_ext.errors import Unavailable

    def down() -> None:
        raise Unavailable("The database does not answer.", "database_unavailable")

    monkeypatch.setattr(site.service.store, "check", down)
    assert site.as_(None).get("healthz").status_code == 503


@pytest.mark.parametrize(
    ("who", "status"),
    [(None, 403), ("ada", 403), ("spawner", 403), ("metrics", 200), ("admin", 200)],
    ids=str,
)
def test_metrics_are_for_administrators(site, who, status):
    site.as_(None).get("healthz")
    answer = site.as_(who).get("metrics")
    assert answer.status_code == status
    if status == 200:
        counted = 'mlabs_requests_total{handler="HealthHandler",method="GET",status="200"} 1.0'
        assert counted in answer.text


def test_static_files_are_kept_for_ever_by_their_hash(site):
    address = site.service.static.url("mlabs.css").removeprefix(BASE)
    answer = site.as_(None).get(address)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" not in site.as_(None).get("static/mlabs.css").headers.get("Cache-Control", "")


@pytest.mark.parametrize(
    "path", ["static/absent.css", "static/", "static/%2e%2e/app.py", "static/..%2fapp.py"]
)
def test_static_files_that_are_not(site, path):
    assert site.as_(None).get(path).status_code in (403, 404)


READY = ["database", "tables", "blobs", "hub"]


@pytest.fixture
def hub_there(site):
    """A hub that answers."""
    with receiver() as hub:
        hub.status, hub.answer = 200, b'{"version": "6"}'
        site.service.hub.api_url = f"http://127.0.0.1:{hub.port}/hub/api"
        yield hub


def test_readiness(site, hub_there):
    answer = site.as_(None).get("readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "checks": dict.fromkeys(READY, "ok")}


def lose_hub(site):
    site.service.hub.api_url = "http://127.0.0.1:9/hub/api"


def lose_blobs(site):
    place = Path(site.service.blobs.directory)
    place.rename(place.with_name("elsewhere")) if place.exists() else None
    place.write_text("")


def lose_tables(site):
    with site.service.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")


def lose_database(site):
    with site.service.store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")


@pytest.mark.parametrize(
    ("part", "lose", "words"),
    [
        ("hub", lose_hub, "JupyterHub does not answer"),
        ("blobs", lose_blobs, "cannot be written to"),
        ("tables", lose_tables, "not those of this version"),
        ("tables", lose_database, "not those of this version"),
    ],
    ids=["hub", "blobs", "older-tables", "no-tables"],
)
def test_what_is_missing_is_told_to_administrators(site, hub_there, part, lose, words):
    lose(site)
    answer = site.as_(None).get("readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {**dict.fromkeys(READY, "ok"), part: "failed"}
    said = site.as_("admin").get("readyz").json()
    assert words in said["checks"][part]
    assert str(site.service.data_dir) not in answer.text


def test_readiness_is_asked_for_once_in_a_while(site, hub_there):
    for _ in range(20):
        assert site.as_(None).get("readyz").status_code == 200
    assert len(hub_there.posts) < 20
