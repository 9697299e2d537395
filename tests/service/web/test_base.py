"""What every handler shares: sessions, XSRF, bodies, errors and headers."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

import pytest

from mlabs_ext.service.web import identity

SECURE = {"x-content-type-options": "nosniff", "referrer-policy": "strict-origin-when-cross-origin"}


def error(answer) -> tuple[int, str]:
    body = answer.json()["error"]
    assert body["status"] == answer.status_code
    assert body["message"]
    return body["status"], body["code"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", (400, "json_invalid")),
        (b"{", (400, "json_invalid")),
        (b"\xff\xfe", (400, "json_invalid")),
        (b"\xef\xbb\xbf{}", (400, "json_invalid")),
        (b'{"title": NaN}', (400, "json_invalid")),
        (b'{"title": "\\ud800"}', (400, "json_invalid")),
        (b"[" * 1_000_000, (422, "fields_invalid")),
        (b'{"tags": ' + b"[" * 100_000, (422, "fields_invalid")),
        (b'{"notebook": ' + b"[" * 100_000, (400, "json_invalid")),
        (b'{"notebook": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", (400, "json_invalid")),
        (b"[]", (422, "fields_invalid")),
        (b"null", (422, "fields_invalid")),
        (b'"x"', (422, "fields_invalid")),
        (b'{"title": 3}', (422, "fields_invalid")),
        (b'{"title": "' + b"x" * 201 + b'"}', (422, "fields_invalid")),
        (b'{"colour": "red"}', (422, "fields_invalid")),
        (b'{"tags": ["A B"]}', (422, "fields_invalid")),
        (b'{"visibility": "secret"}', (422, "fields_invalid")),
        (b'{"run": "x"}', (422, "fields_invalid")),
        (b'{"title": "a\\u0000b"}', (422, "fields_invalid")),
        (b'{"notebook": 3}', (400, "notebook_invalid")),
        (b'{"notebook": "not json"}', (400, "notebook_invalid")),
        (b'{"notebook": "\\ud800"}', (400, "json_invalid")),
        (b'{"notebook": {"x": "\\ud800"}}', (400, "json_invalid")),
        (b'{"notebook": {}}', (400, "notebook_invalid")),
        (b'{"name": "A"}', (422, "name_invalid")),
        (b'{"name": "' + b"9" * 100_000 + b'"}', (422, "name_invalid")),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bodies_that_cannot_be_used(site, body, expected):
    ada = site.as_("ada")
    assert error(ada.post("api/v1/labs", content=body)) == expected
    assert ada.get("api/v1/labs?owner=ada").json()["items"] == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=101", "limit=x", "limit=-1", "limit=", "limit=1e1", "limit=%C2%B2", "limit=9999999",
        "cursor=x", "cursor=!", "cursor=bnVsbA", "cursor=%00", "cursor=WyJwb3B1bGFyIiwxLCJ4Il0", "sort=best",
        "q=%ff", "cursor=WyJyZWNlbnQiLCAiMDAwMS0wMS0wMVQwMDowMDowMFoiLCAieCJd",
    ],
)  # fmt: skip
def test_lists_refuse_what_they_do_not_know(site, query):
    assert error(site.as_(None).get(f"api/v1/labs?{query}"))[0] == 400


@pytest.mark.parametrize(
    ("verb", "path", "expected"),
    [
        ("GET", "api/v1/nothing", (404, "not_found")),
        ("GET", "api/v1", (404, "not_found")),
        ("GET", "api/v1/labs/ada", (404, "not_found")),
        ("GET", "api/v1/labs/ada/x/versions/none", (404, "not_found")),
        ("GET", "api/v1/labs/%00/x", (404, "lab_not_found")),
        ("GET", "api/v1/labs/%ff/x", (400, "bad_request")),
        ("GET", "api/v1/labs/%F0%9F%98%80/x", (404, "lab_not_found")),
        ("GET", "api/v1/labs/..%2F..%2Fetc/passwd", (404, "lab_not_found")),
        ("GET", "api/v1/runs/%00", (404, "run_not_found")),
        ("GET", "api/v1/runs/x", (404, "run_not_found")),
        ("GET", "api/v1/test/broken", (500, "internal_error")),
        ("PUT", "api/v1/labs", (405, "method_not_allowed")),
        ("BREW", "api/v1/labs", (405, "method_not_allowed")),
        ("DELETE", "api/v1/nothing", (404, "not_found")),
    ],
    ids=lambda value: str(value),
)
@pytest.mark.filterwarnings("default")
def test_every_error_has_the_one_shape(site, verb, path, expected):
    answer = site.as_("ada").request(verb, path)
    assert error(answer) == expected
    assert SECURE.items() <= dict(answer.headers).items()
    assert "secret of ours" not in answer.text
    assert "Traceback" not in answer.text


def test_405_says_what_is_allowed(site):
    assert site.as_(None).put("api/v1/labs/ada/x").headers["Allow"] == "GET, HEAD, DELETE, PATCH"


@pytest.mark.parametrize("path", ["nothing", "test/broken"])
def test_errors_of_pages_are_pages(site, path):
    answer = site.as_(None).get(path)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "secret of ours" not in answer.text
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    asked = site.as_(None).get(path, headers={"Accept": "application/json"})
    assert error(asked)[0] == answer.status_code


def test_headers_of_signed_in_and_signed_out(site):
    site.publish(name="x")
    anybody, ada = (site.as_(who).get("api/v1/labs/ada/x") for who in (None, "ada"))
    assert anybody.headers["Cache-Control"] == "no-cache"
    assert ada.headers["Cache-Control"] == "private, no-store"
    missing = site.as_("ada").get("api/v1/labs/ada/absent")
    assert missing.headers["Cache-Control"] == "private, no-store"
    assert "Server" not in anybody.headers
    assert "Strict-Transport-Security" not in anybody.headers
    secure = site.as_(None).get("api/v1/labs", headers={"X-Forwarded-Proto": "https"})
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_head_is_get_without_a_body(site):
    site.publish(name="x")
    answer = site.as_(None).head("api/v1/labs/ada/x")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 100


def test_a_session_reads_and_writes(site):
    ada = site.session("ada")
    assert ada.post("api/v1/labs", json={"title": "Mine"}).status_code == 201
    assert ada.get("api/v1/me").json()["name"] == "ada"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"X-XSRFToken": ""}, "xsrf_invalid"),
        ({"X-XSRFToken": "forged"}, "xsrf_invalid"),
        ({"X-XSRFToken": "\x00é"}, "xsrf_invalid"),
        ({"Origin": "null"}, "cross_origin"),
        ({"Origin": ""}, "cross_origin"),
        ({"Origin": "https://evil.example"}, "cross_origin"),
        ({"Origin": "http://127.0.0.1:1"}, "cross_origin"),
        ({"Sec-Fetch-Site": "cross-site"}, "cross_origin"),
        ({"Sec-Fetch-Site": "same-site"}, "cross_origin"),
        ({"Sec-Fetch-Site": "none"}, "cross_origin"),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "no-cors"}, "cross_origin"),
    ],
    ids=str,
)
def test_a_session_cannot_be_ridden(site, headers, code):
    ada = site.session("ada")
    raw = {name: value.encode("latin-1") for name, value in headers.items() if "\0" not in value}
    answer = ada.post("api/v1/labs", json={"title": "Mine"}, headers=raw or {"X-XSRFToken": "\xe9".encode()})
    assert error(answer) == (403, code)
    assert site.as_("ada").get("api/v1/labs?owner=ada").json()["items"] == []


def test_a_session_needs_an_origin_to_write(site):
    ada = site.session("ada")
    del ada.headers["Origin"]
    assert error(ada.post("api/v1/labs", json={"title": "Mine"})) == (403, "cross_origin")
    answer = ada.post("api/v1/labs", json={"title": "Mine"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 201


def test_a_bad_token_does_not_fall_back_to_the_session(site):
    ada = site.session("ada")
    answer = ada.get("api/v1/me", headers={"Authorization": "token forged"})
    assert error(answer) == (403, "token_invalid")


def test_on_a_full_disk_no_token_is_said_to_be_unknown(site, monkeypatch):
    def forged() -> tuple[int, str]:
        return error(site.client().get("api/v1/me", headers={"Authorization": "token forged"}))

    settings = site.service.web.settings
    with monkeypatch.context() as full:
        full.setattr(identity, "ROOM", 2**62)
        assert forged() == (507, "full")
    assert forged() == (507, "full"), "JupyterHub may have answered while it was"
    assert None not in settings["hub_auth"].cache.values.values()
    assert site.as_("ada").get("api/v1/me").status_code == 200
    settings["full_at"] -= identity.MOMENT
    assert forged() == (403, "token_invalid")


def test_anothers_xsrf_token_does_not_fit(site):
    bob = site.session("bob")
    answer = site.session("ada").post(
        "api/v1/labs", json={"title": "x"}, headers={"X-XSRFToken": bob.headers["X-XSRFToken"]}
    )
    assert error(answer) == (403, "xsrf_invalid")


def test_tokens_in_addresses_are_ignored(site):
    assert site.as_(None).get("api/v1/me?token=ada-token").status_code == 403


@pytest.mark.parametrize("scheme", ["token", "Token", "bearer", "Bearer"])
def test_both_names_of_the_scheme(site, scheme):
    answer = site.client(Authorization=f"{scheme} ada-token").get("api/v1/me")
    assert answer.json()["name"] == "ada"


def test_cookies_are_closed_to_scripts_and_other_sites(site):
    ada = site.session("ada")
    ada.cookies.delete("_xsrf")
    cookie = ada.get("test/xsrf", headers={"Sec-Fetch-Mode": "navigate"}).headers["Set-Cookie"]
    assert cookie.startswith("_xsrf=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/services/mlabs/" in cookie


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb"], ids=ascii)
def test_idempotency_keys_that_are_none(site, key):
    answer = site.as_("ada").post(
        "api/v1/labs", json={"title": "x"}, headers={"Idempotency-Key": key.encode("latin-1")}
    )
    assert error(answer) == (400, "idempotency_key_invalid")


def test_a_repeated_request_gets_the_same_answer(site):
    ada = site.as_("ada")
    headers = {"Idempotency-Key": "once"}
    first, second = (ada.post("api/v1/labs", json={"title": "x"}, headers=headers) for _ in range(2))
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert second.headers["Location"] == first.headers["Location"]
    changed = ada.post("api/v1/labs", json={"title": "y"}, headers=headers)
    assert error(changed) == (422, "idempotency_key_reused")
    elsewhere = ada.post("api/v1/labs/ada/x/fork", json={"title": "x"}, headers=headers)
    assert elsewhere.status_code == 422


def raw(site, request: bytes) -> bytes:
    """What comes back for bytes on the wire."""
    address = urlsplit(site.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (
            b"POST /services/mlabs/new HTTP/1.1\r\nContent-Type: multipart/form-data\r\n"
            b"Content-Length: 3\r\n",
            b"400",
        ),
        (b"GET /services/mlabs/api/v1/labs?q=%zz HTTP/1.1\r\n", b"200"),
    ],
    ids=["multipart without a boundary", "bad escape"],
)
def test_requests_that_no_client_sends(site, line, status):
    answer = raw(site, line + b"Host: x\r\nConnection: close\r\n\r\nabc")
    assert answer.split(b" ")[1] == status


def test_the_body_of_an_error_is_json_even_for_head(site):
    answer = site.as_(None).head("api/v1/labs/ada/absent")
    assert answer.status_code == 404
    assert json.loads(site.as_(None).get("api/v1/labs/ada/absent").text)
